"""How much people may write: pages send what they like, so the operations say what is too long."""

import uuid
from collections.abc import Callable

import pytest

from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.access import AccessDecision
from accredit_governance.lifecycle.approvals import Decision
from accredit_governance.lifecycle.assessments import AssessmentDecision
from accredit_governance.lifecycle.findings import FindingSeverity
from accredit_governance.operations import (
    access_decisions,
    assessments,
    comments,
    conditions,
    deployments,
    model_requests,
    versions,
)
from tests.governance.afterwards import asked_back, change_alias, sign, suspended
from tests.governance.office import ANSWERS, Office
from tests.governance.operations.test_conditions import approved as approved_on_conditions
from tests.governance.operations.test_conditions import demand
from tests.governance.operations.test_delegations import lend
from tests.governance.operations.test_findings import opened, plan, remediate
from tests.governance.operations.test_model_requests import ask

LONG = "x" * 4_001

pytestmark = pytest.mark.databases("sqlite")


def refused(pointer: str, act: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput, match="characters") as caught:
        act()
    assert [problem["pointer"] for problem in caught.value.problems] == [pointer]


def test_what_is_written_in_a_review_has_an_end(office: Office) -> None:
    request = office.in_review()
    people, database = office.people, office.database

    refused("/comment", lambda: office.sign("validator", request, comment=LONG))
    refused("/comment", lambda: office.sign("validator", request, Decision.REJECT, comment=LONG))
    refused(
        "/text",
        lambda: comments.write_comment(database, people["trainer"], request.id, text=LONG),
    )
    refused("/reason", lambda: lend(office, "validator", "second_validator", reason=LONG))

    assert (
        comments.write_comment(database, people["trainer"], request.id, text=f" {LONG[1:]}\n").text
        == LONG[1:]
    )


def test_what_is_written_about_an_approved_version_has_an_end(office: Office) -> None:
    version_id = office.approved()
    people, database = office.people, office.database
    owner = people["owner"]
    asked = office.asked()
    finding = opened(office, version_id, severity=FindingSeverity.LOW)
    plan(office, finding.id)

    refused("/intended_use", lambda: office.asked(intended_use=LONG))
    refused(
        "/comment",
        lambda: office.decide("owner", asked.id, AccessDecision.DECLINE, comment=LONG),
    )
    given = office.granted()
    refused(
        "/reason",
        lambda: access_decisions.revoke_access(database, owner, given.id, reason=LONG),
    )
    refused("/reason", lambda: change_alias(office, version_id, reason=LONG))
    refused("/title", lambda: opened(office, version_id, title="x" * 201))
    refused("/reference", lambda: remediate(office, finding.id, reference="x" * 1_001))
    refused(
        "/reason",
        lambda: versions.suspend_version(database, people["compliance"], version_id, reason=LONG),
    )
    suspended(office, version_id)
    back = asked_back(office, version_id)
    refused("/comment", lambda: sign(office, "validator", back, comment=LONG))


def test_what_is_written_about_a_deployment_a_need_or_a_tier_has_an_end(office: Office) -> None:
    deployed, need = office.deployed(), ask(office)
    people, database = office.people, office.database
    filled = assessments.fill_in_assessment(
        database, people["submitter"], office.use_case_id, answers=ANSWERS
    )

    refused(
        "/reason",
        lambda: deployments.stop_deployment(database, people["owner"], deployed.id, reason=LONG),
    )
    refused(
        "/answer",
        lambda: model_requests.decline_model_request(
            database, people["owner"], need.id, answer=LONG
        ),
    )
    refused(
        "/comment",
        lambda: assessments.decide_assessment(
            database,
            people["compliance"],
            filled.id,
            decision=AssessmentDecision.APPROVE,
            comment=LONG,
        ),
    )


def test_what_is_written_about_a_condition_has_an_end(office: Office) -> None:
    (condition_id,) = approved_on_conditions(office, demand(office))
    owner = office.people["owner"]

    def meet(evidence: str) -> object:
        return conditions.meet_condition(office.database, owner, condition_id, evidence=evidence)

    refused("/evidence", lambda: meet(LONG))
    meet("The figures are in the note.")
    refused("/reason", lambda: send_back(office, condition_id))


def send_back(office: Office, condition_id: uuid.UUID) -> object:
    return conditions.return_condition(
        office.database, office.people["second_validator"], condition_id, reason=LONG
    )

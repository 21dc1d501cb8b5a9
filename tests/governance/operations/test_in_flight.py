"""A policy that changes changes nothing in flight: a version keeps the policy it started with."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from accredit_governance.errors import Conflict, GateBlocked, StaleDigest
from accredit_governance.gates.results import Verdict
from accredit_governance.operations import policies, reviews, versions
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import parse
from accredit_governance.questions.work import submission_facts
from accredit_governance.registry.records import PolicyVersionRecord, WaiverRecord
from accredit_governance.registry.tables import PolicyVersionRow
from tests.governance.office import POLICY, Office, report

pytestmark = pytest.mark.databases("sqlite")

UNCLEAR = {"adverse_impact_ratio": Verdict.INSUFFICIENT_EVIDENCE}


def stricter_text() -> str:
    """The next version of the office's policy: one stage only, no waivers, harder limits."""
    data: dict[str, Any] = POLICY.model_dump(mode="json")
    data["version"] += 1
    data["approval"]["stages"] = [{"name": "board", "role": "owner", "quorum": 1}]
    data["approval"]["validity_days"] = 7
    data["waivers"] = None
    data["gates"] = [
        {**gate, "waivable": False, **({"min": 0.99} if gate["check"] == "discrimination" else {})}
        for gate in data["gates"]
    ]
    for gate in data["gates"]:
        if gate["check"] == "discrimination":
            gate["warn"] = None
    return json.dumps(data)


def tighten(office: Office) -> PolicyVersionRecord:
    """Publish the next version, as two people do."""
    drafted = policies.draft_policy(
        office.database, office.people["author"], source=stricter_text()
    )
    return policies.publish_policy(office.database, office.people["publisher"], drafted.id)


def waive(office: Office, version_id: uuid.UUID) -> WaiverRecord:
    proposed = office.propose_waiver("validator", office.evaluation_of(version_id))
    return office.confirm_waiver("compliance", proposed)


def pinned(office: Office, version_id: uuid.UUID) -> Policy:
    return submission_facts(office.database, office.system, version_id).policy


def edit(office: Office, document: Callable[[dict[str, Any]], object]) -> None:
    """Change the stored policy behind everybody's back, digest column left alone."""
    with office.database.engine.execution_options(accredit_writes=True).begin() as connection:
        data = POLICY.model_dump(mode="json")
        document(data)
        connection.execute(
            update(PolicyVersionRow)
            .where(PolicyVersionRow.id == office.policy_version_id)
            .values(document=data)
        )


@pytest.mark.databases("sqlite", "postgresql")
def test_the_stricter_policy_is_what_a_version_gets_that_is_submitted_after_it(
    office: Office,
) -> None:
    tighten(office)

    assert pinned(office, office.gating().id) == parse(stricter_text())


@pytest.mark.databases("sqlite", "postgresql")
def test_gates_that_wait_are_run_under_the_policy_of_the_submission(office: Office) -> None:
    version = office.gating()
    tighten(office)

    assert pinned(office, version.id) == POLICY
    job_id, fence = office.take(version.id)
    with pytest.raises(Conflict, match="another policy than the one that was pinned"):
        reviews.record_gates(
            office.database, office.system, job_id, fence, report=report(parse(stricter_text()))
        )
    reviews.record_gates(office.database, office.system, job_id, fence, report=report())

    request = office.request_of(version.id)
    assert request.policy_version_id == office.policy_version_id
    assert request.subject["policy"] == POLICY.digest()
    assert [stage["name"] for stage in request.stages] == ["validation", "compliance"]


@pytest.mark.databases("sqlite", "postgresql")
def test_gates_that_are_repeated_keep_the_policy_of_the_submission(office: Office) -> None:
    version_id = office.judged(report(discrimination=Verdict.ERROR))
    tighten(office)

    versions.repeat_gates(office.database, office.people["submitter"], version_id)

    assert pinned(office, version_id) == POLICY


def test_a_review_that_is_open_ends_under_its_own_stages_and_validity(office: Office) -> None:
    request = office.in_review()
    office.sign("validator", request)
    tighten(office)

    decided = office.sign("compliance", request)

    assert decided.state == "approved"
    assert decided.subject_digest == request.subject_digest
    assert [stage.name for stage in decided.stages] == ["validation", "compliance"]
    moved = next(e for e in office.events()[::-1] if e["action"] == "model_version.moved")
    assert moved["fact"]["after"] == "approved"


def test_a_waiver_is_given_and_counts_under_the_rules_of_the_submission(office: Office) -> None:
    version_id = office.judged(report(**UNCLEAR))
    assert office.state_of(version_id) == "gate_failed"
    tighten(office)

    given = waive(office, version_id)

    assert given.confirmed_by is not None
    assert office.state_of(version_id) == "in_review"
    request = office.request_of(version_id)
    assert request.subject["policy"] == POLICY.digest()
    office.sign("validator", request)
    assert office.sign("compliance", request).state == "approved"


def test_a_waiver_that_was_given_before_still_counts(office: Office) -> None:
    version_id = office.judged(report(**UNCLEAR))
    waive(office, version_id)
    request = office.request_of(version_id)
    tighten(office)

    office.sign("validator", request)

    assert office.sign("compliance", request).state == "approved"


def test_under_the_stricter_policy_nobody_could_have_waived(office: Office) -> None:
    """Otherwise the tests above would prove nothing."""
    tighten(office)
    version_id = office.judged(report(parse(stricter_text()), **UNCLEAR))

    with pytest.raises(GateBlocked, match="allows no waiver"):
        waive(office, version_id)


def test_what_is_approved_stays_approved_for_as_long_as_it_was_approved(office: Office) -> None:
    version_id = office.approved()
    before = office.contents()

    tighten(office)

    after = office.contents()
    assert office.state_of(version_id) == "approved"
    assert {table for table in after if after[table] != before[table]} == {"policy_version"}


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d.update(title="Consumer credit decisions"), id="a word"),
        pytest.param(lambda d: d["approval"].update(validity_days=366), id="a number"),
        pytest.param(lambda d: d["gates"].pop(), id="a check"),
    ],
)
def test_a_policy_that_was_edited_in_the_database_voids_the_signatures_on_it(
    office: Office, change: Callable[[dict[str, Any]], object]
) -> None:
    request = office.in_review()
    office.sign("validator", request)

    edit(office, change)

    with pytest.raises(StaleDigest):
        office.sign("compliance", request)
    assert office.state_of(request.model_version_id) == "in_review"


@pytest.mark.databases("sqlite", "postgresql")
def test_gates_are_not_recorded_under_a_policy_that_was_edited_in_the_database(
    office: Office,
) -> None:
    version = office.gating()
    edit(office, lambda d: d.update(title="Consumer credit decisions"))
    job_id, fence = office.take(version.id)

    with pytest.raises(Conflict, match="another policy"):
        reviews.record_gates(
            office.database,
            office.system,
            job_id,
            fence,
            report=report(pinned(office, version.id)),
        )

    assert office.state_of(version.id) == "gating"

"""Requests that wait: told to everybody who could sign, then lapsed; time never approves."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from accredit_governance.errors import Conflict, GovernanceError, InvalidInput, NotAllowed
from accredit_governance.operations import comments, policies, waiting
from accredit_governance.policy.loader import parse
from accredit_governance.questions import approvals as questions
from tests.governance.audit.test_ledger import together
from tests.governance.office import POLICY, Office, report

pytestmark = pytest.mark.databases("sqlite")

ESCALATE, LAPSE = POLICY.approval.escalate_days, POLICY.approval.lapse_days


def chase(office: Office) -> list[str]:
    size = office.size()
    waiting.chase(office.database, office.system)
    return office.actions(since=size)


def late_for(office: Office, person: str) -> list[uuid.UUID]:
    found = questions.escalated_requests(office.database, office.people[person])
    return [item.id for item in found.items]


def test_the_shipped_policy_says_how_long_one_may_wait() -> None:
    assert (ESCALATE, LAPSE) == (10, 30)


@pytest.mark.databases("sqlite", "postgresql")
def test_what_waits_too_long_is_shown_to_everybody_who_signs_that_stage(office: Office) -> None:
    request = office.in_review()
    office.clock.pass_time(days=10, seconds=-1)
    early = chase(office)
    office.clock.pass_time(seconds=1)

    told = chase(office)
    again = chase(office)

    assert (early, told, again) == ([], ["approval_request.escalated"], [])
    (event,) = office.events()[-1:]
    assert (event["fact"]["stage"], event["fact"]["role"]) == ("validation", "validator")
    assert late_for(office, "validator") == late_for(office, "second_validator") == [request.id]
    assert late_for(office, "compliance") == late_for(office, "trainer") == []
    office.sign("validator", request)
    assert late_for(office, "validator") == []
    assert late_for(office, "compliance") == [request.id]
    office.sign("compliance", request)
    assert late_for(office, "compliance") == []


@pytest.mark.databases("sqlite", "postgresql")
def test_what_nobody_decides_lapses_and_is_never_approved(office: Office) -> None:
    request = office.in_review()
    office.sign("validator", request)
    office.clock.pass_time(days=30, seconds=-1)
    waiting.chase(office.database, office.system)
    assert office.request_of(request.model_version_id).state == "open"
    office.clock.pass_time(seconds=1)

    told = chase(office)

    assert told == ["model_version.moved", "approval_request.lapsed"]
    assert office.request_of(request.model_version_id).state == "lapsed"
    assert office.state_of(request.model_version_id) == "lapsed"
    assert chase(office) == []


@pytest.mark.databases("sqlite", "postgresql")
def test_nobody_signs_after_the_time_is_over_even_before_it_is_written_down(
    office: Office,
) -> None:
    request = office.in_review()
    office.clock.pass_time(days=30)
    size = office.size()

    with pytest.raises(Conflict, match="time to decide is over"):
        office.sign("validator", request)

    assert office.actions(since=size) == ["operation.refused"]


def test_time_that_is_left_is_left(office: Office) -> None:
    request = office.in_review()

    with pytest.raises(Conflict, match="time still"):
        waiting.lapse_request(office.database, office.system, request.id)
    with pytest.raises(Conflict):
        waiting.escalate_request(office.database, office.system, request.id)


def test_what_is_decided_neither_waits_nor_lapses(office: Office) -> None:
    version_id = office.approved()
    office.clock.pass_time(days=31)

    assert chase(office) == []
    with pytest.raises(Conflict):
        waiting.lapse_request(office.database, office.system, office.request_of(version_id).id)
    assert office.state_of(version_id) == "approved"


def test_people_do_not_lapse_a_request(office: Office) -> None:
    request = office.in_review()

    with pytest.raises(NotAllowed):
        waiting.lapse_request(office.database, office.people["compliance"], request.id)


@pytest.mark.databases("sqlite", "postgresql")
def test_many_workers_tell_once(office: Office) -> None:
    reviewed = office.in_review()
    office.copies(reviewed.model_version_id, 5)
    office.clock.pass_time(days=10)
    size = office.size()

    raised = together([lambda: waiting.chase(office.database, office.system)] * 4)

    assert raised == []
    assert office.actions(since=size).count("approval_request.escalated") == 6


def test_a_policy_without_these_days_lets_a_request_wait_and_keeps_its_digest(
    office: Office,
) -> None:
    data = POLICY.model_dump(mode="json")
    data["version"] += 1
    del data["approval"]["escalate_days"], data["approval"]["lapse_days"]
    patient = parse(json.dumps(data))
    drafted = policies.draft_policy(
        office.database, office.people["author"], source=json.dumps(data)
    )
    policies.publish_policy(office.database, office.people["publisher"], drafted.id)
    request = replace(office).request_of(office.judged(report(patient)))
    office.clock.pass_time(days=25)

    assert (request.escalate_at, request.lapse_at) == (None, None)
    assert chase(office) == []
    assert "escalate_days" not in patient.model_dump(mode="json")["approval"]
    assert office.sign("validator", request).open_stage == "compliance"


def test_one_is_told_before_it_lapses() -> None:
    data = POLICY.model_dump(mode="json")
    data["approval"] |= {"escalate_days": 30, "lapse_days": 30}

    with pytest.raises(InvalidInput, match="must be more than escalate_days"):
        parse(json.dumps(data))


def test_the_days_of_a_request_are_those_of_its_opening(office: Office) -> None:
    request = office.in_review()

    assert request.escalate_at == request.created_at + timedelta(days=10)
    assert request.lapse_at == request.created_at + timedelta(days=30)


@pytest.mark.databases("sqlite", "postgresql")
def test_makers_and_reviewers_talk_and_it_stays_as_it_was_said(office: Office) -> None:
    request = office.in_review()
    for person in ("validator", "trainer", "compliance"):
        comments.write_comment(
            office.database, office.people[person], request.id, text=f"  {person} says.  "
        )

    said = questions.comments(office.database, office.people["viewer"], request.id).items

    assert [remark.text for remark in said] == [
        "validator says.",
        "trainer says.",
        "compliance says.",
    ]
    assert office.actions()[-1] == "approval_comment.written"
    assert "says" not in json.dumps(office.events()[-1])
    office.sign("validator", request)
    for statement in (
        "UPDATE approval_comment SET text = 'x'",
        "DELETE FROM approval_comment",
        "UPDATE sign_off_hand SET sign_off_id = sign_off_id",
    ):
        with (
            pytest.raises(DBAPIError, match="can only grow"),
            office.database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("person", ["viewer", "auditor", "admin", "stranger"])
def test_others_read_and_say_nothing(office: Office, person: str) -> None:
    request = office.in_review()
    before = office.contents()

    with pytest.raises(GovernanceError, match=r"permission|there is no"):
        comments.write_comment(office.database, office.people[person], request.id, text="Hello.")

    assert office.contents() == before


def test_a_comment_has_words(office: Office) -> None:
    with pytest.raises(InvalidInput):
        comments.write_comment(
            office.database, office.people["validator"], office.in_review().id, text=" \n "
        )

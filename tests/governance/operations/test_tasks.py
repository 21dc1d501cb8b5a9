"""What waits for a person is told to them, and to nobody who could not do it."""

import uuid
from datetime import timedelta

import pytest

from accredit_governance.lifecycle.findings import FindingSeverity
from accredit_governance.operations import assessments, findings
from accredit_governance.questions.tasks import Task, TaskKind, tasks
from tests.governance.afterwards import (
    asked_back,
    asked_to_purge,
    out_of_retention,
    retired,
    suspended,
)
from tests.governance.office import GRAVER_ANSWERS, Office

pytestmark = pytest.mark.databases("sqlite")


def of(office: Office, person: str) -> tuple[Task, ...]:
    return tasks(office.database, office.people[person])


def waiting(office: Office) -> dict[str, set[tuple[str, uuid.UUID]]]:
    """Everybody who has something to do: kinds and identifiers."""
    found = {who: {(task.kind.value, task.id) for task in of(office, who)} for who in office.people}
    return {who: these for who, these in found.items() if these}


@pytest.mark.databases("sqlite", "postgresql")
def test_an_approval_waits_for_the_role_of_its_stage(office: Office) -> None:
    request = office.in_review()
    todo = {(TaskKind.APPROVAL_REQUEST.value, request.id)}

    assert waiting(office) == {"validator": todo, "second_validator": todo}

    office.sign("validator", request)

    assert set(waiting(office)) == {"compliance", "second_compliance", "publisher"}


@pytest.mark.databases("sqlite", "postgresql")
def test_a_reinstatement_waits_for_two_roles_and_not_for_who_asked(office: Office) -> None:
    asked = asked_back(office, suspended(office))

    found = waiting(office)

    assert set(found) == {
        "validator",
        "second_validator",
        "compliance",
        "second_compliance",
        "publisher",
    }
    assert {task for these in found.values() for task in these} == {
        (TaskKind.PROCEEDING.value, asked.id)
    }


@pytest.mark.databases("sqlite", "postgresql")
def test_a_purge_waits_for_an_admin_who_reads_nothing_else(office: Office) -> None:
    version_id = retired(office)
    out_of_retention(office)

    asked = asked_to_purge(office, version_id)

    assert [task.id for task in of(office, "admin")] == [asked.id]


def test_access_waits_for_the_owner_and_then_for_compliance(office: Office) -> None:
    office.approved()
    asked = office.asked()
    todo = {(TaskKind.ACCESS_REQUEST.value, asked.id)}

    assert waiting(office) == {"owner": todo}

    office.decide("owner", asked.id)

    assert set(waiting(office)) == {"compliance", "second_compliance", "publisher"}


def test_an_assessment_waits_for_others_than_who_filled_it_in(office: Office) -> None:
    filled = assessments.fill_in_assessment(
        office.database, office.people["owner"], office.use_case_id, answers=GRAVER_ANSWERS
    )

    found = waiting(office)

    assert "owner" not in found
    assert found["validator"] == {(TaskKind.RISK_ASSESSMENT.value, filled.id)}


@pytest.mark.parametrize("days", [0, 40])
def test_a_finding_waits_for_its_owner_and_what_is_late_comes_first(
    office: Office, days: int
) -> None:
    version_id = office.judged()
    for title, due in (("Income is missing", 30), ("Age is wrong", 60)):
        findings.open_finding(
            office.database,
            office.people["validator"],
            version_id,
            title=title,
            description="A branch sends empty fields since May.",
            severity=FindingSeverity.LOW,
            owner_id=office.people["owner"].id,
            due_on=office.clock.now.date() + timedelta(days=due),
        )
    office.clock.pass_time(days=days)

    found = of(office, "owner")

    assert [(task.subject, task.overdue) for task in found] == [
        ("Income is missing", days > 30),
        ("Age is wrong", False),
    ]

"""Concluding signatures in proceedings against each other, and against what else moves a version.

A quarter of the rounds of the other races, because each takes a proceeding of its own.
"""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accredit_governance.operations import aliases, proceedings, versions, waiver_ends
from accredit_governance.questions import aftercare
from accredit_governance.registry.aftercare_records import ProceedingRecord
from tests.governance.afterwards import (
    asked_back,
    asked_to_lead,
    asked_to_retire,
    champion,
    proposed,
    sign,
    suspended,
)
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office
from tests.governance.operations.test_races import ROUNDS, only_refusals

pytestmark = pytest.mark.timeout(300 + 3 * ROUNDS)


def signature(office: Office, person: str, asked: ProceedingRecord) -> Callable[[], object]:
    ticket = office.ticket(person, asked)
    return lambda: sign(office, person, asked, ticket=ticket)


def moves(office: Office, since: int) -> list[str]:
    """States that the version was moved to since then, in order."""
    return [
        event["fact"]["after"]
        for event in office.events(since=since)
        if event["action"] == "model_version.moved"
    ]


def now(office: Office, asked: ProceedingRecord) -> ProceedingRecord:
    return aftercare.proceeding(office.database, office.people["viewer"], asked.id)


def test_of_two_signatures_that_conclude_a_retirement_at_once_one_counts(office: Office) -> None:
    for version_id in office.copies(office.approved(), ROUNDS // 4):
        asked = asked_to_retire(office, version_id)
        size = office.size()

        raised = together(
            [
                signature(office, "compliance", asked),
                signature(office, "second_compliance", asked),
            ]
        )

        assert len(only_refusals(raised)) == 1
        assert moves(office, size) == [office.state_of(version_id)] == ["retired"]
        assert len(now(office, asked).sign_offs) == 1


def test_a_reinstatement_against_suspension_and_expiry_at_once_is_one_story(
    office: Office,
) -> None:
    """It happens once, before whichever of the two still finds the version approved.

    The worker that lets approvals run out lives a moment later than the people who sign.
    """
    late, clock = threading.local(), office.clock
    office.database.clock = lambda: clock() + timedelta(days=365 if hasattr(late, "is") else 0)

    def expire(version_id: uuid.UUID) -> Callable[[], object]:
        def act() -> None:
            setattr(late, "is", True)
            waiver_ends.expire_approval(office.database, office.system, version_id)

        return act

    def suspend(version_id: uuid.UUID) -> Callable[[], object]:
        return lambda: versions.suspend_version(
            office.database, office.people["second_validator"], version_id, reason="Complaints."
        )

    stories = set()
    for version_id in office.copies(suspended(office), ROUNDS // 4):
        asked = asked_back(office, version_id)
        sign(office, "validator", asked)
        size = office.size()

        raised = together(
            [signature(office, "compliance", asked), suspend(version_id), expire(version_id)]
        )

        story = moves(office, size)
        assert len(only_refusals(raised)) == 3 - len(story)
        assert story in (["approved"], ["approved", "suspended"], ["approved", "expired"])
        assert story[-1] == office.state_of(version_id)
        assert (now(office, asked).state, len(now(office, asked).sign_offs)) == ("done", 2)
        stories.add(tuple(story))
    assert stories


def test_a_proceeding_that_is_withdrawn_while_its_version_moves_on_ends_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id = office.approved()
    asked = proposed(office, version_id)

    withdraw_during(office, monkeypatch, asked, lambda: suspended(office, version_id))

    assert office.state_of(version_id) == "suspended"


def test_a_rollback_does_not_fail_because_the_change_that_waits_is_withdrawn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = office.copies(office.approved(), 3)
    champion(office, first)
    champion(office, second)
    asked = asked_to_lead(office, third)

    def roll_back() -> None:
        restored = aliases.roll_back_alias(
            office.database,
            office.people["owner"],
            office.model_id,
            environment="production",
            alias="champion",
            reason="It fails.",
        )
        assert restored.model_version_id == first

    withdraw_during(office, monkeypatch, asked, roll_back)


def withdraw_during(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    asked: ProceedingRecord,
    act: Callable[[], object],
) -> None:
    """Act while somebody withdraws, who is before the act by a moment; one ending is on record."""
    people = {actor.id: actor for actor in office.people.values()}
    size, closed, close = office.size(), threading.Event(), proceedings.close

    def slowly(*given: Any) -> None:
        close(*given)
        closed.set()
        time.sleep(0.3)  # the act meets the row as it was, and waits for this transaction

    def withdraw() -> None:
        proceedings.withdraw_proceeding(office.database, people[asked.asked_by], asked.id)

    monkeypatch.setattr(proceedings, "close", slowly)
    raised = together([withdraw, lambda: (closed.wait(10), act())])

    assert raised == []
    assert now(office, asked).state == "withdrawn"
    ends = [a for a in office.actions(since=size) if a.startswith("proceeding.")]
    assert ends == ["proceeding.withdrawn"]

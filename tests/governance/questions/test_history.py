"""`as_of`: every past instant is answered as the audit trail alone would answer it."""

import contextlib
import os
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from accredit_governance.audit.events import ProjectCreated
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    UnrecordedChange,
)
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations import deployments
from accredit_governance.questions import history
from accredit_governance.registry.tables import (
    DeploymentRow,
    ModelVersionRow,
)
from tests.governance.afterwards import (
    change_alias,
    expired,
    suspended,
)
from tests.governance.audit.test_ledger import together
from tests.governance.life import Life
from tests.governance.office import Office
from tests.governance.replay import replay, told

INSTANTS = int(os.environ.get("INSTANTS", "30"))
MICROSECOND = timedelta(microseconds=1)


def instants(events: list[dict[str, Any]], chance: random.Random, count: int) -> list[datetime]:
    """Times of events, the microsecond before and after some, and any others in between."""
    times = [datetime.fromisoformat(event["at"]) for event in events]
    first, last = times[0], times[-1]
    found = [chance.choice(times) for _ in range(count // 3)]
    found += [at - MICROSECOND for at in found]
    while len(found) < count:
        found.append(first + (last - first) * chance.random())
    return found


def compare(office: Office, at: datetime, events: list[dict[str, Any]]) -> None:
    """Every question about an instant is answered as the trail tells it."""
    reader, database = office.people["viewer"], office.database
    expected = replay(events, str(office.model_id), at)
    states = expected.pop("states")
    try:
        standing = history.model_standing(database, reader, office.model_id, as_of=at)
    except NotFound:
        assert not states
        return

    assert told(standing) == expected, at
    for version_id in random.Random(at.microsecond).sample(sorted(states), min(3, len(states))):
        state, since = states[version_id]
        found = history.version_standing(database, reader, uuid.UUID(version_id), as_of=at)
        assert (found.state, found.from_at) == (state, since)


def test_any_past_instant_is_answered_as_a_replay_of_the_trail_tells_it(office: Office) -> None:
    chance = random.Random(2911)
    life, size = Life(office, chance), office.size()
    life.begin()
    for _ in range(max(25, INSTANTS // 4)):
        life.step()
    events = office.events()

    for at in instants(events[size:], chance, INSTANTS):
        compare(office, at, events)

    happened = [e["action"] for e in events[size:] if e["outcome"] == "ok"]
    assert happened.count("model_version.moved") > 20
    assert happened.count("alias.moved") > 4
    assert happened.count("deployment.activated") > 2


def test_what_people_do_at_the_same_moment_is_answered_like_the_trail(office: Office) -> None:
    """On PostgreSQL they overlap: an event may be later than the clock of its operation said."""
    ids = office.copies(office.approved(), 6)
    size = office.size()

    def work(version_id: uuid.UUID) -> None:
        asked = deployments.request_deployment(
            office.database, office.people["owner"], version_id, environment="production"
        )
        job_id, fence = office.take(asked.id)
        deployments.activate_deployment(office.database, office.system, job_id, fence)
        with contextlib.suppress(Conflict):  # somebody else moved it first
            change_alias(office, version_id, environment="staging")
        suspended(office, version_id)

    raised = together([lambda v=v: work(v) for v in ids])  # type: ignore[misc]

    assert raised == []
    trail = office.events(since=size)
    assert_aliases_are_told(office, trail)
    for event in trail:
        if event["action"] not in {"model_version.moved", "deployment.activated"}:
            continue
        at = datetime.fromisoformat(event["at"])
        after = standing_of(office, event, at)
        before = standing_of(office, event, at - MICROSECOND)
        assert (before, after) == (
            ("approved", "suspended")
            if event["action"] == "model_version.moved"
            else ("requested", "active")
        )


def assert_aliases_are_told(office: Office, trail: list[dict[str, Any]]) -> None:
    moves = [event for event in trail if event["action"] == "alias.moved"]
    assert len(moves) > 1
    for event in moves:
        at = datetime.fromisoformat(event["at"])
        now, before = (
            history.model_standing(
                office.database, office.people["viewer"], office.model_id, as_of=moment
            )
            for moment in (at, at - MICROSECOND)
        )
        named = [
            [str(a.model_version_id) for place in found.environments for a in place.aliases]
            for found in (before, now)
        ]
        replaced = [event["fact"]["before"]] if event["fact"]["before"] else []
        assert named == [replaced, [event["fact"]["after"]]]


def standing_of(office: Office, event: dict[str, Any], at: datetime) -> str:
    ask = (
        history.version_standing
        if event["action"] == "model_version.moved"
        else history.deployment_standing
    )
    found = ask(office.database, office.people["viewer"], uuid.UUID(event["resource"]), as_of=at)
    return str(found.state)


def test_a_clock_that_was_set_back_leaves_the_history_in_the_order_of_the_trail(
    office: Office,
) -> None:
    version_id = office.approved()
    office.clock.pass_time(hours=-2)

    suspended(office, version_id)

    at = datetime.fromisoformat(office.events()[-1]["at"])
    viewer = office.people["viewer"]
    now = history.version_standing(office.database, viewer, version_id)
    before = history.version_standing(office.database, viewer, version_id, as_of=at - MICROSECOND)
    assert (now.state, now.from_at) == (VersionState.SUSPENDED, at)
    assert (before.state, before.to_at) == (VersionState.APPROVED, at)


def test_an_approval_that_has_run_out_is_none_before_anybody_writes_it_down(
    office: Office,
) -> None:
    deployment = office.deployed()
    viewer = office.people["viewer"]
    approved = history.model_standing(office.database, viewer, office.model_id).approved
    until = approved[0].valid_until
    assert until is not None
    office.clock.pass_time(days=400)
    expired(office, deployment.model_version_id)

    def ask(at: datetime) -> tuple[int, int, list[bool]]:
        found = history.model_standing(office.database, viewer, office.model_id, as_of=at)
        serves = [d.serves for place in found.environments for d in place.deployments]
        return len(found.approved), len(found.run_out), serves

    assert ask(until - MICROSECOND) == (1, 0, [True])
    assert ask(until) == (0, 1, [False])
    assert ask(office.clock.now) == (0, 0, [False])


def test_the_future_and_the_time_before_are_not_answered(office: Office) -> None:
    version_id = office.draft().id
    viewer, database = office.people["viewer"], office.database

    with pytest.raises(InvalidInput, match="yet to come"):
        history.model_standing(
            database, viewer, office.model_id, as_of=office.clock.now + timedelta(days=1)
        )
    with pytest.raises(NotFound, match="there was no model "):
        history.model_standing(
            database, viewer, office.model_id, as_of=datetime(2020, 1, 1, tzinfo=UTC)
        )
    with pytest.raises(NotFound, match="there was no model version"):
        history.version_standing(
            database, viewer, version_id, as_of=datetime(2020, 1, 1, tzinfo=UTC)
        )
    with pytest.raises(NotFound):
        history.model_standing(database, office.people["stranger"], office.model_id)


def test_no_state_changes_without_the_event_that_tells_it(office: Office) -> None:
    """Another event in the same transaction is not enough."""
    version_id = office.draft().id
    deployment_id = office.deployed().id

    def change(table: Any, row_id: uuid.UUID, state: str) -> None:
        with office.database.writing() as session:
            session.get_one(table, row_id).state = state
            entry = Entry(ProjectCreated(name="other"), None, None)
            append_entries(session, office.system, [entry], now=office.clock())

    with pytest.raises(UnrecordedChange, match="without the event that tells it"):
        change(ModelVersionRow, version_id, "approved")
    with pytest.raises(UnrecordedChange, match="without the event that tells it"):
        change(DeploymentRow, deployment_id, "stopped")

    assert office.state_of(version_id) == "draft"


def test_the_database_keeps_histories_from_being_written_anew(office: Office) -> None:
    office.deployed()

    for statement in (
        "UPDATE version_state SET state = 'approved'",
        "UPDATE version_state SET from_at = to_at WHERE to_at IS NOT NULL",
        "UPDATE version_state SET to_at = NULL",
        "DELETE FROM version_state",
        "UPDATE deployment_state SET state = 'stopped'",
        "DELETE FROM deployment_state",
    ):
        with pytest.raises(DBAPIError, match="can only grow"), office.database.engine.begin() as c:
            c.exec_driver_sql(statement)

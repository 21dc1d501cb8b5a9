"""Broken glass: two people, hours at most, no signatures, and loud all the way."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import ActorRef
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
    ReauthenticationRequired,
    StaleDigest,
)
from accredit_governance.operations import accounts, break_glass, datasets, identity
from accredit_governance.questions import permissions
from accredit_governance.questions.pages import Page
from accredit_governance.questions.permissions import Asked
from accredit_governance.registry.permission_records import BreakGlassRecord, BreakGlassState
from accredit_governance.registry.tables import BreakGlassRow, DelegationRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, hire
from tests.governance.operations.test_delegations import lend
from tests.governance.operations.test_denials import deny
from tests.governance.operations.test_races import only_refusals
from tests.governance.operations.test_webhooks import make

pytestmark = pytest.mark.databases("sqlite")

REASON = "The owner cannot be reached and customers wait."


def ask(office: Office, by: str = "viewer", **wish: Any) -> BreakGlassRecord:
    given: dict[str, Any] = {
        "role": Role.DEVELOPER,
        "project_id": office.project_id,
        "minutes": 60,
        "reason": REASON,
        **wish,
    }
    return break_glass.ask_to_break_glass(office.database, office.people[by], **given)


def grant(office: Office, asked: BreakGlassRecord, by: str = "admin", **more: str) -> Any:
    given = {
        "subject_digest": asked.subject_digest,
        "ticket": office.ticket(by, asked),
        **more,
    }
    return break_glass.grant_broken_glass(office.database, office.people[by], asked.id, **given)


def end(office: Office, asked: BreakGlassRecord, by: str) -> BreakGlassRecord:
    return break_glass.end_broken_glass(office.database, office.people[by], asked.id)


def build(office: Office, by: str = "viewer") -> None:
    """What a developer may and a viewer may not."""
    datasets.create_dataset(
        office.database, office.people[by], office.project_id, name=f"d-{uuid.uuid4()}", title="x"
    )


def refused(office: Office, error: type[GovernanceError], match: str, act: Any) -> None:
    before, size = office.contents(), office.size()
    with pytest.raises(error, match=match):
        act()
    assert office.contents() == before
    (event,) = office.events(since=size)
    assert event["outcome"] == "denied"


def test_a_role_is_lent_for_an_hour_and_every_act_under_it_says_so(office: Office) -> None:
    size = office.size()
    asked = ask(office)
    with pytest.raises(NotAllowed):
        build(office)
    granted = grant(office, asked)
    build(office)
    build(office, by="preparer")

    assert (asked.state, granted.state) == (BreakGlassState.WAITING, BreakGlassState.STANDING)
    assert granted.granted_at is not None
    assert granted.ends_at == granted.granted_at + timedelta(minutes=60)
    steps = [e for e in office.events(since=size) if e["outcome"] == "ok"]
    assert [e["action"] for e in steps] == [
        "break_glass.requested",
        "break_glass.granted",
        "dataset.created",
        "dataset.created",
    ]
    assert [e["actor"].get("break_glass") for e in steps] == [None, None, str(asked.id), None]
    assert steps[0]["project"] == str(office.project_id)
    assert REASON not in json.dumps(steps)

    office.clock.pass_time(minutes=60)
    refused(office, NotAllowed, "none of your roles", lambda: build(office))
    break_glass.expire_what_is_over(office.database, office.system)
    break_glass.expire_what_is_over(office.database, office.system)
    last = office.events()[-1]
    assert (last["action"], last["fact"]["cause"]) == ("break_glass.ended", "expired")
    over = permissions.break_glass_request(office.database, office.people["viewer"], asked.id)
    assert (over.state, over.cause, over.ended_by) == (BreakGlassState.OVER, "expired", None)


def test_what_the_person_may_anyway_is_not_said_to_be_lent(office: Office) -> None:
    grant(office, ask(office, by="trainer", role=Role.OWNER))
    size = office.size()

    build(office, by="trainer")

    (event,) = office.events(since=size)
    assert "break_glass" not in event["actor"]


def test_an_event_without_broken_glass_has_the_bytes_that_it_always_had() -> None:
    who, lent = uuid.uuid4(), uuid.uuid4()

    assert set(json.loads(ActorRef(id=who, kind="user").canonical())) == {
        "id",
        "kind",
        "on_behalf_of",
        "token",
    }
    told = json.loads(ActorRef(id=who, kind="user", break_glass=lent).canonical())
    assert told["break_glass"] == str(lent)


def test_no_signature_is_lent(office: Office) -> None:
    request = office.in_review()
    grant(office, ask(office, role=Role.VALIDATOR))
    grant(office, ask(office, by="compliance", role=Role.VALIDATOR))

    refused(office, NotAllowed, "approval:sign", lambda: office.sign("viewer", request))
    refused(
        office,
        NotAllowed,
        "signed by a validator; you are none",
        lambda: office.sign("compliance", request),
    )


def test_nothing_is_lent_that_would_go_on_afterwards(office: Office) -> None:
    grant(office, ask(office, role=Role.OWNER))

    refused(office, NotAllowed, "webhook:manage", lambda: make(office, "viewer"))


def test_who_is_denied_it_in_one_project_neither_asks_nor_grants_it_for_all(office: Office) -> None:
    for name, role in (("roamer", Role.VIEWER), ("chief", Role.COMPLIANCE)):
        office.people[name] = hire(  # type: ignore[index]
            office.database, office.people["admin"], name, [role], project_id=None
        )
    asked = ask(office, "roamer", project_id=None)
    deny(office, "roamer", permission=Permission.BREAK_GLASS_REQUEST, project_id=office.project_id)
    deny(office, "chief", permission=Permission.BREAK_GLASS_GRANT, project_id=office.project_id)
    wish = {"role": Role.OWNER, "project_id": None}
    ticket = office.ticket("chief", asked)

    refused(office, NotAllowed, "denied", lambda: ask(office, "roamer", **wish))
    refused(office, NotAllowed, "denied", lambda: grant(office, asked, "chief", ticket=ticket))
    assert grant(office, asked).granted_by == office.people["admin"].id


def test_two_people_break_the_glass(office: Office) -> None:
    asked = ask(office, by="compliance", role=Role.OWNER)

    def by(person: str, **more: str) -> Callable[[], object]:
        return lambda: grant(office, asked, by=person, **more)

    refused(office, FourEyes, "you asked for this yourself", by("compliance"))
    refused(office, NotAllowed, "break_glass:grant", by("owner"))
    refused(office, ReauthenticationRequired, "authenticate", by("admin", ticket=""))
    refused(office, StaleDigest, "read it again", by("admin", subject_digest="0" * 64))
    alone = update(BreakGlassRow).values(
        granted_by=BreakGlassRow.asked_by,
        granted_at=office.clock.now,
        ends_at=office.clock.now,
        method="password",
    )
    engine = office.database.engine.execution_options(accredit_writes=True)
    with pytest.raises(DBAPIError, match="two_people"), engine.begin() as connection:
        connection.execute(alone)
    assert grant(office, asked, by="second_compliance").granted_by


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_grants_at_once_one_counts_and_none_beside_an_end(office: Office) -> None:
    for rivals in (("admin", "compliance"), ("admin", None)):
        asked = ask(office)
        size = office.size()
        ticket = {by: office.ticket(by, asked) for by in rivals if by}
        works: list[Callable[[], object]] = [
            partial(grant, office, asked, by=by, ticket=ticket[by])
            if by
            else partial(end, office, asked, "viewer")
            for by in rivals
        ]

        raised = only_refusals(together(works))

        told = [
            e["action"] for e in office.events(since=size) if e["action"].startswith("break_glass")
        ]
        if None in rivals:
            assert told in (["break_glass.ended"], ["break_glass.granted", "break_glass.ended"])
            assert len(raised) == 2 - len(told)
        else:
            assert (told, len(raised)) == (["break_glass.granted"], 1)
            end(office, asked, "viewer")


def test_it_ends_at_once_by_either_of_the_two_or_who_could_grant_it(office: Office) -> None:
    for by, cause, is_granted in (
        ("viewer", "withdrawn", False),
        ("compliance", "refused", False),
        ("viewer", "ended", True),
        ("second_compliance", "ended", True),
    ):
        asked = ask(office)
        if is_granted:
            grant(office, asked)
            build(office)
        refused(office, NotFound, "there is no", lambda a=asked: end(office, a, "trainer"))
        assert end(office, asked, by).cause == cause
        with pytest.raises(NotAllowed):
            build(office)
        refused(office, Conflict, "over already", lambda a=asked, b=by: end(office, a, b))
        refused(office, Conflict, "is over, not waiting", lambda a=asked: grant(office, a))


def test_who_could_not_grant_it_does_not_end_it(office: Office) -> None:
    asked = ask(office)
    admin = office.people["admin"]
    identity.bind_role(
        office.database,
        admin,
        office.people["auditor"].id,
        role=Role.VIEWER,
        project_id=office.project_id,
    )

    refused(office, NotAllowed, "those who could grant it", lambda: end(office, asked, "auditor"))


def test_nobody_grants_what_was_asked_yesterday_or_by_a_closed_account(office: Office) -> None:
    first, second = ask(office), ask(office, by="trainer", role=Role.OWNER)
    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["trainer"].id
    )
    refused(office, NotAllowed, "is closed", lambda: grant(office, second))

    office.clock.pass_time(days=1)

    refused(office, Conflict, "is over, not waiting", lambda: grant(office, first))
    break_glass.expire_what_is_over(office.database, office.system)
    assert [e["fact"].get("cause") for e in office.events()[-1:]] == ["lapsed"]
    with pytest.raises(Conflict, match="over already"):
        break_glass.expire_broken_glass(office.database, office.system, first.id)
    assert ask(office).state is BreakGlassState.WAITING
    with pytest.raises(Conflict, match="time left"):
        break_glass.expire_broken_glass(office.database, office.system, ask(office, "owner").id)


def test_a_denial_beats_broken_glass(office: Office) -> None:
    grant(office, ask(office))
    build(office)

    deny(office, "viewer", permission=Permission.DATASET_CREATE, project_id=office.project_id)

    refused(office, NotAllowed, "denied to you", lambda: build(office))


@pytest.mark.parametrize(
    ("wish", "error", "match"),
    [
        pytest.param({"minutes": 0}, InvalidInput, "between 1 and 240", id="no time"),
        pytest.param({"minutes": 241}, InvalidInput, "between 1 and 240", id="too long"),
        pytest.param({"reason": "so"}, InvalidInput, "reason needs", id="no reason"),
        pytest.param({"role": Role.ADMIN}, NotAllowed, "never lent", id="admin"),
        pytest.param({"role": Role.SYSTEM}, NotAllowed, "never lent", id="system"),
        pytest.param({"project_id": None}, NotAllowed, "break_glass:request", id="everywhere"),
        pytest.param({"project_id": uuid.uuid4()}, NotFound, "no project", id="no project"),
        pytest.param({"model_id": uuid.uuid4()}, NotFound, "no model", id="no model"),
        pytest.param({"by": "auditor"}, NotAllowed, "break_glass:request", id="auditor"),
        pytest.param({"by": "consumer"}, NotAllowed, "break_glass:request", id="service"),
    ],
)
def test_what_is_asked_for_is_bounded(
    office: Office, wish: dict[str, Any], error: type[GovernanceError], match: str
) -> None:
    refused(office, error, match, lambda: ask(office, **wish))


def test_nobody_asks_where_they_know_nothing_or_twice(office: Office) -> None:
    refused(office, NotFound, "no project", lambda: ask(office, project_id=office.twin_project_id))
    ask(office)
    refused(office, Conflict, "already", lambda: ask(office))
    on_model = ask(office, project_id=None, model_id=office.model_id)
    assert (on_model.project_id, on_model.model_id) == (office.project_id, office.model_id)
    refused(
        office,
        InvalidInput,
        "another project",
        lambda: ask(
            office, by="publisher", project_id=office.twin_project_id, model_id=office.model_id
        ),
    )


def test_those_who_watch_see_what_waits_and_stands(office: Office) -> None:
    asked = ask(office)
    database, people = office.database, office.people

    def listed(by: str, **which: bool) -> list[uuid.UUID]:
        found = permissions.break_glass_requests(database, people[by], Page(), **which)
        return [record.id for record in found.items]

    for watcher in ("admin", "compliance", "auditor", "viewer"):
        assert listed(watcher, is_open=True) == listed(watcher) == [asked.id]
        assert permissions.break_glass_request(database, people[watcher], asked.id).reason == REASON
    for watcher in ("admin", "compliance", "auditor"):
        assert [g.id for g in permissions.broken_glass(database, people[watcher])] == [asked.id]
    for other in ("trainer", "stranger"):
        assert listed(other) == []
        with pytest.raises(NotFound):
            permissions.break_glass_request(database, people[other], asked.id)
    end(office, asked, "viewer")
    assert listed("admin", is_open=True) == []
    assert listed("admin", is_open=False) == [asked.id]
    assert permissions.broken_glass(database, people["admin"]) == ()


def test_broken_glass_is_explained(office: Office) -> None:
    asked = ask(office)
    grant(office, asked)

    told = permissions.explanation(
        office.database,
        office.people["admin"],
        office.people["viewer"].id,
        Asked(permission=Permission.DATASET_CREATE, project_id=office.project_id),
    )

    assert (told.allowed, told.code) == (True, "break_glass")
    assert told.reasons[0].break_glass_id == asked.id


def test_what_is_lent_ends_with_the_account_and_does_not_come_back(office: Office) -> None:
    admin, viewer = office.people["admin"], office.people["viewer"]
    grant(office, ask(office))
    lent = lend(office, "validator", "owner")

    identity.deactivate_principal(office.database, admin, viewer.id)
    identity.deactivate_principal(office.database, admin, office.people["validator"].id)
    accounts.reactivate_principal(office.database, admin, viewer.id)
    accounts.reactivate_principal(office.database, admin, office.people["validator"].id)

    back = identity.actor_of_principal(office.database, viewer.id, request_id=None)
    assert back is not None
    assert not [held for held in back.bindings if held.break_glass_id]
    with office.database.reading() as session:
        assert session.get_one(DelegationRow, lent.id).revoked_by == admin.id

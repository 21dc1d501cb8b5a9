"""Denials: they beat whatever gives, nobody lifts their own, and they end when they say."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.rights import Code
from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.operations import denials, groups, identity, trail, webhooks
from accredit_governance.questions import approvals, models, permissions
from accredit_governance.questions import webhooks as hooks
from accredit_governance.questions.pages import Page
from accredit_governance.questions.permissions import Asked
from accredit_governance.registry.permission_records import PermissionDenialRecord
from tests.governance.office import Office, hire
from tests.governance.operations.test_delegations import lend
from tests.governance.operations.test_webhooks import make

pytestmark = pytest.mark.databases("sqlite")

REASON = "Works for the customer until the summer."


def deny(office: Office, person: str | None, by: str = "admin", **what: Any) -> Any:
    if person is not None:
        what["principal_id"] = office.people[person].id
    reason = what.pop("reason", REASON)
    return denials.deny(office.database, office.people[by], denials.Denied(**what), reason=reason)


def lift(office: Office, record: PermissionDenialRecord, by: str = "admin") -> Any:
    return denials.lift_denial(office.database, office.people[by], record.id)


def another_admin(office: Office) -> None:
    office.people["second_admin"] = hire(  # type: ignore[index]
        office.database, office.people["admin"], "second_admin", [Role.ADMIN], project_id=None
    )


def refused(office: Office, error: type[GovernanceError], match: str, act: Any) -> None:
    before, size = office.contents(), office.size()
    with pytest.raises(error, match=match):
        act()
    assert office.contents() == before
    (event,) = office.events(since=size)
    assert event["outcome"] == "denied"


def test_who_is_denied_a_permission_neither_acts_nor_is_asked_to(office: Office) -> None:
    request = office.in_review()
    record = deny(
        office, "validator", permission=Permission.APPROVAL_SIGN, project_id=office.project_id
    )

    refused(office, NotAllowed, "denied to you", lambda: office.sign("validator", request))
    waiting = models.approval_requests(
        office.database, office.people["validator"], Page(), for_me=True
    )
    assert waiting.items == ()
    lift(office, record)
    assert office.sign("validator", request).sign_offs


def test_a_denied_role_is_gone_with_all_that_it_holds(office: Office) -> None:
    request = office.in_review()
    admin, validator = office.people["admin"], office.people["validator"]
    identity.bind_role(
        office.database, admin, validator.id, role=Role.OWNER, project_id=office.project_id
    )

    deny(office, "validator", role=Role.VALIDATOR)

    refused(office, NotAllowed, "denied to you", lambda: office.sign("validator", request))
    told = permissions.my_explanation(
        office.database,
        validator,
        Asked(permission=Permission.APPROVAL_SIGN, project_id=office.project_id),
    )
    assert (told.allowed, told.code) == (False, Code.DENIED)
    assert [r.code for r in told.reasons] == [Code.DENIED, Code.ROLE, Code.ROLE]


def test_what_is_denied_to_a_group_is_denied_to_who_is_in_it(office: Office) -> None:
    admin = office.people["admin"]
    another_admin(office)
    group = groups.create_group(office.database, admin, name="Contractors")
    groups.add_member(
        office.database, admin, group.id, principal_id=office.people["second_admin"].id
    )
    record = deny(office, None, group_id=group.id, permission=Permission.PROJECT_CREATE)

    second = identity.actor_of_principal(
        office.database, office.people["second_admin"].id, request_id=None
    )

    assert second is not None
    assert not second.may(Permission.PROJECT_CREATE, None)
    refused(
        office,
        NotAllowed,
        "nobody lifts what is denied to themselves",
        lambda: lift(office, record, by="second_admin"),
    )
    refused(
        office,
        NotAllowed,
        "another admin has to",
        lambda: groups.remove_member(
            office.database, office.people["second_admin"], group.id, second.id
        ),
    )


def test_whoever_lent_a_signature_and_is_denied_it_has_lent_nothing(office: Office) -> None:
    request = office.in_review()
    lend(office, "validator", "viewer")

    deny(office, "validator", permission=Permission.APPROVAL_SIGN, model_id=office.model_id)

    viewer = identity.actor_of_principal(
        office.database, office.people["viewer"].id, request_id=None
    )
    assert viewer is not None
    assert not viewer.may(Permission.APPROVAL_SIGN, office.project_id, office.model_id)
    assert viewer.may(Permission.APPROVAL_SIGN, office.project_id, uuid.uuid4())
    with pytest.raises(NotAllowed):
        office.sign("viewer", request)


def test_a_denial_ends_by_itself_when_it_says(office: Office) -> None:
    until = office.clock.now + timedelta(days=1)
    record = deny(office, "viewer", permission=Permission.PROJECT_READ, until=until)

    def reads() -> bool:
        actor = identity.actor_of_principal(
            office.database, office.people["viewer"].id, request_id=None
        )
        return actor is not None and actor.may(Permission.PROJECT_READ, office.project_id)

    assert not reads()
    office.clock.pass_time(days=1)
    assert reads()
    with pytest.raises(Conflict, match="ended already"):
        lift(office, record)


def test_denials_are_listed_with_their_reason_and_their_end(office: Office) -> None:
    admin = office.people["admin"]
    first = deny(office, "viewer", permission=Permission.PROJECT_READ)
    second = deny(office, "trainer", role=Role.DEVELOPER, model_id=office.model_id)
    lift(office, first)

    found = permissions.denials(office.database, admin, Page()).items
    of_viewer = permissions.denials(
        office.database, admin, Page(), principal_id=office.people["viewer"].id
    ).items

    assert [(d.id, d.standing) for d in found] == [(second.id, True), (first.id, False)]
    assert (found[0].project_id, found[0].reason) == (office.project_id, REASON)
    assert [d.id for d in of_viewer] == [first.id]
    assert of_viewer[0] == permissions.denial(office.database, admin, first.id)
    assert permissions.denials(office.database, admin, Page(), group_id=uuid.uuid4()).items == ()
    assert office.actions()[-3:] == [
        "permission_denial.imposed",
        "permission_denial.imposed",
        "permission_denial.lifted",
    ]


@pytest.mark.databases("sqlite", "postgresql")
def test_who_is_denied_reading_is_not_offered_for_what_readers_do(office: Office) -> None:
    deny(office, "trainer", permission=Permission.APPROVAL_DISCUSS, project_id=office.project_id)

    people = approvals.builders_and_reviewers(
        office.database, office.people["owner"], office.project_id
    )

    assert office.people["trainer"].id not in people
    assert office.people["preparer"].id in people


@pytest.mark.parametrize(
    ("what", "error", "match"),
    [
        pytest.param({"permission": Permission.RUN_CREATE}, InvalidInput, "holder", id="nobody"),
        pytest.param({"person": "viewer"}, InvalidInput, "permission or role", id="nothing"),
        pytest.param(
            {"person": "viewer", "permission": Permission.RUN_CREATE, "role": Role.OWNER},
            InvalidInput,
            "permission or role",
            id="two things",
        ),
        pytest.param(
            {"person": "viewer", "role": Role.OWNER, "reason": "so"},
            InvalidInput,
            "reason needs",
            id="no reason",
        ),
        pytest.param(
            {"person": "viewer", "role": Role.OWNER, "project_id": uuid.uuid4()},
            NotFound,
            "no project",
            id="no project",
        ),
        pytest.param(
            {"principal_id": uuid.uuid4(), "role": Role.OWNER}, NotFound, "no principal", id="who"
        ),
        pytest.param(
            {"group_id": uuid.uuid4(), "role": Role.OWNER}, NotFound, "no group", id="no group"
        ),
        pytest.param(
            {"person": "admin", "role": Role.OWNER}, NotAllowed, "to themselves", id="oneself"
        ),
        pytest.param(
            {"person": "viewer", "by": "owner", "role": Role.OWNER},
            NotAllowed,
            "identity:manage",
            id="no admin",
        ),
    ],
)
def test_a_denial_says_whom_what_where_and_why(
    office: Office, what: dict[str, Any], error: type[GovernanceError], match: str
) -> None:
    given = dict(what)
    person = given.pop("person", None)
    if match == "holder":
        match = "one of the two"

    refused(office, error, match, lambda: deny(office, person, **given))


def test_the_service_itself_is_denied_nothing_and_no_end_lies_behind(office: Office) -> None:
    past = office.clock.now - timedelta(days=1)

    with pytest.raises(NotAllowed, match="the service itself"):
        deny(office, None, principal_id=office.system.id, role=Role.SYSTEM)
    with pytest.raises(InvalidInput, match="until must lie ahead"):
        deny(office, "viewer", role=Role.VIEWER, until=past)
    with pytest.raises(NotFound):
        denials.lift_denial(office.database, office.people["admin"], uuid.uuid4())
    with pytest.raises(NotFound):
        permissions.denial(office.database, office.people["admin"], uuid.uuid4())


def test_what_spans_all_projects_is_barred_by_a_denial_in_one(office: Office) -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    admin, there = office.people["admin"], office.project_id
    for name, role in (("watcher", Role.AUDITOR), ("director", Role.OWNER)):
        office.people[name] = hire(office.database, admin, name, [role], project_id=None)  # type: ignore[index]
    watcher, director = office.people["watcher"], office.people["director"]
    standing = make(office, "director", project_id=None)
    lend(office, "validator", "viewer")
    assert approvals.delegations(office.database, watcher).items

    deny(office, "watcher", permission=Permission.AUDIT_READ, project_id=there)
    deny(office, "director", role=Role.OWNER, project_id=there)

    for match, act in (
        ("every project", lambda: trail.export_trail(office.database, watcher, key)),
        ("denied", lambda: make(office, "director", project_id=None)),
        ("denied", lambda: webhooks.pause_webhook(office.database, director, standing.id)),
    ):
        refused(office, NotAllowed, match, act)
    with pytest.raises(NotAllowed):
        hooks.deliveries(office.database, director, standing.id, Page())
    assert hooks.webhooks(office.database, director, Page()).items == ()
    assert approvals.delegations(office.database, watcher).items == ()

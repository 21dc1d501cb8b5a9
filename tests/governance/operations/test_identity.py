"""Principals, roles, tokens and sessions."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert

from accredit_governance.access.permissions import PERSONAL, ROLE_PERMISSIONS, Permission, Role
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.identifiers import new_id
from accredit_governance.operations import (
    accounts,
    denials,
    external_identities,
    groups,
    identity,
    sessions,
)
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import RoleBindingRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, actor_named, hire
from tests.governance.operations.test_api_tokens import issued, refusal

pytestmark = pytest.mark.databases("sqlite")

SECRET = "x" * 43


def test_the_first_admin_is_made_once(database: Database) -> None:
    identity.create_first_admin(database, name="ada", title="Ada", password_hash="h")

    with pytest.raises(Conflict, match="has an admin already"):
        identity.create_first_admin(database, name="eve", title="Eve", password_hash="h")

    assert sessions.password_hash_of(database, "eve") is None


def test_the_system_is_one_principal(database: Database) -> None:
    assert identity.system_actor(database).id == identity.system_actor(database).id


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("Ada", id="upper case"),
        pytest.param("-a", id="starts with a dash"),
        pytest.param("a b", id="blank"),
        pytest.param("a" * 64, id="too long"),
        pytest.param("ä", id="not ASCII"),
        pytest.param("a\n", id="line feed"),
    ],
)
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        identity.check_name(name)

    assert caught.value.problems[0]["pointer"] == "/name"


@pytest.mark.parametrize("name", ["a", "a" * 63, "0.a_b-c"])
def test_a_plain_name_is_usable(name: str) -> None:
    assert identity.check_name(name) == name


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("a@[", id="an open bracket"),
        pytest.param("a<b@x", id="an open angle"),
        pytest.param("victim,b@x", id="two in one"),
        pytest.param("victim@x,b@x", id="two addresses"),
        pytest.param('"a b"@x', id="quoted"),
        pytest.param(".a@x", id="starts with a dot"),
        pytest.param("a@x.", id="ends with a dot"),
        pytest.param("a@10.0.0.1", id="no host name"),
        pytest.param("a@x\n", id="line feed"),
        pytest.param("a@\u212a.example", id="a sign that folds to a letter"),
        pytest.param("a" * 65 + "@x", id="too long"),
    ],
)
def test_a_mail_address_is_one_plain_address(office: Office, address: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        identity.create_principal(
            office.database,
            office.people["admin"],
            kind="user",
            name="nora",
            title="Nora",
            email=address,
        )

    assert caught.value.problems[0]["pointer"] == "/email"


@pytest.mark.parametrize("address", ["vera@example.org", "O'Neil+x.y@Bank-1.example", "a@x"])
def test_a_plain_mail_address_is_usable(address: str) -> None:
    assert identity.EMAIL_FORM.fullmatch(address)


@pytest.mark.databases("sqlite", "postgresql")
def test_nobody_gives_a_role_to_themselves(office: Office) -> None:
    admin = office.people["admin"]

    with pytest.raises(NotAllowed, match="to themselves"):
        identity.bind_role(
            office.database, admin, admin.id, role=Role.OWNER, project_id=office.project_id
        )


@pytest.mark.databases("sqlite", "postgresql")
def test_nobody_becomes_the_system(office: Office) -> None:
    with pytest.raises(NotAllowed, match="belongs to the service itself"):
        identity.bind_role(
            office.database,
            office.people["admin"],
            office.people["viewer"].id,
            role=Role.SYSTEM,
            project_id=None,
        )


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("role", [role for role in Role if ROLE_PERMISSIONS[role] & PERSONAL])
def test_a_service_account_judges_nothing(office: Office, role: Role) -> None:
    """An admin issues its tokens, and could sign through one."""
    for account in (office.people["consumer"], office.system):
        with pytest.raises(NotAllowed, match="only a person"):
            identity.bind_role(
                office.database,
                office.people["admin"],
                account.id,
                role=role,
                project_id=office.project_id,
            )


@pytest.mark.parametrize("project", ["home", None])
def test_a_role_is_given_once(office: Office, project: str | None) -> None:
    project_id = office.project_id if project else None
    person = hire(
        office.database, office.people["admin"], "newcomer", [Role.VIEWER], project_id=project_id
    )

    with pytest.raises(Conflict, match="already"):
        identity.bind_role(
            office.database,
            office.people["admin"],
            person.id,
            role=Role.VIEWER,
            project_id=project_id,
        )


@pytest.mark.parametrize("missing", ["principal", "project"])
def test_a_role_needs_a_principal_and_a_project_that_exist(office: Office, missing: str) -> None:
    with pytest.raises(NotFound, match=missing):
        identity.bind_role(
            office.database,
            office.people["admin"],
            new_id() if missing == "principal" else office.people["viewer"].id,
            role=Role.OWNER,
            project_id=new_id(),
        )


def test_a_service_account_has_no_password(office: Office) -> None:
    with pytest.raises(InvalidInput):
        identity.create_principal(
            office.database,
            office.people["admin"],
            kind="service",
            name="bot",
            title="Bot",
            password_hash="h",
        )


def start(office: Office) -> None:
    sessions.start_session(office.database, office.people["owner"], secret=SECRET, csrf_token="c")


def visit(office: Office) -> bool:
    return sessions.actor_of_session(office.database, SECRET, request_id=None) is not None


def test_a_session_lives_until_it_is_ended(office: Office) -> None:
    size = office.size()
    start(office)
    before = visit(office)

    sessions.end_session(office.database, office.people["owner"], secret=SECRET)
    sessions.end_session(office.database, office.people["owner"], secret=SECRET)

    assert (before, visit(office)) == (True, False)
    assert office.actions(since=size) == ["session.started", "session.ended"]


def test_a_password_stays_good_for_years(office: Office) -> None:
    identity.create_principal(
        office.database,
        office.people["admin"],
        kind="user",
        name="olaf",
        title="Olaf",
        password_hash="h",
    )
    office.clock.pass_time(days=3650)

    found = sessions.password_hash_of(office.database, "olaf")

    assert found is not None
    assert found[1] == "h"


def test_an_idle_session_ends(office: Office) -> None:
    start(office)
    office.clock.pass_time(minutes=30)

    assert not visit(office)


def test_looking_keeps_a_session_alive_for_twelve_hours(office: Office) -> None:
    start(office)
    for _ in range(24):
        office.clock.pass_time(minutes=29)
        assert visit(office)
    office.clock.pass_time(minutes=25)

    assert not visit(office)


def test_a_session_that_was_never_started_is_nobodys(office: Office) -> None:
    assert not visit(office)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_deactivated_person_loses_token_password_and_session(office: Office) -> None:
    start(office)
    secret = issued(office, "owner")
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE principal SET active = false, password_hash = 'h'")

    assert not visit(office)
    assert refusal(office, secret) == "inactive"
    assert sessions.password_hash_of(office.database, "owner") is None
    assert (
        identity.actor_of_principal(office.database, office.people["owner"].id, request_id=None)
        is None
    )


def test_a_session_outlives_no_more_than_its_limits() -> None:
    assert timedelta(minutes=30) == sessions.SESSION_IDLE
    assert timedelta(hours=12) == sessions.SESSION_LIFE


def test_a_role_that_is_taken_back_is_gone_at_once(office: Office) -> None:
    admin, validator = office.people["admin"], office.people["validator"]
    binding = identity.bind_role(
        office.database, admin, validator.id, role=Role.AUDITOR, project_id=None
    )
    size = office.size()

    identity.take_role(office.database, admin, binding.id)

    assert office.actions(since=size) == ["role.taken"]
    actor = identity.actor_of_principal(office.database, validator.id, request_id=None)
    assert actor is not None
    assert Role.AUDITOR not in actor.roles(None)
    with pytest.raises(NotFound):
        identity.take_role(office.database, admin, binding.id)


def test_a_closed_account_opens_nothing(office: Office) -> None:
    person = office.people["validator"]
    secret = issued(office, "validator")

    closed = identity.deactivate_principal(office.database, office.people["admin"], person.id)

    assert closed.active is False
    assert refusal(office, secret) == "inactive"
    with pytest.raises(Conflict):
        identity.deactivate_principal(office.database, office.people["admin"], person.id)


def test_nobody_closes_their_own_account_or_that_of_the_service(office: Office) -> None:
    admin = office.people["admin"]

    for principal_id in (admin.id, office.system.id):
        with pytest.raises(NotAllowed):
            identity.deactivate_principal(office.database, admin, principal_id)


def test_nobody_acts_for_themselves_through_a_service_account(office: Office) -> None:
    database, admin = office.database, office.people["admin"]
    robot = identity.create_principal(database, admin, kind="service", name="robot", title="R")
    with pytest.raises(NotAllowed, match="only a person"):
        identity.bind_role(database, admin, robot.id, role=Role.ADMIN, project_id=None)
    group = groups.create_group(database, admin, name="Judges")
    groups.add_member(database, admin, group.id, principal_id=admin.id)
    second = hire(database, admin, "second", [Role.ADMIN], project_id=None)
    wish = denials.Denied(principal_id=admin.id, permission=Permission.VERSION_PURGE)
    denied = denials.deny(database, second, wish, reason="Nothing is purged in this quarter.")
    helper = actor_named(database, robot.name)
    # From before administering was for people only, or past the door.
    with database.engine.execution_options(accredit_writes=True).begin() as connection:
        given = {"role": Role.ADMIN, "created_at": office.clock(), "created_by": second.id}
        connection.execute(
            insert(RoleBindingRow).values(id=new_id(), principal_id=robot.id, **given)
        )
    linked = external_identities.link_service(
        database, admin, robot.id, issuer="https://id.test", subject="robot"
    )

    for act in (
        lambda: identity.bind_role(
            database, helper, admin.id, role=Role.COMPLIANCE, project_id=None
        ),
        lambda: groups.bind_role_to_group(
            database, helper, group.id, role=Role.COMPLIANCE, project_id=None
        ),
        lambda: denials.lift_denial(database, helper, denied.id),
    ):
        with pytest.raises(NotAllowed, match="themselves"):
            act()

    assert linked.created_by == admin.id
    assert identity.bind_role(database, helper, second.id, role=Role.VIEWER, project_id=None)


@pytest.mark.databases("postgresql")
def test_of_two_admins_who_take_the_office_from_each_other_one_is_left(office: Office) -> None:
    database, admin = office.database, office.people["admin"]
    acts = (
        lambda by, other: identity.deactivate_principal(database, by, other.id),
        lambda by, other: denials.deny(
            database,
            by,
            denials.Denied(principal_id=other.id, role=Role.ADMIN),
            reason="Has to do something else from now on.",
        ),
    )
    for number, act in enumerate(acts):
        one, two = (
            hire(database, admin, f"{name}-{number}", [Role.ADMIN], project_id=None)
            for name in ("one", "two")
        )
        found = together([partial(act, one, two), partial(act, two, one)])
        assert [type(each) for each in found] == [NotAllowed]


@pytest.mark.databases("postgresql")
def test_a_role_is_taken_once(office: Office) -> None:
    database, admin = office.database, office.people["admin"]
    binding = identity.bind_role(
        database, admin, office.people["auditor"].id, role=Role.VIEWER, project_id=None
    )
    take = partial(identity.take_role, database, admin, binding.id)

    found = together([take] * 3)

    assert [type(each) for each in found] == [NotFound] * 2


def test_a_session_and_a_token_are_not_begun_for_a_closed_account(office: Office) -> None:
    database, admin, owner = office.database, office.people["admin"], office.people["owner"]
    identity.deactivate_principal(database, admin, owner.id)
    identity.deactivate_principal(database, admin, office.people["consumer"].id)

    with pytest.raises(NotAllowed, match="not active"):
        sessions.start_session(database, owner, secret=SECRET, csrf_token="c")
    with pytest.raises(NotAllowed, match="not active"):
        issued(office, "consumer")


@pytest.mark.databases("postgresql")
def test_what_begins_while_an_account_is_closed_does_not_outlive_it(office: Office) -> None:
    database, admin = office.database, office.people["admin"]
    for number in range(4):
        person = hire(database, admin, f"brief-{number}", [], project_id=None)
        secret = f"{number}" * 43
        begin = partial(sessions.start_session, database, person, secret=secret, csrf_token="c")
        close = partial(identity.deactivate_principal, database, admin, person.id)
        together([close, begin])
        accounts.reactivate_principal(database, admin, person.id)
        assert sessions.actor_of_session(database, secret, request_id=None) is None

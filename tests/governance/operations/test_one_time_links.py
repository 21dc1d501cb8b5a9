"""Links that work once: for the first admin, for a first password and for another one."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import delete, insert

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.errors import Conflict, InvalidInput, LinkUnusable, NotAllowed, NotFound
from accredit_governance.identifiers import new_id
from accredit_governance.operations import (
    accounts,
    api_tokens,
    identity,
    one_time_links,
    provider_sign_ins,
    sessions,
)
from accredit_governance.operations.token_holders import actor_of_token
from accredit_governance.registry.database import Database
from accredit_governance.registry.provider_records import MappedRole, Vouched
from accredit_governance.registry.tables import (
    ExternalIdentityRow,
    OneTimeLinkRow,
    RoleBindingRow,
)
from tests.conftest import Clock
from tests.governance.office import Office, new_token

pytestmark = pytest.mark.databases("sqlite")

CODE, LATER = "k" * 43, "l" * 43


def become(database: Database, name: str = "ada", code: str = CODE) -> None:
    one_time_links.become_first_admin(
        database, secret=code, name=name, title="Ada", password_hash="h", request_id=None
    )


def test_whoever_has_the_link_becomes_the_first_admin_once(database: Database) -> None:
    one_time_links.offer_first_admin_link(database, secret=CODE)
    one_time_links.require_first_admin_link(database, CODE)

    become(database)

    assert sessions.password_hash_of(database, "ada") is not None
    for attempt in (
        lambda: become(database, "eve"),
        lambda: one_time_links.require_first_admin_link(database, CODE),
    ):
        with pytest.raises(LinkUnusable):
            attempt()
    assert sessions.password_hash_of(database, "eve") is None
    with pytest.raises(Conflict):
        one_time_links.offer_first_admin_link(database, secret=LATER)


def test_two_who_open_the_link_at_once_do_not_both_become_the_admin(database: Database) -> None:
    one_time_links.offer_first_admin_link(database, secret=CODE)
    names, start = ["a", "b", "c", "d"], Barrier(4)

    def attempt(name: str) -> bool:
        start.wait()
        try:
            become(database, name)
        except LinkUnusable:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as pool:
        won = list(pool.map(attempt, names))

    assert won.count(True) == 1
    known = [sessions.password_hash_of(database, name) is not None for name in names]
    assert known == won


@pytest.mark.parametrize(
    ("minutes", "works"), [pytest.param(59, True, id="below"), pytest.param(60, False, id="on")]
)
def test_the_first_admin_has_an_hour(
    sqlite_url: str, clock: Clock, minutes: int, *, works: bool
) -> None:
    database = Database(sqlite_url, clock=clock)
    one_time_links.offer_first_admin_link(database, secret=CODE)
    clock.pass_time(minutes=minutes)

    if works:
        become(database)
    else:
        with pytest.raises(LinkUnusable):
            become(database)
    assert identity.had_admin(database) is works
    database.close()


def test_a_link_goes_when_there_is_an_admin_by_another_way(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url, clock=clock)
    one_time_links.offer_first_admin_link(database, secret=CODE)
    identity.create_first_admin(database, name="ada", title="Ada", password_hash="h")

    with pytest.raises(LinkUnusable):
        one_time_links.require_first_admin_link(database, CODE)
    with pytest.raises(LinkUnusable):
        become(database, "eve")

    assert sessions.password_hash_of(database, "eve") is None
    database.close()


def test_only_the_youngest_link_works(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url, clock=clock)
    for code in (CODE, LATER):
        one_time_links.offer_first_admin_link(database, secret=code)

    with pytest.raises(LinkUnusable):
        become(database, code=CODE)
    become(database, code=LATER)

    assert identity.had_admin(database)
    database.close()


@pytest.mark.parametrize("name", ["Ada", "", "system"])
def test_a_name_that_cannot_be_leaves_the_link_good(
    sqlite_url: str, clock: Clock, name: str
) -> None:
    database = Database(sqlite_url, clock=clock)
    one_time_links.offer_first_admin_link(database, secret=CODE)

    with pytest.raises(InvalidInput):
        become(database, name)
    become(database)

    assert identity.had_admin(database)
    database.close()


def issue(office: Office, person: str = "viewer", code: str = CODE) -> None:
    one_time_links.issue_password_link(
        office.database, office.people["admin"], office.people[person].id, secret=code
    )


def set_password(office: Office, code: str = CODE, password_hash: str = "new") -> None:
    one_time_links.set_password_by_link(
        office.database, secret=code, password_hash=password_hash, request_id="r-1"
    )


def password_of(office: Office, name: str) -> str | None:
    found = sessions.password_hash_of(office.database, name)
    return found[1] if found else None


def test_a_person_is_invited_and_sets_the_password_themselves(office: Office) -> None:
    size = office.size()

    added = one_time_links.invite(
        office.database,
        office.people["admin"],
        name="vera",
        title="Vera Voss",
        email="vera@example.org",
        secret=CODE,
    )

    assert added.welcome is not None
    assert added.welcome.path == f"/welcome?code={CODE}"
    assert password_of(office, "vera") is None, "until then nobody signs in"
    assert one_time_links.holder_of_link(office.database, CODE) == "vera"
    set_password(office)
    assert password_of(office, "vera") == "new"
    events = office.events(since=size)
    assert [e["action"] for e in events] == [
        "principal.created",
        "password_link.issued",
        "password.set",
    ]
    assert not any(secret in str(events) for secret in (CODE, "vera", "example.org"))


@pytest.mark.databases("sqlite", "postgresql")
def test_a_link_sets_a_password_once_and_ends_all_sessions(office: Office) -> None:
    issue(office)
    viewer = office.people["viewer"]
    sessions.start_session(office.database, viewer, secret="s" * 43, csrf_token="c")
    set_password(office)
    size = office.size()

    with pytest.raises(LinkUnusable):
        set_password(office, password_hash="thief's")

    assert password_of(office, viewer.name) == "new"
    assert sessions.actor_of_session(office.database, "s" * 43, request_id=None) is None
    (refusal,) = office.events(since=size)
    assert (refusal["action"], refusal["outcome"]) == ("operation.refused", "denied")
    assert refusal["fact"]["code"] == "link_unusable"
    assert refusal["request"] == "r-1"


@pytest.mark.databases("sqlite", "postgresql")
def test_of_many_who_use_a_link_at_once_one_sets_the_password(office: Office) -> None:
    issue(office)
    hashes, start = ["h0", "h1", "h2", "h3"], Barrier(4)

    def attempt(password_hash: str) -> bool:
        start.wait()
        try:
            set_password(office, password_hash=password_hash)
        except LinkUnusable:
            return False
        return True

    with ThreadPoolExecutor(len(hashes)) as pool:
        won = list(pool.map(attempt, hashes))

    assert won.count(True) == 1
    assert password_of(office, office.people["viewer"].name) == hashes[won.index(True)]


def test_links_that_were_replaced_or_are_too_old_do_nothing(office: Office) -> None:
    issue(office)
    issue(office, code=LATER)
    with pytest.raises(LinkUnusable):
        set_password(office, CODE)
    office.clock.pass_time(hours=24)

    with pytest.raises(LinkUnusable):
        set_password(office, LATER)
    with pytest.raises(LinkUnusable):
        one_time_links.holder_of_link(office.database, LATER)


def test_a_made_up_link_is_refused_and_not_written_down(office: Office) -> None:
    size = office.size()

    with pytest.raises(LinkUnusable):
        set_password(office, "made up")

    assert office.size() == size


def test_a_link_is_good_for_its_own_purpose_only(office: Office) -> None:
    issue(office)

    with pytest.raises(LinkUnusable):
        one_time_links.require_first_admin_link(office.database, CODE)
    with pytest.raises(LinkUnusable):
        become(office.database, "eve")

    set_password(office)


def test_a_closed_account_gets_no_password(office: Office) -> None:
    issue(office)
    admin, viewer = office.people["admin"], office.people["viewer"]
    identity.deactivate_principal(office.database, admin, viewer.id)

    with pytest.raises(LinkUnusable):
        set_password(office)
    with pytest.raises(Conflict, match="closed"):
        issue(office, code=LATER)


def test_links_are_for_people_and_made_by_admins(office: Office) -> None:
    with pytest.raises(NotFound):
        issue(office, "consumer")
    with pytest.raises(NotAllowed):
        one_time_links.issue_password_link(
            office.database, office.people["owner"], office.people["viewer"].id, secret=CODE
        )


def test_a_narrowed_token_makes_no_links_and_no_token_one_for_its_holder(office: Office) -> None:
    admin, manage = office.people["admin"], frozenset({Permission.IDENTITY_MANAGE})
    for scopes, refused in ((manage, "viewer"), (None, "admin")):
        token = api_tokens.issue_own_token(
            office.database, admin, name="t", secret=new_token(), days=1, scopes=scopes
        )
        shown = actor_of_token(office.database, token.token, request_id=None)
        with pytest.raises(NotAllowed):
            one_time_links.issue_password_link(
                office.database, shown, office.people[refused].id, secret=CODE
            )
        if scopes is not None:
            with pytest.raises(NotAllowed):
                one_time_links.invite(
                    office.database, shown, name="eve", title="Eve", email=None, secret=CODE
                )


def test_whom_somebody_else_vouches_for_gets_no_password(office: Office) -> None:
    issue(office)
    linked = {
        "id": new_id(),
        "principal_id": office.people["viewer"].id,
        "issuer": "https://id.test",
        "subject": "7",
        "created_at": office.clock(),
        "created_by": office.people["admin"].id,
    }
    with office.database.engine.begin() as connection:
        connection.execute(insert(ExternalIdentityRow).values(linked))

    with pytest.raises(LinkUnusable):
        set_password(office)
    with pytest.raises(Conflict, match="identity provider"):
        issue(office, code=LATER)


def test_a_link_ends_with_the_account_and_with_a_change_of_the_password(office: Office) -> None:
    admin, viewer = office.people["admin"], office.people["viewer"]
    issue(office)
    identity.deactivate_principal(office.database, admin, viewer.id)
    accounts.reactivate_principal(office.database, admin, viewer.id)
    with pytest.raises(LinkUnusable):
        set_password(office)

    issue(office, code=LATER)
    set_password(office, LATER, "old")
    issue(office, code="m" * 43)
    one_time_links.change_own_password(office.database, viewer, password_hash="own", keep=None)
    with pytest.raises(LinkUnusable):
        set_password(office, "m" * 43)
    assert password_of(office, "viewer") == "own"


def test_the_first_run_is_over_once_a_provider_has_made_an_admin(
    sqlite_url: str, clock: Clock
) -> None:
    database = Database(sqlite_url, clock=clock)
    one_time_links.offer_first_admin_link(database, secret=CODE)
    system, ruling = identity.system_actor(database), (MappedRole(role=Role.ADMIN, project=None),)

    def sign_in(roles: tuple[MappedRole, ...]) -> uuid.UUID:
        vouched = Vouched(
            provider="one", issuer="https://id.test", subject="7", preferred_name="pia", roles=roles
        )
        return provider_sign_ins.sign_in_vouched(database, system, vouched)

    sign_in(ruling)
    with pytest.raises(NotAllowed, match="nobody would be left"):
        sign_in(())
    with database.engine.begin() as connection:
        connection.execute(delete(RoleBindingRow).where(RoleBindingRow.role == Role.ADMIN))

    for attempt in (
        lambda: one_time_links.require_first_admin_link(database, CODE),
        lambda: become(database),
    ):
        with pytest.raises(LinkUnusable):
            attempt()
    with pytest.raises(Conflict, match="accredit init"):
        one_time_links.offer_first_admin_link(database, secret=LATER)
    database.close()


def test_only_the_hash_of_a_link_is_kept(office: Office) -> None:
    issue(office)

    with office.database.reading() as session:
        row = session.query(OneTimeLinkRow).one()
        kept = {str(value) for value in vars(row).values()}

    assert CODE not in kept


def test_another_password_ends_the_other_sessions(office: Office) -> None:
    issue(office)
    set_password(office)
    viewer = office.people["viewer"]
    for letter in "pq":
        sessions.start_session(office.database, viewer, secret=letter * 43, csrf_token="c")
    here = sessions.actor_of_session(office.database, "p" * 43, request_id=None)
    assert here is not None

    one_time_links.change_own_password(
        office.database, viewer, password_hash="newer", keep=here.session_id
    )

    assert password_of(office, viewer.name) == "newer"
    open_ones = [
        sessions.actor_of_session(office.database, letter * 43, request_id=None) is not None
        for letter in "pq"
    ]
    assert open_ones == [True, False]


def test_who_has_no_password_or_a_narrow_token_changes_none(office: Office) -> None:
    viewer = office.people["viewer"]
    narrow = viewer.model_copy(update={"scopes": frozenset({Permission.PROJECT_READ})})

    with pytest.raises(NotAllowed, match="no password"):
        one_time_links.change_own_password(office.database, viewer, password_hash="h", keep=None)
    with pytest.raises(NotAllowed, match="scopes"):
        one_time_links.change_own_password(office.database, narrow, password_hash="h", keep=None)

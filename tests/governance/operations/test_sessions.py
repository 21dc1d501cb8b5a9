"""Browser sessions: their secret changes, a copy of it betrays itself, and they end at once."""

import uuid
from datetime import timedelta

import pytest

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotAllowed, NotFound
from accredit_governance.identifiers import new_id
from accredit_governance.operations import identity, own_sessions, sessions
from accredit_governance.operations.sessions import ON_THE_WAY, ROTATION, SessionTerms, Visit
from accredit_governance.registry.session_records import Ending, SessionRecord, Sighting
from accredit_governance.registry.tables import WebSessionRow
from tests.governance.office import Office

pytestmark = pytest.mark.databases("sqlite")

FIRST = "a" * 43
ELSEWHERE = "b" * 43


def start(office: Office, secret: str = FIRST, person: str = "owner") -> bool:
    return sessions.start_session(
        office.database,
        office.people[person],
        secret=secret,
        csrf_token="c",
        seen=Sighting(address="192.0.2.1", browser="Firefox on Linux"),
    )


def visit(office: Office, secret: str, *, successor: str | None = "s" * 43) -> Visit | None:
    return sessions.actor_of_session(office.database, secret, request_id="r-1", successor=successor)


def offered(office: Office, secret: str, successor: str = "s" * 43) -> str:
    """Another secret, which is due."""
    office.clock.pass_time(minutes=15)
    found = visit(office, secret, successor=successor)
    assert found is not None
    assert found.offer is not None
    return found.offer


def listed(office: Office, person: str = "owner") -> tuple[SessionRecord, ...]:
    return own_sessions.own_sessions(office.database, office.people[person], current=None)


def test_a_secret_is_changed_every_quarter_of_an_hour(office: Office) -> None:
    start(office)
    office.clock.pass_time(minutes=14)
    early = visit(office, FIRST)
    office.clock.pass_time(minutes=1)
    due = visit(office, FIRST)

    assert timedelta(minutes=15) == ROTATION
    assert early is not None
    assert early.offer is None
    assert due is not None
    assert due.offer not in {None, FIRST}


def test_the_old_secret_stays_good_until_the_new_one_is_shown(office: Office) -> None:
    """The answer with the new one may be lost on its way."""
    start(office)
    lost = offered(office, FIRST, "l" * 43)
    office.clock.pass_time(minutes=5)

    again = visit(office, FIRST, successor="m" * 43)

    assert again is not None
    assert again.offer not in {None, lost}


@pytest.mark.databases("sqlite", "postgresql")
def test_requests_side_by_side_are_all_served_while_the_secret_changes(office: Office) -> None:
    start(office)
    second = offered(office, FIRST)
    beside = visit(office, FIRST)
    shown = visit(office, second)
    on_the_way = visit(office, FIRST)

    assert beside is not None
    assert beside.offer is None, "one offer at a time"
    assert shown is not None
    assert on_the_way is not None
    office.clock.pass_time(minutes=1)
    assert visit(office, second) is not None


@pytest.mark.databases("sqlite", "postgresql")
def test_an_old_secret_that_is_shown_again_ends_the_session_for_everybody(office: Office) -> None:
    start(office)
    second = offered(office, FIRST)
    visit(office, second)
    office.clock.pass_time(seconds=ON_THE_WAY.total_seconds())
    size = office.size()

    assert visit(office, FIRST) is None
    assert visit(office, second) is None
    assert visit(office, FIRST) is None

    (event,) = office.events(since=size)
    assert (event["action"], event["outcome"]) == ("session.stolen", "denied")
    assert event["fact"]["principal"] == str(office.people["owner"].id)
    assert event["request"] == "r-1"
    assert FIRST not in str(event)
    assert "192.0.2.1" not in str(event)


def test_any_older_secret_betrays_the_copy(office: Office) -> None:
    start(office)
    second = offered(office, FIRST, "s" * 43)
    visit(office, second)
    third = offered(office, second, "t" * 43)
    visit(office, third)

    assert visit(office, FIRST) is None
    assert visit(office, third) is None


def test_a_thief_who_is_first_is_found_out_by_the_owner(office: Office) -> None:
    start(office)
    taken_over = offered(office, FIRST)
    visit(office, taken_over)
    office.clock.pass_time(minutes=1)

    assert visit(office, FIRST) is None
    assert visit(office, taken_over) is None


def test_who_was_robbed_is_told_once_when_they_sign_in_again(office: Office) -> None:
    start(office)
    visit(office, offered(office, FIRST))
    office.clock.pass_time(minutes=1)
    visit(office, FIRST)

    told = [start(office, letter * 43) for letter in "xy"]

    assert told == [True, False]
    assert [s.ending for s in listed(office)] == [None, None, Ending.STOLEN]
    office.clock.pass_time(days=31)
    assert listed(office) == ()


def test_a_made_up_secret_ends_nobodys_session(office: Office) -> None:
    start(office)
    size = office.size()

    for made_up in ("", "z" * 43, "a" * 21, "x" * 10_000):
        assert visit(office, made_up) is None

    assert visit(office, FIRST) is not None
    assert office.size() == size


def test_authenticating_again_changes_the_secret_at_once(office: Office) -> None:
    start(office)
    found = visit(office, FIRST)
    assert found is not None

    offer = sessions.renew_secret(office.database, found.session_id, FIRST, successor="n" * 43)

    assert offer is not None
    assert visit(office, offer) is not None
    office.clock.pass_time(minutes=1)
    assert visit(office, FIRST) is None


def test_two_proofs_at_once_whose_answers_overtake_each_other_end_no_session(
    office: Office,
) -> None:
    start(office)
    found = visit(office, FIRST)
    assert found is not None
    first = sessions.renew_secret(office.database, found.session_id, FIRST, successor="n" * 43)

    second = sessions.renew_secret(office.database, found.session_id, FIRST, successor="m" * 43)

    assert first is not None
    assert second is None
    assert visit(office, first) is not None
    later = sessions.renew_secret(office.database, found.session_id, first, successor="m" * 43)
    assert later is not None, "what was shown is on its way no more"


def test_a_session_that_is_over_gets_no_other_secret(office: Office) -> None:
    start(office)
    found = visit(office, FIRST)
    assert found is not None
    sessions.end_session(office.database, office.people["owner"], secret=FIRST)

    renewed = sessions.renew_secret(office.database, found.session_id, FIRST, successor="n" * 43)

    assert renewed is None


def test_an_installation_says_how_long_sessions_last(office: Office) -> None:
    start(office)
    short = SessionTerms(idle=timedelta(minutes=5), life=timedelta(hours=1))
    office.clock.pass_time(minutes=5)

    found = sessions.actor_of_session(office.database, FIRST, request_id=None, terms=short)

    assert found is None
    assert visit(office, FIRST) is not None


def test_people_see_where_they_are_signed_in(office: Office) -> None:
    start(office)
    start(office, ELSEWHERE, person="viewer")
    office.clock.pass_time(minutes=2)
    sessions.actor_of_session(
        office.database,
        FIRST,
        request_id=None,
        seen=Sighting(address="198.51.100.7", browser="Firefox on Linux"),
    )

    (mine,) = listed(office)

    assert (mine.address, mine.browser) == ("198.51.100.7", "Firefox on Linux")
    assert mine.ended_at is None
    office.clock.pass_time(minutes=30)
    assert listed(office) == (), "it has run out by itself"


def test_sessions_of_long_ago_are_forgotten_with_their_addresses(office: Office) -> None:
    start(office)
    start(office, "d" * 43, person="viewer")
    office.clock.pass_time(days=31)
    start(office, ELSEWHERE)

    with office.database.reading() as session:
        kept = [row.principal_id for row in session.query(WebSessionRow)]

    assert sorted(kept) == sorted(office.people[name].id for name in ("owner", "viewer"))


def test_only_secrets_hashes_are_kept(office: Office) -> None:
    start(office)
    second = offered(office, FIRST)

    with office.database.reading() as session:
        row = session.get_one(WebSessionRow, listed(office)[0].id)
        kept = {str(value) for value in vars(row).values()}

    assert not {FIRST, second} & kept


def test_one_session_of_ones_own_is_ended(office: Office) -> None:
    start(office)
    start(office, ELSEWHERE)
    first = visit(office, FIRST)
    assert first is not None
    size = office.size()

    own_sessions.end_own_session(office.database, office.people["owner"], first.session_id)

    assert visit(office, FIRST) is None
    assert visit(office, ELSEWHERE) is not None
    assert office.actions(since=size) == ["session.ended"]
    with pytest.raises(NotFound):
        own_sessions.end_own_session(office.database, office.people["owner"], first.session_id)


@pytest.mark.parametrize("whose", ["somebody else's", "nobody's"])
def test_a_session_of_others_is_nobodys_business(office: Office, whose: str) -> None:
    start(office)
    found = visit(office, FIRST)
    assert found is not None
    session_id = found.session_id if whose == "somebody else's" else new_id()

    with pytest.raises(NotFound, match="no open session"):
        own_sessions.end_own_session(office.database, office.people["viewer"], session_id)

    assert visit(office, FIRST) is not None


def test_all_other_sessions_of_ones_own_are_ended(office: Office) -> None:
    for secret in (FIRST, ELSEWHERE, "d" * 43):
        start(office, secret)
    start(office, "e" * 43, person="viewer")
    kept = visit(office, FIRST)
    assert kept is not None

    ended = own_sessions.end_own_sessions(
        office.database, office.people["owner"], keep=kept.session_id
    )

    assert ended.sessions == 2
    assert [visit(office, s * 43) is not None for s in "abde"] == [True, False, False, True]


def test_an_admin_ends_all_sessions_of_a_person(office: Office) -> None:
    start(office)
    size = office.size()

    ended = own_sessions.end_sessions(
        office.database, office.people["admin"], office.people["owner"].id
    )

    assert ended.sessions == 1
    assert visit(office, FIRST) is None
    (event,) = office.events(since=size)
    assert event["action"] == "sessions.ended"
    assert event["actor"]["id"] == str(office.people["admin"].id)


def test_an_admin_ends_sessions_of_people_only(office: Office) -> None:
    for principal_id in (office.people["consumer"].id, new_id()):
        with pytest.raises(NotFound):
            own_sessions.end_sessions(office.database, office.people["admin"], principal_id)


def test_nobody_else_ends_the_sessions_of_others(office: Office) -> None:
    start(office)
    size = office.size()

    with pytest.raises(NotAllowed):
        own_sessions.end_sessions(
            office.database, office.people["auditor"], office.people["owner"].id
        )

    assert visit(office, FIRST) is not None
    assert office.actions(since=size) == ["operation.refused"]


@pytest.mark.parametrize("narrowed", ["scopes", "within"])
def test_a_narrowed_token_does_not_touch_the_account_of_its_holder(
    office: Office, narrowed: str
) -> None:
    given = {"scopes": frozenset({Permission.PROJECT_READ}), "within": office.project_id}
    narrow = office.people["owner"].model_copy(update={narrowed: given[narrowed]})

    with pytest.raises(NotAllowed, match="with scopes"):
        own_sessions.end_own_sessions(office.database, narrow, keep=None)
    with pytest.raises(NotAllowed, match="with scopes"):
        own_sessions.end_own_session(office.database, narrow, uuid.UUID(int=1))
    with pytest.raises(NotAllowed, match="with scopes"):
        own_sessions.own_sessions(office.database, narrow, current=None)


def test_closing_an_account_ends_its_sessions(office: Office) -> None:
    start(office)

    identity.deactivate_principal(
        office.database, office.people["admin"], office.people["owner"].id
    )

    assert visit(office, FIRST) is None
    with office.database.reading() as session:
        (ending,) = session.query(WebSessionRow.ending).one()
    assert ending == Ending.DEACTIVATED

"""What counts once counts once however many ask at the same moment, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select

from accredit_governance.errors import Conflict
from accredit_governance.operations import provider_sign_ins as ways
from accredit_governance.operations.identity import system_actor
from accredit_governance.registry.database import Database
from accredit_governance.registry.provider_records import Vouched
from accredit_governance.registry.tables import ExternalIdentityRow, PrincipalRow
from tests.conftest import Clock

AT_ONCE = 6


def at_once(act: Callable[[int], object]) -> list[object]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, range(AT_ONCE)))


def begin(database: Database, state: str) -> None:
    ways.begin_request(database, state=state, browser="b", provider="one", back="/")


def test_an_answer_is_taken_once(database: Database) -> None:
    begin(database, "s")

    taken = at_once(lambda _: ways.take_request(database, state="s", browser="b", provider="one"))

    assert [found is None for found in taken].count(False) == 1


def test_a_request_is_open_for_ten_minutes_in_its_own_browser_and_to_its_own_provider(
    database: Database, clock: Clock
) -> None:
    for state in ("late", "browser", "provider"):
        begin(database, state)

    assert ways.take_request(database, state="browser", browser="c", provider="one") is None
    assert ways.take_request(database, state="browser", browser="b", provider="one") is None
    assert ways.take_request(database, state="provider", browser="b", provider="two") is None
    clock.pass_time(minutes=11)
    assert ways.take_request(database, state="late", browser="b", provider="one") is None


def test_a_proof_is_used_up_once(database: Database, clock: Clock) -> None:
    later = clock.now + timedelta(hours=1)

    used = at_once(lambda _: ways.use_proof(database, "logout", "t", expires_at=later))

    assert sorted(map(bool, used)) == [False] * (AT_ONCE - 1) + [True]
    assert ways.use_proof(database, "logout", "another", expires_at=later)


def test_two_first_sign_ins_at_once_make_one_account(database: Database) -> None:
    system = system_actor(database)
    vouched = Vouched(provider="one", issuer="https://id.test", subject="7", preferred_name="pia")

    def sign_in(_: int) -> object:
        try:
            return ways.sign_in_vouched(database, system, vouched)
        except Conflict as error:
            return error

    found = at_once(sign_in)

    people = {one for one in found if not isinstance(one, Conflict)}
    with database.reading() as session:
        accounts = session.execute(
            select(func.count()).where(PrincipalRow.kind == "user")
        ).scalar_one()
        identities = session.execute(select(func.count(ExternalIdentityRow.id))).scalar_one()
    assert (len(people), accounts, identities) == (1, 1, 1)

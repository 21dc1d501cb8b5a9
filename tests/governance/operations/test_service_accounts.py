"""Service accounts: a person answers for every program."""

import uuid
from datetime import timedelta

import pytest

from accredit_governance.access.permissions import Role
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.operations import api_tokens, identity, service_accounts
from accredit_governance.questions import tokens
from accredit_governance.questions.pages import Page
from accredit_governance.registry.token_records import ServiceAccountRecord
from tests.governance.office import Office, hire, new_token
from tests.governance.operations.test_api_tokens import refusal, shown

pytestmark = pytest.mark.databases("sqlite")


def open_account(office: Office, *, days: float | None = None) -> ServiceAccountRecord:
    return service_accounts.create_service_account(
        office.database,
        office.people["admin"],
        name="scoring",
        title="Scoring batch",
        owner_id=office.people["owner"].id,
        purpose="Scores the portfolio at night.",
        expires_at=None if days is None else office.clock.now + timedelta(days=days),
    )


def ownerless(office: Office) -> set[str]:
    admin = office.people["admin"]
    found = tokens.service_accounts(office.database, admin, Page(), ownerless=True).items
    owned = tokens.service_accounts(office.database, admin, Page(), ownerless=False).items
    assert all(account.ownerless for account in found)
    assert not any(account.ownerless for account in owned)
    return {account.name for account in found}


@pytest.mark.databases("sqlite", "postgresql")
def test_an_account_whose_owner_left_is_listed_until_somebody_else_answers(office: Office) -> None:
    admin, size = office.people["admin"], office.size()
    account = open_account(office)
    heir = hire(office.database, admin, "heir", [Role.VIEWER], project_id=None)
    before = ownerless(office)

    identity.deactivate_principal(office.database, admin, office.people["owner"].id)
    between = ownerless(office)
    given = service_accounts.give_service_account(
        office.database, admin, account.id, owner_id=heir.id
    )

    assert office.actions(since=size)[:2] == ["principal.created", "service_account.created"]
    assert before == {"consumer"}, "made as a mere principal, which names nobody"
    assert between == {"consumer", "scoring"}
    assert ownerless(office) == {"consumer"}
    assert (given.owner_id, given.ownerless, given.purpose) == (heir.id, False, account.purpose)
    service = service_accounts.give_service_account(
        office.database, admin, office.people["consumer"].id, owner_id=heir.id
    )
    assert tokens.service_account(office.database, admin, service.id) == service
    assert ownerless(office) == set()


def test_the_time_of_an_account_ends_and_is_renewed(office: Office) -> None:
    admin = office.people["admin"]
    account = open_account(office, days=1)
    token = api_tokens.issue_service_token(
        office.database, admin, account.id, name="x", secret=new_token(), days=30
    ).token
    actor = shown(office, token)
    office.clock.pass_time(days=1)

    assert refusal(office, token) == "account_expired"
    without_token = actor.model_copy(update={"token_id": None})
    for caller in (actor, without_token):
        with pytest.raises(Exception, match="the service account expired"):
            tokens.me(office.database, caller)
    service_accounts.renew_service_account(office.database, admin, account.id, expires_at=None)
    assert shown(office, token).id == account.id


def test_an_account_is_opened_whole_or_not_at_all(office: Office) -> None:
    admin, database = office.people["admin"], office.database
    account, before = open_account(office), office.contents()
    people = office.people

    with pytest.raises(Conflict, match="the name is taken"):
        open_account(office)
    with pytest.raises(NotAllowed):
        service_accounts.give_service_account(
            database, people["owner"], account.id, owner_id=people["owner"].id
        )
    for nobody in (uuid.UUID(int=7), people["consumer"].id):
        with pytest.raises(InvalidInput, match="a person who is active"):
            service_accounts.give_service_account(database, admin, account.id, owner_id=nobody)
    with pytest.raises(InvalidInput, match="lies behind"):
        service_accounts.renew_service_account(
            database, admin, account.id, expires_at=office.clock.now
        )
    with pytest.raises(InvalidInput, match="name the person"):
        service_accounts.renew_service_account(
            database, admin, people["consumer"].id, expires_at=None
        )
    with pytest.raises(NotFound):
        tokens.service_account(database, admin, people["owner"].id)

    assert office.contents() == before

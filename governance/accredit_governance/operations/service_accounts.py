"""Service accounts: programs that act here, and the people who answer for them."""

import uuid
from datetime import datetime

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.token_events import (
    ServiceAccountCreated,
    ServiceAccountGiven,
    ServiceAccountRenewed,
)
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import add_principal
from accredit_governance.registry.tables import PrincipalRow, ServiceAccountRow
from accredit_governance.registry.token_records import ServiceAccountRecord


@operation(Permission.IDENTITY_MANAGE, records=ServiceAccountCreated)
def create_service_account(
    tx: Transaction,
    *,
    name: str,
    title: str,
    owner_id: uuid.UUID,
    purpose: str,
    expires_at: datetime | None = None,
) -> ServiceAccountRecord:
    """Add the account of a program, without a password.

    Raises:
        Conflict: the name is taken.
        InvalidInput: the name is not usable, nobody active answers for it, or its time is over
            before it begins.
    """
    owner = _owner(tx, owner_id)
    _require_ahead(tx, expires_at)
    added = add_principal(tx, kind="service", name=name, title=title)
    principal = tx.session.get_one(PrincipalRow, added.id)
    account = tx.add(
        ServiceAccountRow(
            principal_id=principal.id, owner_id=owner.id, purpose=purpose, expires_at=expires_at
        )
    )
    fact = ServiceAccountCreated(owner=owner.id, expires_at=expires_at)
    tx.record(fact, resource=principal.id, project=None)
    return described(principal, account, owner)


@operation(Permission.IDENTITY_MANAGE, records=ServiceAccountGiven)
def give_service_account(
    tx: Transaction, account_id: uuid.UUID, *, owner_id: uuid.UUID
) -> ServiceAccountRecord:
    """Let another person answer for a program.

    Raises:
        NotFound: there is no such service account.
        InvalidInput: the person is none, or not active.
    """
    tx.visible_projects()
    principal, account = _account(tx, account_id)
    owner = _owner(tx, owner_id)
    before = None if account is None else account.owner_id
    if account is None:
        account = tx.add(
            ServiceAccountRow(principal_id=principal.id, owner_id=owner.id, purpose="")
        )
    account.owner_id = owner.id
    fact = ServiceAccountGiven(owner=owner.id, before=before)
    tx.record(fact, resource=principal.id, project=None)
    return described(principal, account, owner)


@operation(Permission.IDENTITY_MANAGE, records=ServiceAccountRenewed)
def renew_service_account(
    tx: Transaction, account_id: uuid.UUID, *, expires_at: datetime | None
) -> ServiceAccountRecord:
    """Set another end for a program; None: it has none.

    Raises:
        NotFound: there is no such service account.
        InvalidInput: the time lies behind, or nobody was ever named who answers for the account.
    """
    tx.visible_projects()
    principal, account = _account(tx, account_id)
    _require_ahead(tx, expires_at)
    if account is None:
        raise InvalidInput("name the person who answers for this account first")
    before, account.expires_at = account.expires_at, expires_at
    fact = ServiceAccountRenewed(expires_at=expires_at, before=before)
    tx.record(fact, resource=principal.id, project=None)
    return described(principal, account, tx.session.get_one(PrincipalRow, account.owner_id))


def described(
    principal: PrincipalRow, account: ServiceAccountRow | None, owner: PrincipalRow | None
) -> ServiceAccountRecord:
    """What is told of a service account."""
    return ServiceAccountRecord.of(
        principal,
        owner_id=None if account is None else account.owner_id,
        ownerless=owner is None or not owner.active,
        purpose="" if account is None else account.purpose,
        expires_at=None if account is None else account.expires_at,
    )


def _account(
    tx: Transaction, account_id: uuid.UUID
) -> tuple[PrincipalRow, ServiceAccountRow | None]:
    principal = tx.session.get(PrincipalRow, account_id, with_for_update=True)
    if principal is None or principal.kind != "service":
        raise NotFound(f"there is no service account {account_id}")
    return principal, tx.session.get(ServiceAccountRow, account_id)


def _owner(tx: Transaction, owner_id: uuid.UUID) -> PrincipalRow:
    person = tx.session.get(PrincipalRow, owner_id)
    if person is None or person.kind != "user" or not person.active:
        message = "the owner of a service account is a person who is active"
        raise InvalidInput(message, [{"pointer": "/owner_id", "detail": message}])
    return person


def _require_ahead(tx: Transaction, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= tx.now:
        message = f"expires_at is {expires_at.isoformat()}, which lies behind"
        raise InvalidInput(message, [{"pointer": "/expires_at", "detail": message}])

"""What closing an account ends, and what opening it again does not bring back."""

import uuid

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import PrincipalDeactivated
from accredit_governance.audit.group_events import PrincipalReactivated
from accredit_governance.errors import Conflict, NotAllowed, NotFound
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.session_ends import (
    PASSWORD,
    end_open_sessions,
    withdraw_links,
)
from accredit_governance.registry.held_roles import held_roles
from accredit_governance.registry.records import PrincipalRecord
from accredit_governance.registry.session_records import Ending
from accredit_governance.registry.tables import (
    ApiTokenRow,
    DirectoryUserRow,
    PrincipalRow,
    RoleBindingRow,
)


@operation(Permission.IDENTITY_MANAGE, records=PrincipalReactivated)
def reactivate_principal(tx: Transaction, principal_id: uuid.UUID) -> PrincipalRecord:
    """Open an account again, with the roles it has; tokens and sessions stay dead.

    Raises:
        NotFound: there is no such principal.
        Conflict: it is open, or the directory closed it.
    """
    row = tx.session.get(PrincipalRow, principal_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no principal {principal_id}")
    if row.active:
        raise Conflict("the account is open")
    said = tx.session.get(DirectoryUserRow, principal_id)
    if said is not None and (said.removed_at is not None or not said.active):
        raise Conflict("the directory closed this account; it opens it again")
    reopen(tx, row)
    return PrincipalRecord.of(row)


def close(tx: Transaction, principal: PrincipalRow) -> None:
    """Close an account, recorded: tokens, sessions, links are worth nothing, now and later."""
    principal.active = False
    tx.session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.principal_id == principal.id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    end_open_sessions(tx.session, principal.id, Ending.DEACTIVATED, now=tx.now)
    withdraw_links(tx.session, tx.now, kind=PASSWORD, principal_id=principal.id)
    tx.record(PrincipalDeactivated(), resource=principal.id, project=None)


def reopen(tx: Transaction, principal: PrincipalRow) -> None:
    """Open an account again, recorded."""
    principal.active = True
    tx.record(PrincipalReactivated(), resource=principal.id, project=None)


def require_an_admin(tx: Transaction) -> None:
    """Undo what a directory or a provider says if nobody would be left to administer this.

    Raises:
        NotAllowed: no active person would hold the role admin.
    """
    tx.session.flush()
    # Two such changes at once wait for each other here, so the second one sees the first.
    tx.session.execute(
        select(RoleBindingRow.id).where(RoleBindingRow.role == Role.ADMIN).with_for_update()
    )
    held = held_roles()
    left = tx.session.execute(
        select(PrincipalRow.id)
        .join(held, held.c.principal_id == PrincipalRow.id)
        .where(
            PrincipalRow.active,
            PrincipalRow.kind == "user",
            held.c.role == Role.ADMIN,
            held.c.project_id.is_(None),
        )
        .limit(1)
    )
    if left.first() is None:
        raise NotAllowed("nobody would be left to administer this installation")

"""What closing an account ends, and what opening it again does not bring back."""

import uuid

from sqlalchemy import func, or_, select, update

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.approval_events import DelegationRevoked
from accredit_governance.audit.events import PrincipalDeactivated
from accredit_governance.audit.group_events import PrincipalReactivated
from accredit_governance.audit.permission_events import BreakGlassEnded
from accredit_governance.errors import Conflict, NotAllowed, NotFound
from accredit_governance.operations.door import Transaction, current, operation
from accredit_governance.operations.session_ends import (
    PASSWORD,
    end_open_sessions,
    withdraw_links,
)
from accredit_governance.registry.held_roles import people_with
from accredit_governance.registry.records import PrincipalRecord
from accredit_governance.registry.session_records import Ending
from accredit_governance.registry.tables import (
    ApiTokenRow,
    BreakGlassRow,
    DelegationRow,
    DirectoryUserRow,
    PrincipalRow,
    RoleBindingRow,
)


@operation(Permission.IDENTITY_MANAGE, records=PrincipalReactivated)
def reactivate_principal(tx: Transaction, principal_id: uuid.UUID) -> PrincipalRecord:
    """Open an account again, with the roles it has; tokens, sessions and loans stay dead.

    Raises:
        NotFound: there is no such principal.
        Conflict: it is open, or the directory closed it.
    """
    said = tx.session.get(DirectoryUserRow, principal_id, with_for_update=True)
    row = tx.session.get(PrincipalRow, principal_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no principal {principal_id}")
    if row.active:
        raise Conflict("the account is open")
    if said is not None:
        if said.removed_at is not None or not said.active:
            raise Conflict("the directory closed this account; it opens it again")
        said.closed_here = False
    reopen(tx, row)
    return PrincipalRecord.of(row)


def close(tx: Transaction, principal: PrincipalRow) -> None:
    """Close an account, recorded; its tokens, sessions, links and what is lent end for good."""
    principal.active = False
    tx.session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.principal_id == principal.id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    end_open_sessions(tx.session, principal.id, Ending.DEACTIVATED, now=tx.now)
    _end_what_is_lent(tx, principal.id)
    withdraw_links(tx.session, tx.now, kind=PASSWORD, principal_id=principal.id)
    tx.record(PrincipalDeactivated(), resource=principal.id, project=None)


def _end_what_is_lent(tx: Transaction, principal_id: uuid.UUID) -> None:
    """End the broken glass of somebody, and the signatures that they lend or were lent."""
    glasses = tx.session.execute(
        select(BreakGlassRow)
        .where(
            BreakGlassRow.asked_by == principal_id,
            BreakGlassRow.ended_at.is_(None),
            func.coalesce(BreakGlassRow.ends_at, BreakGlassRow.lapses_at) > tx.now,
        )
        .order_by(BreakGlassRow.id)
        .with_for_update()
    ).scalars()
    for glass in glasses:
        glass.ended_at, glass.ended_by, glass.cause = tx.now, tx.actor.id, "closed"
        ended = BreakGlassEnded(principal=principal_id, role=glass.role, cause=glass.cause)
        tx.record(ended, resource=glass.id, project=glass.project_id)
    delegations = tx.session.execute(
        select(DelegationRow)
        .where(
            or_(
                DelegationRow.delegator_id == principal_id,
                DelegationRow.delegate_id == principal_id,
            ),
            DelegationRow.revoked_at.is_(None),
            DelegationRow.ends_at > tx.now,
        )
        .order_by(DelegationRow.id)
        .with_for_update()
    ).scalars()
    for lent in delegations:
        lent.revoked_at, lent.revoked_by = tx.now, tx.actor.id
        revoked = DelegationRevoked(
            delegator=lent.delegator_id, delegate=lent.delegate_id, role=lent.role
        )
        tx.record(revoked, resource=lent.id, project=lent.project_id)


def reopen(tx: Transaction, principal: PrincipalRow) -> None:
    """Open an account again, recorded."""
    principal.active = True
    tx.record(PrincipalReactivated(), resource=principal.id, project=None)


def require_an_admin(tx: Transaction) -> None:
    """Undo what a directory or a provider says if nobody would be left to administer this.

    Raises:
        NotAllowed: no active person would administer: by the role admin, without a denial.
    """
    tx.session.flush()
    _wait_for_admins(tx)
    left = people_with(Permission.IDENTITY_MANAGE, tx.now, projects=())
    if tx.session.execute(left.limit(1)).first() is None:
        raise NotAllowed("nobody would be left to administer this installation")


def take_turns(tx: Transaction) -> None:
    """Let admins who take the office from each other at the same moment do so one by one.

    Raises:
        NotAllowed, NotAuthenticated: somebody has just taken it from the actor.
    """
    _wait_for_admins(tx)
    tx.session.get(PrincipalRow, tx.actor.id, populate_existing=True)
    tx.actor = current(tx.session, tx.actor, tx.now)
    if not tx.actor.may(tx.permission, None):
        raise NotAllowed("you may not do this any more: somebody changed your roles just now")


def _wait_for_admins(tx: Transaction) -> None:
    """Wait for other changes of who administers, and see what came of them."""
    tx.session.execute(
        select(RoleBindingRow.id)
        .where(RoleBindingRow.role == Role.ADMIN)
        .order_by(RoleBindingRow.id)
        .with_for_update()
    ).all()

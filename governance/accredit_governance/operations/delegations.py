"""Delegations: a reviewer lends their signature for a role to another person, for a time.

What is lent is the signature alone, and the separation of duties is kept: whoever signs for
somebody else is looked at together with that person. Nobody hands on what was lent to them, so
that behind each signature stand two people at most, and both are known.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update

from accredit_governance.access.permissions import (
    DELEGABLE,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.audit.approval_events import DelegationGiven, DelegationRevoked
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.standing import standing_of
from accredit_governance.operations.tokens import require_whole
from accredit_governance.operations.words import require_short
from accredit_governance.registry.approval_records import DelegationRecord
from accredit_governance.registry.tables import DelegationRow, PrincipalRow, ProjectRow

MAX_LENGTH: Final = timedelta(days=90)
MIN_REASON: Final = 10


@operation(Permission.APPROVAL_SIGN, records=DelegationGiven)
def give_delegation(
    tx: Transaction,
    delegate_id: uuid.UUID,
    *,
    role: Role,
    project_id: uuid.UUID | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
) -> DelegationRecord:
    """Lend one's signature for a role.

    Args:
        tx: the change.
        delegate_id: who will sign.
        role: that the actor holds and whose stages are signed.
        project_id: where; None: wherever the actor holds the role.
        starts_at: from when; a time that has passed counts as now.
        ends_at: until when, at most 90 days later.
        reason: why.

    Raises:
        NotAllowed: the actor does not hold the role there in their own right, or shows a token
            that is narrowed; or the delegate is the actor, no active person, or may not read what
            is to be signed.
        Conflict: the delegate lends the role, or the actor was lent it, in the same time; or the
            two would sign for each other.
        InvalidInput: the role signs nothing; the window is empty, over or too long; no reason.
    """
    tx.visible_projects()
    require_whole(tx.actor)
    start = max(starts_at, tx.now)
    _check_words(role, start, ends_at, reason, tx.now)
    _check_delegator(tx, role, project_id)
    _lock(tx, delegate_id)
    _check_delegate(tx, delegate_id, project_id)
    _check_chain(tx, delegate_id, role, project_id, start, ends_at)
    row = tx.add(
        DelegationRow(
            delegator_id=tx.actor.id,
            delegate_id=delegate_id,
            role=role,
            project_id=project_id,
            starts_at=start,
            ends_at=ends_at,
            reason=reason.strip(),
            created_at=tx.now,
        )
    )
    tx.record(
        DelegationGiven(delegate=delegate_id, role=role, starts_at=start, ends_at=ends_at),
        resource=row.id,
        project=project_id,
    )
    return delegation_record(row, tx.now)


@operation(Permission.PROJECT_READ, records=DelegationRevoked)
def revoke_delegation(tx: Transaction, delegation_id: uuid.UUID) -> DelegationRecord:
    """End a delegation at once, as either of the two people; what was signed stays signed.

    Raises:
        NotFound: there is none that the actor gave or holds.
        Conflict: it has ended already.
    """
    tx.visible_projects()
    row = tx.session.get(DelegationRow, delegation_id)
    if row is None or tx.actor.id not in {row.delegator_id, row.delegate_id}:
        raise NotFound(f"there is no delegation {delegation_id}")
    revoked = tx.session.execute(
        update(DelegationRow)
        .where(
            DelegationRow.id == row.id,
            DelegationRow.revoked_at.is_(None),
            DelegationRow.ends_at > tx.now,
        )
        .values(revoked_at=tx.now, revoked_by=tx.actor.id)
        .execution_options(synchronize_session=False)
        .returning(DelegationRow.id)
    )
    if revoked.first() is None:
        raise Conflict("the delegation has ended already")
    tx.session.refresh(row)
    tx.record(
        DelegationRevoked(delegator=row.delegator_id, delegate=row.delegate_id, role=row.role),
        resource=row.id,
        project=row.project_id,
    )
    return delegation_record(row, tx.now)


def _check_words(
    role: Role, starts_at: datetime, ends_at: datetime, reason: str, now: datetime
) -> None:
    require_short("/reason", reason)
    problems = []
    if not ROLE_PERMISSIONS[role] >= DELEGABLE:
        detail = f"the role {role} signs nothing, so there is nothing to delegate"
        problems.append({"pointer": "/role", "detail": detail})
    if ends_at <= now or ends_at <= starts_at:
        detail = "a delegation ends in the future, and after it has begun"
        problems.append({"pointer": "/until", "detail": detail})
    elif ends_at - starts_at > MAX_LENGTH:
        detail = f"a delegation lasts {MAX_LENGTH.days} days at most"
        problems.append({"pointer": "/until", "detail": detail})
    if len(reason.strip()) < MIN_REASON:
        detail = f"a reason needs at least {MIN_REASON} characters"
        problems.append({"pointer": "/reason", "detail": detail})
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


def _check_delegator(tx: Transaction, role: Role, project_id: uuid.UUID | None) -> None:
    if project_id is None:
        own = [b for b in tx.actor.bindings if b.break_glass_id is None]
        held = any(role in tx.actor.roles(b.project_id, b.model_id) for b in own)
    else:
        held = role in tx.actor.roles(project_id)
    if not held:
        raise NotAllowed(
            f"you are no {role} there in your own right, and nobody hands on what was lent to them",
            role=role.value,
        )


def _check_delegate(tx: Transaction, delegate_id: uuid.UUID, project_id: uuid.UUID | None) -> None:
    if delegate_id == tx.actor.id:
        raise NotAllowed("a delegation is for another person, not for yourself")
    person = tx.session.get(PrincipalRow, delegate_id)
    if project_id is not None and tx.session.get(ProjectRow, project_id) is None:
        raise NotFound(f"there is no project {project_id}")
    if person is None or not person.active or person.kind != "user":
        raise NotAllowed("a delegation is for an active person, not for a service account")
    there = standing_of(tx.session, person, tx.now)
    if project_id is None:
        reads = there.may_anywhere(Permission.PROJECT_READ)
    else:
        reads = there.may_itself(Permission.PROJECT_READ, project_id)
    if not reads:
        raise NotAllowed("this person may not read what they would sign there")


def _lock(tx: Transaction, delegate_id: uuid.UUID) -> None:
    """Make others who lend to or by the two people wait, always in the same order.

    Without it two of them could lend to each other at the same moment.
    """
    tx.session.execute(
        select(PrincipalRow.id)
        .where(PrincipalRow.id.in_((tx.actor.id, delegate_id)))
        .order_by(PrincipalRow.id)
        .with_for_update(key_share=True)
    ).all()


def _check_chain(
    tx: Transaction,
    delegate_id: uuid.UUID,
    role: Role,
    project_id: uuid.UUID | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    together = (
        DelegationRow.revoked_at.is_(None),
        DelegationRow.starts_at < ends_at,
        DelegationRow.ends_at > starts_at,
        _meets(project_id),
    )

    def stands(*where: ColumnElement[bool]) -> bool:
        found = tx.session.execute(select(DelegationRow.id).where(*together, *where).limit(1))
        return found.first() is not None

    if stands(DelegationRow.delegator_id == delegate_id, DelegationRow.delegate_id == tx.actor.id):
        raise Conflict("this person has lent a signature to you; two do not sign for each other")
    if stands(DelegationRow.delegator_id == delegate_id, DelegationRow.role == role):
        raise Conflict(f"this person lends their own signature as {role} in that time")
    if stands(DelegationRow.delegate_id == tx.actor.id, DelegationRow.role == role):
        raise Conflict(
            f"a signature as {role} was lent to you in that time; whoever stands in for somebody "
            "does not lend the same role"
        )
    if stands(
        DelegationRow.delegator_id == tx.actor.id,
        DelegationRow.delegate_id == delegate_id,
        DelegationRow.role == role,
    ):
        raise Conflict(f"you have lent this person your signature as {role} in that time already")


def _meets(project_id: uuid.UUID | None) -> ColumnElement[bool]:
    """Delegations that hold in some of the same projects."""
    if project_id is None:
        return DelegationRow.id.is_not(None)
    return or_(DelegationRow.project_id.is_(None), DelegationRow.project_id == project_id)


def is_in_force(view: View, delegation_id: uuid.UUID) -> bool:
    """Whether a delegation was not revoked; its revocation waits for the end of the transaction."""
    row = view.session.get_one(DelegationRow, delegation_id)
    view.session.refresh(row, with_for_update={"read": True})
    return row.revoked_at is None and row.starts_at <= view.now < row.ends_at


def delegation_record(row: DelegationRow, now: datetime) -> DelegationRecord:
    """Document of a delegation row."""
    standing = row.revoked_at is None and row.starts_at <= now < row.ends_at
    return DelegationRecord.of(row, is_standing=standing)

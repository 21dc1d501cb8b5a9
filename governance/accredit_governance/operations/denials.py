"""Denials: what somebody may not do, whatever roles they have or are lent.

Nobody denies anything to themselves, nor lifts what is denied to them or to a group of theirs:
of two admins who deny each other everything one is left.
"""

import uuid
from datetime import datetime

from sqlalchemy import or_, update

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.permission_events import PermissionDenialLifted, PermissionDenied
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.operations.accounts import take_turns
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import hands_behind, is_member
from accredit_governance.operations.places import place_named
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.permission_records import PermissionDenialRecord
from accredit_governance.registry.tables import (
    PermissionDenialRow,
    PrincipalGroupRow,
    PrincipalRow,
)


class Denied(Document):
    """What is denied to whom, and where.

    Attributes:
        principal_id: whom it is about; or `group_id`, one of the two.
        permission: what is denied; or `role`, for all that a role holds and the role itself.
        project_id: where; None: everywhere, or in the project of the model.
        until: when it ends by itself; None: never.
    """

    principal_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    permission: Permission | None = None
    role: Role | None = None
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    until: datetime | None = None


@operation(Permission.IDENTITY_MANAGE, records=PermissionDenied)
def deny(tx: Transaction, wish: Denied, *, reason: str) -> PermissionDenialRecord:
    """Deny a permission, or all of a role; it counts from the next request on.

    Raises:
        NotFound: there is no such principal, group, project or model.
        NotAllowed: it is about oneself, a group of one's own, or the service itself.
        InvalidInput: not one holder or not one thing, no reason, or an end that has passed.
    """
    _check(wish, tx.now)
    require_prose("reason", reason)
    take_turns(tx)
    _check_holder(tx, wish)
    project_id, model_id = place_named(tx.session, wish.project_id, wish.model_id)
    row = tx.add(
        PermissionDenialRow(
            principal_id=wish.principal_id,
            group_id=wish.group_id,
            permission=wish.permission,
            role=wish.role,
            project_id=project_id,
            model_id=model_id,
            reason=reason.strip(),
            created_by=tx.actor.id,
            created_at=tx.now,
            until=wish.until,
        )
    )
    tx.record(
        PermissionDenied(
            principal=row.principal_id,
            group=row.group_id,
            permission=row.permission,
            role=row.role,
            model=row.model_id,
            until=row.until,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return denial_record(row, tx.now)


@operation(Permission.IDENTITY_MANAGE, records=PermissionDenialLifted)
def lift_denial(tx: Transaction, denial_id: uuid.UUID) -> PermissionDenialRecord:
    """End a denial at once.

    Raises:
        NotFound: there is none.
        NotAllowed: it is about oneself, or a group of one's own.
        Conflict: it has ended already.
    """
    row = tx.session.get(PermissionDenialRow, denial_id)
    if row is None:
        raise NotFound(f"there is no permission denial {denial_id}")
    hands = hands_behind(tx)
    if row.principal_id in hands or any(is_member(tx.session, row.group_id, h) for h in hands):
        raise NotAllowed("nobody lifts what is denied to themselves; another admin has to")
    lifted = tx.session.execute(
        update(PermissionDenialRow)
        .where(
            PermissionDenialRow.id == row.id,
            PermissionDenialRow.ended_at.is_(None),
            or_(PermissionDenialRow.until.is_(None), PermissionDenialRow.until > tx.now),
        )
        .values(ended_at=tx.now, ended_by=tx.actor.id)
        .execution_options(synchronize_session=False)
        .returning(PermissionDenialRow.id)
    )
    if lifted.first() is None:
        raise Conflict("the denial has ended already")
    tx.session.refresh(row)
    tx.record(
        PermissionDenialLifted(
            principal=row.principal_id,
            group=row.group_id,
            permission=row.permission,
            role=row.role,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return denial_record(row, tx.now)


def _check(wish: Denied, now: datetime) -> None:
    problems = []
    if (wish.principal_id is None) == (wish.group_id is None):
        detail = "say principal_id or group_id, one of the two"
        problems.append({"pointer": "/principal_id", "detail": detail})
    if (wish.permission is None) == (wish.role is None):
        detail = "say permission or role, one of the two"
        problems.append({"pointer": "/permission", "detail": detail})
    if wish.until is not None and wish.until <= now:
        detail = "until must lie ahead"
        problems.append({"pointer": "/until", "detail": detail})
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


def _check_holder(tx: Transaction, wish: Denied) -> None:
    if wish.group_id is not None:
        group = tx.session.get(PrincipalGroupRow, wish.group_id)
        if group is None or group.dissolved_at is not None:
            raise NotFound(f"there is no group {wish.group_id}")
        is_own = is_member(tx.session, wish.group_id, tx.actor.id)
    else:
        principal = tx.session.get(PrincipalRow, wish.principal_id)
        if principal is None:
            raise NotFound(f"there is no principal {wish.principal_id}")
        if principal.kind == "system":
            raise NotAllowed("the service itself carries out what people decided")
        is_own = principal.id == tx.actor.id
    if is_own:
        raise NotAllowed("nobody denies anything to themselves; another admin has to")


def denial_record(row: PermissionDenialRow, now: datetime) -> PermissionDenialRecord:
    """Document of a denial row."""
    standing = row.ended_at is None and (row.until is None or row.until > now)
    return PermissionDenialRecord.of(row, standing=standing)

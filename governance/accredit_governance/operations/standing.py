"""Who somebody is at this moment: roles, what was lent to them, what is denied to them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, Uuid, bindparam, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.rights import Binding, Denial, Mandate
from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.held_roles import held_roles
from accredit_governance.registry.tables import (
    BreakGlassRow,
    DelegationRow,
    GroupMemberRow,
    PermissionDenialRow,
    PrincipalRow,
)

_ROLE, _DENIAL, _GLASS = "role", "denial", "glass"


def _statement() -> Any:  # a union has no element type
    who, now = bindparam("who", type_=Uuid(as_uuid=True)), bindparam("now", type_=UtcTime())
    held, denied, lent = held_roles(), PermissionDenialRow, BreakGlassRow
    nothing, nobody = null().cast(String), null().cast(Uuid(as_uuid=True))
    groups = select(GroupMemberRow.group_id).where(GroupMemberRow.principal_id == who)
    roles = select(
        literal(_ROLE).label("what"),
        held.c.binding_id.label("id"),
        held.c.role,
        nothing.label("permission"),
        held.c.project_id,
        held.c.model_id,
        held.c.condition,
        held.c.group_id,
    ).where(held.c.principal_id == who)
    denials = select(
        literal(_DENIAL),
        denied.id,
        denied.role,
        denied.permission,
        denied.project_id,
        denied.model_id,
        nothing,
        denied.group_id,
    ).where(
        or_(denied.principal_id == who, denied.group_id.in_(groups)),
        denied.ended_at.is_(None),
        or_(denied.until.is_(None), denied.until > now),
    )
    glass = select(
        literal(_GLASS),
        lent.id,
        lent.role,
        nothing,
        lent.project_id,
        lent.model_id,
        nothing,
        nobody,
    ).where(lent.asked_by == who, lent.ended_at.is_(None), lent.ends_at > now)
    return union_all(roles, denials, glass).order_by("what", "id")


_STANDING: Final = _statement()


def standing_of(session: Session, principal: PrincipalRow, now: datetime) -> Actor:
    """A principal with the roles and denials that hold now, without what others have lent."""
    bindings: list[Binding] = []
    denials: list[Denial] = []
    for row in session.execute(_STANDING, {"who": principal.id, "now": now}):
        place = {"project_id": row.project_id, "model_id": row.model_id, "group_id": row.group_id}
        role = None if row.role is None else Role(row.role)
        if row.what == _DENIAL:
            permission = None if row.permission is None else Permission(row.permission)
            denials.append(Denial(denial_id=row.id, permission=permission, role=role, **place))
            continue
        bindings.append(
            Binding.model_validate(
                {
                    "role": role,
                    **place,
                    "condition": None if row.condition is None else Condition(row.condition),
                    "break_glass_id": row.id if row.what == _GLASS else None,
                }
            )
        )
    return Actor(
        id=principal.id,
        kind=principal.kind,
        name=principal.name,
        active=principal.active,
        bindings=tuple(bindings),
        denials=tuple(denials),
    )


def complete(session: Session, principal: PrincipalRow, now: datetime) -> Actor:
    """A principal with all that holds now."""
    alone = standing_of(session, principal, now)
    return alone.model_copy(update={"mandates": _mandates_of(session, alone, now)})


def _mandates_of(session: Session, alone: Actor, now: datetime) -> tuple[Mandate, ...]:
    """What others have lent a person, as far as they still hold it themselves.

    Only their own roles count, and their own denials: what was lent to them is not theirs to lend.
    It holds where the person may read in their own right, which what was lent does not give.
    """
    if alone.kind != "user":
        return ()
    lent = session.execute(
        select(DelegationRow, PrincipalRow)
        .join(PrincipalRow, PrincipalRow.id == DelegationRow.delegator_id)
        .where(
            DelegationRow.delegate_id == alone.id,
            DelegationRow.starts_at <= now,
            DelegationRow.ends_at > now,
            DelegationRow.revoked_at.is_(None),
            PrincipalRow.active,
        )
        .order_by(DelegationRow.id)
    ).all()
    if not lent:
        return ()
    readable = alone.reach(Permission.PROJECT_READ)
    mandates = [
        within
        for row, delegator in lent
        for mandate in _lent_by(standing_of(session, delegator, now), row)
        for within in mandate.within(readable)
    ]
    return tuple(dict.fromkeys(mandates))


def _lent_by(delegator: Actor, row: DelegationRow) -> list[Mandate]:
    signs = delegator.reach(Permission.APPROVAL_SIGN)
    excepted = signs.not_projects | signs.not_models
    role, found = Role(row.role), []
    for held in delegator.bindings:
        project_id = row.project_id or held.project_id
        if (
            not signs
            or held.role is not role
            or held.break_glass_id is not None
            or held.project_id not in {None, project_id}
            or excepted & {project_id, held.model_id}
        ):
            continue
        found.append(
            Mandate(
                delegation_id=row.id,
                delegator_id=row.delegator_id,
                role=role,
                project_id=project_id,
                model_id=held.model_id,
                excepted=excepted,
            )
        )
    return found

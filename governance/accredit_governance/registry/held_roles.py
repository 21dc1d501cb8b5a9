"""Who holds which role where, directly or through a group."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, and_, or_, select, true, union_all

from accredit_governance.access.permissions import ROLE_PERMISSIONS, Permission
from accredit_governance.registry.tables import (
    GroupMemberRow,
    PermissionDenialRow,
    PrincipalRow,
    RoleBindingRow,
)


def held_roles() -> Subquery:
    """One row per principal and binding, with the columns of the binding that say what it gives.

    Somebody may hold the same role several times: by themselves and through groups.
    """
    what = (
        RoleBindingRow.role,
        RoleBindingRow.project_id,
        RoleBindingRow.model_id,
        RoleBindingRow.condition,
        RoleBindingRow.group_id,
        RoleBindingRow.id.label("binding_id"),
    )
    direct = select(RoleBindingRow.principal_id, *what).where(
        RoleBindingRow.principal_id.is_not(None)
    )
    through = select(GroupMemberRow.principal_id, *what).join(
        RoleBindingRow, RoleBindingRow.group_id == GroupMemberRow.group_id
    )
    return union_all(direct, through).subquery("held_role")


def people_with(
    permission: Permission, now: datetime, *, projects: Collection[uuid.UUID] | None
) -> Select[uuid.UUID, str]:
    """Active people, by display name, who hold a permission in one of these projects by a role.

    What is denied to somebody in all of these places leaves them out. It is for choosing from:
    what the person then does is decided by itself.

    Args:
        permission: that is held.
        now: when.
        projects: where; None: anywhere, if only on a model.
    """
    roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
    held, denied = held_roles(), PermissionDenialRow
    place: ColumnElement[bool] = true()
    covers: ColumnElement[bool] = denied.project_id.is_(None)
    if projects is not None:
        place = and_(
            held.c.model_id.is_(None),
            or_(held.c.project_id.is_(None), held.c.project_id.in_(projects)),
        )
    if projects is not None and len(projects) == 1:
        covers = or_(covers, and_(denied.project_id.in_(projects), denied.model_id.is_(None)))
    in_group = select(GroupMemberRow.group_id).where(GroupMemberRow.principal_id == PrincipalRow.id)
    barred = (
        select(denied.id)
        .where(
            or_(denied.principal_id == PrincipalRow.id, denied.group_id.in_(in_group)),
            or_(denied.permission == permission, denied.role.in_(roles)),
            denied.ended_at.is_(None),
            or_(denied.until.is_(None), denied.until > now),
            covers,
        )
        .exists()
    )
    return (
        select(PrincipalRow.id, PrincipalRow.title)
        .join(held, held.c.principal_id == PrincipalRow.id)
        .where(PrincipalRow.kind == "user", PrincipalRow.active, held.c.role.in_(roles), place)
        .where(~barred)
        .distinct()
        .order_by(PrincipalRow.title, PrincipalRow.id)
    )

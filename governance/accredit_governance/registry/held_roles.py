"""Who holds which role where, directly or through a group."""

from sqlalchemy import Subquery, select, union_all

from accredit_governance.registry.tables import GroupMemberRow, RoleBindingRow


def held_roles() -> Subquery:
    """One row per principal and binding: `principal_id`, `role`, `project_id`, `binding_id`.

    Somebody may hold the same role several times: by themselves and through groups.
    """
    what = (RoleBindingRow.role, RoleBindingRow.project_id, RoleBindingRow.id.label("binding_id"))
    direct = select(RoleBindingRow.principal_id, *what).where(
        RoleBindingRow.principal_id.is_not(None)
    )
    through = select(GroupMemberRow.principal_id, *what).join(
        RoleBindingRow, RoleBindingRow.group_id == GroupMemberRow.group_id
    )
    return union_all(direct, through).subquery("held_role")

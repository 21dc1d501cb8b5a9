"""People and service accounts, for those who administer them: who is active, what each holds."""

import uuid

from sqlalchemy import or_, select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, question
from accredit_governance.questions.pages import MAX_PAGE, Listing, Page, visible_rows
from accredit_governance.registry.group_records import (
    GroupRecord,
    PersonDetails,
    PersonSummary,
)
from accredit_governance.registry.held_roles import held_roles
from accredit_governance.registry.records import PrincipalRecord, RoleBindingRecord
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalGroupRow,
    PrincipalRow,
    RoleBindingRow,
)


@question(Permission.IDENTITY_MANAGE)
def people(view: View, page: Page, *, find: str = "") -> Listing[PersonSummary]:
    """Principals, newest first, whose name, display name or address holds a text."""
    text = [
        column.icontains(find, autoescape=True)
        for column in (PrincipalRow.name, PrincipalRow.title, PrincipalRow.email)
    ]
    rows, token = visible_rows(view, PrincipalRow, page, *([or_(*text)] if find else []))
    shown = [row.id for row in rows]
    held = held_roles()
    roles: dict[uuid.UUID, set[str]] = {}
    for person, role in view.session.execute(
        select(held.c.principal_id, held.c.role).where(held.c.principal_id.in_(shown))
    ):
        roles.setdefault(person, set()).add(role)
    managed = set(
        view.session.execute(
            select(DirectoryUserRow.principal_id).where(DirectoryUserRow.principal_id.in_(shown))
        ).scalars()
    )
    return Listing(
        items=tuple(
            PersonSummary(
                principal=PrincipalRecord.of(row),
                roles=tuple(sorted(roles.get(row.id, ()))),
                by_directory=row.id in managed,
            )
            for row in rows
        ),
        next_page_token=token,
    )


@question(Permission.IDENTITY_MANAGE)
def person(view: View, principal_id: uuid.UUID) -> PersonDetails:
    """One principal with its own roles and the groups it is in."""
    row = view.session.get(PrincipalRow, principal_id)
    if row is None:
        raise NotFound(f"there is no principal {principal_id}")
    own = select(RoleBindingRow).where(RoleBindingRow.principal_id == principal_id)
    groups = (
        select(PrincipalGroupRow)
        .join(GroupMemberRow, GroupMemberRow.group_id == PrincipalGroupRow.id)
        .where(GroupMemberRow.principal_id == principal_id)
    )
    said = view.session.get(DirectoryUserRow, principal_id)
    return PersonDetails(
        principal=PrincipalRecord.of(row),
        role_bindings=tuple(
            RoleBindingRecord.of(binding)
            for binding in view.session.execute(own.order_by(RoleBindingRow.id)).scalars()
        ),
        groups=tuple(
            GroupRecord.of(group)
            for group in view.session.execute(groups.order_by(PrincipalGroupRow.name)).scalars()
        ),
        user_name=None if said is None else said.user_name,
    )


@question(Permission.IDENTITY_MANAGE)
def possible_members(view: View, group_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Active people who are not in a group: identifier → display name and account name."""
    inside = select(GroupMemberRow.principal_id).where(GroupMemberRow.group_id == group_id)
    rows = view.session.execute(
        select(PrincipalRow.id, PrincipalRow.title, PrincipalRow.name)
        .where(PrincipalRow.kind == "user", PrincipalRow.active, PrincipalRow.id.not_in(inside))
        .order_by(PrincipalRow.title, PrincipalRow.id)
        .limit(MAX_PAGE)
    )
    return {row.id: f"{row.title} ({row.name})" for row in rows}

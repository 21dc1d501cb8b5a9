"""Groups and who is in them."""

import uuid

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, question
from accredit_governance.operations.groups import roles_of
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.group_records import (
    GroupDetails,
    GroupRecord,
)
from accredit_governance.registry.records import PrincipalRecord, RoleBindingRecord
from accredit_governance.registry.tables import GroupMemberRow, PrincipalGroupRow, PrincipalRow

STANDING = PrincipalGroupRow.dissolved_at.is_(None)


@question(Permission.IDENTITY_MANAGE)
def groups(view: View, page: Page) -> Listing[GroupRecord]:
    """Groups that stand."""
    rows, token = visible_rows(view, PrincipalGroupRow, page, STANDING)
    return Listing(items=tuple(GroupRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.IDENTITY_MANAGE)
def group(view: View, group_id: uuid.UUID) -> GroupDetails:
    """One group, which may be dissolved, with what it gives and to how many."""
    row = _group(view.session, group_id)
    count = view.session.execute(
        select(func.count()).select_from(GroupMemberRow).where(_of(group_id))
    ).scalar_one()
    return GroupDetails(
        group=GroupRecord.of(row),
        members=count,
        role_bindings=tuple(RoleBindingRecord.of(b) for b in roles_of(view.session, group_id)),
    )


@question(Permission.IDENTITY_MANAGE)
def members(view: View, group_id: uuid.UUID, page: Page) -> Listing[PrincipalRecord]:
    """People in a group."""
    _group(view.session, group_id)
    inside = select(GroupMemberRow.principal_id).where(_of(group_id))
    rows, token = visible_rows(view, PrincipalRow, page, PrincipalRow.id.in_(inside))
    return Listing(items=tuple(PrincipalRecord.of(row) for row in rows), next_page_token=token)


def _group(session: Session, group_id: uuid.UUID) -> PrincipalGroupRow:
    row = session.get(PrincipalGroupRow, group_id)
    if row is None:
        raise NotFound(f"there is no group {group_id}")
    return row


def _of(group_id: uuid.UUID) -> ColumnElement[bool]:
    return GroupMemberRow.group_id == group_id

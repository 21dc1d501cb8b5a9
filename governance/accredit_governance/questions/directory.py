"""What the company's directory may read of what it manages."""

import uuid
from typing import Final

from pydantic import Field
from sqlalchemy import ColumnElement, func, select

from accredit_governance.access.permissions import Permission
from accredit_governance.directory.filters import parse
from accredit_governance.documents import Document
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, question
from accredit_governance.operations.provisioning import LIVE
from accredit_governance.questions.directory_conditions import (
    GROUP,
    USER,
    Resource,
    condition,
    order,
)
from accredit_governance.registry.directory_records import DirectoryGroup, DirectoryUser
from accredit_governance.registry.directory_state import groups_of, users_of
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    PrincipalGroupRow,
    PrincipalRow,
)
from accredit_governance.registry.tables.groups import SCIM

MAX_RESULTS: Final = 500
KEPT: Final[ColumnElement[bool]] = (PrincipalGroupRow.source == SCIM) & (
    PrincipalGroupRow.dissolved_at.is_(None)
)


class Search(Document):
    """Which part of a list is wanted.

    Attributes:
        filter: SCIM filter; None: everything.
        start: number of the first one, from 1.
        count: at most so many; never more than 500.
    """

    filter: str | None = None
    sort_by: str | None = None
    descending: bool = False
    start: int = Field(default=1, ge=1, lt=2**31)
    count: int = Field(default=100, ge=0, lt=2**31)

    def where(self, resource: Resource) -> ColumnElement[bool] | None:
        """What the filter asks for.

        Raises:
            InvalidFilter: it is none, or asks for what cannot be asked for.
        """
        return None if self.filter is None else condition(parse(self.filter), resource)

    def sorted(self, resource: Resource) -> tuple[ColumnElement[object], ...]:
        """The order that is asked for.

        Raises:
            InvalidFilter: nothing can be ordered like this.
        """
        if self.sort_by is None:
            return ()
        return (order(resource, self.sort_by, descending=self.descending),)


class FoundUsers(Document):
    """Part of the people that fit, and how many there are in all."""

    total: int
    items: tuple[DirectoryUser, ...]


class FoundGroups(Document):
    """Part of the groups that fit, and how many there are in all."""

    total: int
    items: tuple[DirectoryGroup, ...]


@question(Permission.IDENTITY_PROVISION)
def directory_user(view: View, user_id: uuid.UUID) -> DirectoryUser:
    """One person whom the directory manages."""
    said = view.session.get(DirectoryUserRow, user_id)
    if said is None or said.removed_at is not None:
        raise NotFound(f"the directory manages no user {user_id}")
    return users_of(view.session, [(said, view.session.get_one(PrincipalRow, user_id))])[0]


@question(Permission.IDENTITY_PROVISION)
def directory_users(view: View, search: Search) -> FoundUsers:
    """People whom the directory manages.

    Raises:
        InvalidFilter: the filter or the order is none that can be answered.
    """
    wanted = search.where(USER)
    statement = (
        select(DirectoryUserRow, PrincipalRow)
        .join(PrincipalRow, PrincipalRow.id == DirectoryUserRow.principal_id)
        .where(LIVE, *(() if wanted is None else (wanted,)))
    )
    total = view.session.execute(
        select(func.count()).select_from(statement.with_only_columns(PrincipalRow.id).subquery())
    ).scalar_one()
    rows = view.session.execute(
        statement.order_by(*search.sorted(USER), PrincipalRow.id)
        .offset(search.start - 1)
        .limit(min(search.count, MAX_RESULTS))
    )
    return FoundUsers(total=total, items=users_of(view.session, [(a, b) for a, b in rows]))


@question(Permission.IDENTITY_PROVISION)
def directory_group(view: View, group_id: uuid.UUID) -> DirectoryGroup:
    """One group that the directory keeps."""
    row = view.session.execute(
        select(PrincipalGroupRow).where(PrincipalGroupRow.id == group_id, KEPT)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(f"there is no group {group_id}")
    return groups_of(view.session, [row])[0]


@question(Permission.IDENTITY_PROVISION)
def directory_groups(view: View, search: Search, *, with_members: bool) -> FoundGroups:
    """Groups that the directory keeps.

    Raises:
        InvalidFilter: the filter or the order is none that can be answered.
    """
    wanted = search.where(GROUP)
    statement = select(PrincipalGroupRow).where(KEPT, *(() if wanted is None else (wanted,)))
    total = view.session.execute(
        select(func.count()).select_from(
            statement.with_only_columns(PrincipalGroupRow.id).subquery()
        )
    ).scalar_one()
    rows = view.session.execute(
        statement.order_by(*search.sorted(GROUP), PrincipalGroupRow.id)
        .offset(search.start - 1)
        .limit(min(search.count, MAX_RESULTS))
    ).scalars()
    items = groups_of(view.session, rows.all(), with_members=with_members)
    return FoundGroups(total=total, items=items)

"""How things stand with the people and groups that the directory manages."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accredit_governance.registry.directory_records import (
    DirectoryGroup,
    DirectoryUser,
    Reference,
)
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalGroupRow,
    PrincipalRow,
)


def users_of(
    session: Session, rows: Sequence[tuple[DirectoryUserRow, PrincipalRow]]
) -> tuple[DirectoryUser, ...]:
    """Documents of people whom the directory manages, with all groups they are in."""
    groups = _references(
        session,
        select(GroupMemberRow.principal_id, PrincipalGroupRow.id, PrincipalGroupRow.name)
        .join(PrincipalGroupRow, PrincipalGroupRow.id == GroupMemberRow.group_id)
        .where(GroupMemberRow.principal_id.in_([said.principal_id for said, _ in rows])),
    )
    return tuple(
        DirectoryUser.of(
            said,
            id=principal.id,
            display_name=principal.title,
            email=principal.email,
            active=principal.active,
            groups=groups.get(principal.id, ()),
        )
        for said, principal in rows
    )


def groups_of(
    session: Session, rows: Sequence[PrincipalGroupRow], *, with_members: bool = True
) -> tuple[DirectoryGroup, ...]:
    """Documents of groups that the directory manages; without members where nobody asks."""
    members = (
        _references(
            session,
            select(GroupMemberRow.group_id, PrincipalRow.id, PrincipalRow.title)
            .join(PrincipalRow, PrincipalRow.id == GroupMemberRow.principal_id)
            .where(GroupMemberRow.group_id.in_([row.id for row in rows])),
        )
        if with_members
        else {}
    )
    return tuple(DirectoryGroup.of(row, members=members.get(row.id, ())) for row in rows)


def _references(
    session: Session, statement: Select[uuid.UUID, uuid.UUID, str]
) -> dict[uuid.UUID, tuple[Reference, ...]]:
    found: dict[uuid.UUID, list[Reference]] = {}
    for holder, other, name in session.execute(statement):
        found.setdefault(holder, []).append(Reference(id=other, name=name))
    return {
        holder: tuple(sorted(others, key=lambda other: other.id))
        for holder, others in found.items()
    }

"""Groups of people, and what a company's directory says of a person."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row

LOCAL = "local"
SCIM = "scim"


def _unique(name: str, *columns: str, where: str) -> Index:
    return Index(
        name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where)
    )


class PrincipalGroupRow(Identified, Row):
    """People who are given roles together. A dissolved one stays as a tombstone.

    Attributes:
        source: who says who is in it: `local` (our admins), `scim` (the directory), or the name
            of an identity provider.
        external_id: what the source calls it.
    """

    __tablename__ = "principal_group"
    __table_args__ = (
        _unique("uq_principal_group_name", "name", where="dissolved_at is null"),
        _unique(
            "uq_principal_group_external", "source", "external_id", where="dissolved_at is null"
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(63))
    external_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    modified_at: Mapped[datetime] = mapped_column(UtcTime)
    dissolved_at: Mapped[datetime | None] = mapped_column(UtcTime)


class GroupMemberRow(Row):
    """A person in a group."""

    __tablename__ = "group_member"
    __table_args__ = (Index("ix_group_member_group_id", "group_id"),)

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal_group.id"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(UtcTime)
    added_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class DirectoryUserRow(Row):
    """What the directory says of a person that it manages through SCIM.

    Attributes:
        user_name: as the directory writes it, often an e-mail address.
        user_name_key: case-folded, for comparisons: it is unique without regard to case.
        active: whether the directory wants the account open.
        closed_here: an admin closed the account; until an admin opens it, it stays closed,
            whatever the directory wants.
        removed_at: the directory deleted the person; the account is closed and stays.
    """

    __tablename__ = "directory_user"
    __table_args__ = (
        _unique("uq_directory_user_user_name", "user_name_key", where="removed_at is null"),
        _unique("uq_directory_user_external", "external_id", where="removed_at is null"),
    )

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    user_name: Mapped[str] = mapped_column(String(255))
    user_name_key: Mapped[str] = mapped_column(String(255))
    external_id: Mapped[str | None] = mapped_column(String(255))
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool]
    closed_here: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    modified_at: Mapped[datetime] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)

"""Where models serve, and which version goes by which name there, now and in the past."""

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class EnvironmentRow(Identified, Row):
    """A place of a project in which versions serve; in a protected one two people move an alias."""

    __tablename__ = "environment"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        UniqueConstraint("project_id", "name", "protected"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(String(63))
    protected: Mapped[bool]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class AliasAssignmentRow(Identified, Row):
    """A version went by an alias in an environment from `from_at` until just before `to_at`.

    The one that holds now has no `to_at`; there is at most one, so no two versions are champion at
    once. The database lets an assignment be closed once, and changed in no other way.

    `change_request_id` is the proceeding that others signed; `restores_id` the earlier assignment
    that a rollback went back to. In a protected environment it is one of the two, even against
    our own code.
    """

    __tablename__ = "alias_assignment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "environment", "protected"],
            ["environment.project_id", "environment.name", "environment.protected"],
        ),
        CheckConstraint("to_at is null or to_at >= from_at", name="window"),
        CheckConstraint("change_request_id is null or restores_id is null", name="origin"),
        CheckConstraint(
            "not protected or change_request_id is not null or restores_id is not null",
            name="governed",
        ),
        UniqueConstraint("change_request_id"),
        Index(
            "uq_alias_assignment_open",
            "model_id",
            "environment",
            "alias",
            unique=True,
            sqlite_where=text("to_at is null"),
            postgresql_where=text("to_at is null"),
        ),
        Index("ix_alias_assignment_history", "model_id", "environment", "alias", "from_at"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    environment: Mapped[str] = mapped_column(String(63))
    protected: Mapped[bool]
    alias: Mapped[str] = mapped_column(String(63))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    from_at: Mapped[datetime] = mapped_column(UtcTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcTime)
    set_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    reason: Mapped[str] = mapped_column(Text)
    change_request_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("proceeding.id"))
    restores_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("alias_assignment.id"))

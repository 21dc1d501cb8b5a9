"""What overrides roles: denials, and broken glass."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class PermissionDenialRow(Identified, Row):
    """What a principal or a group may not do in a place. One that was lifted stays.

    Attributes:
        permission: that is denied; empty: all that `role` holds, and the role itself.
        model_id: the model; with its project. Both empty: everywhere.
        until: when it ends by itself; empty: never.
    """

    __tablename__ = "permission_denial"
    __table_args__ = (
        CheckConstraint("(principal_id is null) <> (group_id is null)", name="holder"),
        CheckConstraint("(permission is null) <> (role is null)", name="what"),
        CheckConstraint("model_id is null or project_id is not null", name="place"),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ending"),
        CheckConstraint(
            "principal_id is null or ended_by is null or ended_by <> principal_id", name="other"
        ),
        Index("ix_permission_denial_principal_id", "principal_id"),
        Index("ix_permission_denial_group_id", "group_id"),
    )

    principal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    group_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal_group.id"))
    permission: Mapped[str | None] = mapped_column(String(64))
    role: Mapped[str | None] = mapped_column(String(32))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model.id"))
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))


class BreakGlassRow(Identified, Row):
    """A role for hours: asked for by one person, granted by another one.

    Attributes:
        minutes: how long the role will last, once granted.
        lapses_at: until when somebody may grant it.
        ends_at: when it ends by itself; empty until it is granted.
        ended_at: when it was over, or was refused or taken back before it began.
    """

    __tablename__ = "break_glass_request"
    __table_args__ = (
        CheckConstraint("granted_by is null or granted_by <> asked_by", name="two_people"),
        CheckConstraint("minutes between 1 and 240", name="hours"),
        CheckConstraint("model_id is null or project_id is not null", name="place"),
        CheckConstraint(
            "(granted_at is null) = (granted_by is null)"
            " and (granted_at is null) = (ends_at is null)"
            " and (granted_at is null) = (method is null)",
            name="grant",
        ),
        CheckConstraint("(ended_at is null) = (cause is null)", name="ending"),
        Index("ix_break_glass_request_asked_by", "asked_by"),
    )

    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    role: Mapped[str] = mapped_column(String(32))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model.id"))
    reason: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcTime)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    granted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    method: Mapped[str | None] = mapped_column(String(32))
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    cause: Mapped[str | None] = mapped_column(String(32))

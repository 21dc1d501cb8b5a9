"""Since when and until when a model version or a deployment stood where: what `as_of` reads.

Nothing but `audit/history.py` writes here. A row holds from its event up to, not including, the
next one; of the open row only `to_at` is ever set, and database triggers hold that.
"""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Row

_OPEN = text("to_at is null")


class VersionStateRow(Row):
    """One stay of a model version in a state.

    Attributes:
        step: The stays of a version are numbered from 0.
        valid_until: Of an approved version, what the approval that it stood under promised.
        event_seq: The audit event that began it; empty where the log did not tell it when the
            histories were first written.
    """

    __tablename__ = "version_state"
    __table_args__ = (
        Index(
            "uq_version_state_open",
            "model_version_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        CheckConstraint("to_at is null or to_at >= from_at", name="order"),
    )

    model_version_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("model_version.id"), primary_key=True
    )
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    state: Mapped[str] = mapped_column(String(32))
    valid_until: Mapped[datetime | None] = mapped_column(UtcTime)
    event_seq: Mapped[int | None] = mapped_column(ForeignKey("audit_event.seq"))
    from_at: Mapped[datetime] = mapped_column(UtcTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DeploymentStateRow(Row):
    """One stay of a deployment in a state; its columns mean what those of `VersionStateRow` do."""

    __tablename__ = "deployment_state"
    __table_args__ = (
        Index(
            "uq_deployment_state_open",
            "deployment_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        CheckConstraint("to_at is null or to_at >= from_at", name="order"),
    )

    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    state: Mapped[str] = mapped_column(String(16))
    event_seq: Mapped[int | None] = mapped_column(ForeignKey("audit_event.seq"))
    from_at: Mapped[datetime] = mapped_column(UtcTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcTime)

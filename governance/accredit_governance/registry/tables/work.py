"""Long work: jobs, and the workers that carry them. Queue state, not decisions."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class JobRow(Identified, Row):
    """A piece of long work on one subject.

    `fence` grows each time a worker takes the job; results are recorded only by the holder of the
    newest one, so a worker that was thought dead cannot write over its successor. A job on
    something that belongs to no project has none either.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(
            "state in ('queued','running','succeeded','failed','cancelled')", name="state"
        ),
        Index("ix_job_state_created_at", "state", "created_at"),
    )
    governed: ClassVar[bool] = False

    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    share: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(String(500), default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("worker.id"))
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WorkerRow(Identified, Row):
    """A worker process; a stale heartbeat means that its jobs may be taken over."""

    __tablename__ = "worker"
    governed: ClassVar[bool] = False

    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)

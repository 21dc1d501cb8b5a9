"""The audit trail: events in order, the head of the Merkle tree, signed checkpoints."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Row


class AuditEventRow(Row):
    """One fact. `body` holds the exact canonical bytes; the other columns are copies for search."""

    __tablename__ = "audit_event"
    governed: ClassVar[bool] = False

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    occurred_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(63), index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    project_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    resource_id: Mapped[uuid.UUID | None] = mapped_column(index=True)


class AuditHeadRow(Row):
    """Size and Merkle frontier. One row, the last lock that a transaction takes."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)
    governed: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    frontier: Mapped[Any] = mapped_column(JsonText)
    last_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AuditCheckpointRow(Row):
    """A signed statement: the log had this size and this root."""

    __tablename__ = "audit_checkpoint"
    governed: ClassVar[bool] = False

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    key_name: Mapped[str] = mapped_column(String(120))

"""What was answered to requests with an idempotency key. Memory of answers, not decisions."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Row


class IdempotencyKeyRow(Row):
    """A key of a principal, the request that it stands for, and the answer of that.

    It is written in the transaction of the change: there is a row exactly if the change was made.
    `answer` is empty where the answer held a secret; then `resource_id` says what was made.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)
    governed: ClassVar[bool] = False

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(Text)
    query_digest: Mapped[str] = mapped_column(String(64))
    body_digest: Mapped[str] = mapped_column(String(64))
    reach_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[str | None] = mapped_column(Text)
    resource_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)

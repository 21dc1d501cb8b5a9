"""Who wants to be told by mail that something waits for them, and what they were told of."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables.base import Row


class NotificationPreferenceRow(Row):
    """What one person wants; who has none wants nothing."""

    __tablename__ = "notification_preference"

    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"), primary_key=True)
    tasks_by_mail: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class TaskNoticeRow(Row):
    """A task that somebody is told of. Locked together, by the person's preference.

    Attributes:
        waits: whether it still does; one that comes back is told of again.
        claimed_at: when a worker set about telling.
        told_at: when the mail was taken; empty: not yet.
    """

    __tablename__ = "task_notice"
    governed: ClassVar[bool] = False

    principal_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notification_preference.principal_id"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    waits: Mapped[bool]
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)

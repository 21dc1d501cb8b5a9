"""Webhooks: who is told of events, how far they were told, and each attempt at it."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class WebhookRow(Identified, Row):
    """Somebody who is told of events: of one project, or of the organisation without one.

    Attributes:
        target: what people may see of where it leads: scheme, host and port, or mail addresses.
        sealed_url: the whole address, which often holds a secret itself.
        actions: patterns of actions that it is told of.
        outcome: `ok` or `denied`; None: both.
        sealed_previous_secret: signs beside the newer one until `previous_until`.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("kind in ('webhook','slack','email')", name="kind"),
        CheckConstraint("state in ('active','paused','disabled','revoked')", name="state"),
        CheckConstraint("outcome is null or outcome in ('ok','denied')", name="outcome"),
        Index("ix_webhook_project_id", "project_id"),
    )

    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(4000))
    sealed_url: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None] = mapped_column(UtcTime)
    actions: Mapped[Any] = mapped_column(JsonText)
    outcome: Mapped[str | None] = mapped_column(String(16))
    disabled_cause: Mapped[str | None] = mapped_column(String(16))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class WebhookCursorRow(Row):
    """How far a webhook has read the trail. The row is locked while deliveries are made of it.

    Attributes:
        next_seq: number of the first event that was not looked at.
        failing_since: when the first attempt failed after which none succeeded.
    """

    __tablename__ = "webhook_cursor"
    governed: ClassVar[bool] = False

    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    next_seq: Mapped[int]
    failing_since: Mapped[datetime | None] = mapped_column(UtcTime)


class WebhookDeliveryRow(Identified, Row):
    """One event on its way to one webhook; its identifier is what receivers know doubles by.

    Attributes:
        due_at: when the next attempt may begin; during one, when it counts as lost.
        attempts: all that were begun. Whoever settles one names its number.
        tries: those since the delivery was asked for last.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "seq"),
        CheckConstraint("state in ('pending','delivered','failed')", name="state"),
        Index("ix_webhook_delivery_state_due_at", "state", "due_at"),
        Index("ix_webhook_delivery_project_id", "project_id"),
    )
    governed: ClassVar[bool] = False

    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook.id"))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("project.id"))
    seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))
    action: Mapped[str] = mapped_column(String(63))
    occurred_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    attempts: Mapped[int]
    tries: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class WebhookAttemptRow(Row):
    """One attempt. Without an end its worker died, or is at it.

    Attributes:
        status: HTTP or SMTP status, if there was one.
        answer: first bytes of what was answered, at most 1 KB.
    """

    __tablename__ = "webhook_attempt"
    governed: ClassVar[bool] = False

    delivery_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("webhook_delivery.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    duration_ms: Mapped[int | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
    answer: Mapped[str | None] = mapped_column(String(1024))

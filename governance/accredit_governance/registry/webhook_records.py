"""Documents about webhooks, their deliveries and each attempt."""

import uuid
from datetime import datetime

from accredit_governance.lifecycle.webhooks import (
    DeliveryState,
    WebhookAction,
    WebhookKind,
    WebhookState,
)
from accredit_governance.registry.records import Record


class WebhookRecord(Record):
    """Somebody who is told of events.

    Attributes:
        project_id: Whose events; None: all of the organisation.
        target: Scheme, host and port of the address, or the mail addresses. The rest of an address
            is never shown: it may be a secret.
        actions: Patterns such as `model_version.moved`, `finding.*` or `*`.
        outcome: `ok` or `denied`; None: both.
        failing_since: Since when nothing was taken.
        previous_until: Until when the secret before the present one signs as well.
        disabled_cause: `gone` or `failing`, while it is disabled.
    """

    id: uuid.UUID
    project_id: uuid.UUID | None
    kind: WebhookKind
    title: str
    state: WebhookState
    allowed_actions: tuple[WebhookAction, ...]
    target: str
    actions: tuple[str, ...]
    outcome: str | None
    failing_since: datetime | None
    previous_until: datetime | None
    disabled_cause: str | None
    created_by: uuid.UUID
    created_at: datetime


class IssuedWebhook(WebhookRecord):
    """A webhook with the secret that signs what it is sent; shown this once.

    Attributes:
        secret: `whsec_…` of Standard Webhooks; None for Slack and mail, which are not signed.
    """

    secret: str | None


class AttemptRecord(Record):
    """One attempt at a delivery.

    Attributes:
        ended_at: None while it lasts, or when its worker died in it.
        status: HTTP or SMTP status, if there was one.
        error: Why it does not count as delivered.
        answer: First bytes of what was answered, at most 1 KB.
    """

    number: int
    begun_at: datetime
    ended_at: datetime | None
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None


class DeliveryRecord(Record):
    """One event on its way to one webhook.

    Attributes:
        id: `webhook-id` of every attempt: receivers know doubles by it.
        seq: Number of the event in the audit trail.
        due_at: When it is tried next, while it is pending.
        attempts: How many were begun.
        last: The latest attempt.
    """

    id: uuid.UUID
    webhook_id: uuid.UUID
    project_id: uuid.UUID | None
    seq: int
    action: str
    occurred_at: datetime
    state: DeliveryState
    due_at: datetime | None
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    last: AttemptRecord | None


class DeliveryLog(DeliveryRecord):
    """A delivery with all attempts at it, the first one first."""

    tried: tuple[AttemptRecord, ...]


class ReplayRecord(Record):
    """How many deliveries are sent once more."""

    deliveries: int


class NotificationPreferences(Record):
    """What the caller wants to be told.

    Attributes:
        tasks_by_mail: A mail when something new waits for them.
        has_address: Whether a mail address of theirs is known; without, nothing is sent.
    """

    tasks_by_mail: bool
    has_address: bool

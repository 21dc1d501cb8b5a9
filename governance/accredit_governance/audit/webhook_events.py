"""Facts about webhooks: who is told of what, and what was sent once more."""

from datetime import datetime

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class WebhookCreated(Fact):
    """Somebody will be told of events; `target_digest` is of the address or the addresses."""

    action = "webhook.created"
    kind: str
    actions: tuple[str, ...]
    outcome: str | None
    target_digest: Digest


class WebhookPaused(Fact):
    """Nothing is sent until it is resumed."""

    action = "webhook.paused"


class WebhookResumed(Fact):
    """It is sent to again, what has happened since included."""

    action = "webhook.resumed"


class WebhookDisabled(Fact):
    """Accredit itself stopped sending: the receiver is `gone`, or took nothing for days."""

    action = "webhook.disabled"
    cause: str


class WebhookRevoked(Fact):
    """Nothing is ever sent there again; address and secrets are forgotten."""

    action = "webhook.revoked"


class WebhookSecretRotated(Fact):
    """A new secret signs; the one before signs beside it until a time."""

    action = "webhook.secret_rotated"
    previous_until: datetime


class WebhookTested(Fact):
    """Somebody asked for an event that says nothing; it goes to this webhook alone."""

    action = "webhook.tested"


class DeliveriesReplayed(Fact):
    """What had ended is sent again: one delivery, or all of events since a time."""

    action = "webhook.replayed"
    deliveries: int
    since: datetime | None


class NotificationsPreferred(Fact):
    """A person wants to be told by mail of what waits for them, or does not."""

    action = "notification_preference.set"
    tasks_by_mail: bool

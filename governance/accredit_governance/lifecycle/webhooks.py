"""Where a webhook stands, where a delivery stands, and when a delivery is tried again."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class WebhookKind(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    EMAIL = "email"


class WebhookState(StrEnum):
    """Where a webhook stands. Only an active one is called; the others miss nothing until then."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    REVOKED = "revoked"


class WebhookAction(StrEnum):
    """What may happen to it. Accredit itself disables; everything else people do."""

    PAUSE = "pause"
    RESUME = "resume"
    DISABLE = "disable"
    REVOKE = "revoke"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


_S, _A = WebhookState, WebhookAction

TRANSITIONS: Final[Mapping[tuple[WebhookState, WebhookAction], WebhookState]] = MappingProxyType(
    {
        (_S.ACTIVE, _A.PAUSE): _S.PAUSED,
        (_S.ACTIVE, _A.DISABLE): _S.DISABLED,
        (_S.ACTIVE, _A.REVOKE): _S.REVOKED,
        (_S.PAUSED, _A.RESUME): _S.ACTIVE,
        (_S.PAUSED, _A.REVOKE): _S.REVOKED,
        (_S.DISABLED, _A.RESUME): _S.ACTIVE,
        (_S.DISABLED, _A.REVOKE): _S.REVOKED,
    }
)

RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Time from each failed attempt to the next one: the schedule that Standard Webhooks proposes."""

JITTER: Final = 0.1
"""Share of a wait that is added at random, so that what failed together does not come together."""

LONGEST_WAIT: Final = timedelta(hours=24)
"""However long a receiver asks to be left alone."""

DISABLED_AFTER: Final = timedelta(days=5)
"""A webhook that took nothing for so long is disabled; no single delivery is tried as long."""


def allowed_actions(state: WebhookState) -> tuple[WebhookAction, ...]:
    """Actions that the table knows from a state."""
    return tuple(action for known, action in TRANSITIONS if known is state)


def after(state: WebhookState, action: WebhookAction) -> WebhookState:
    """State after an action.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise IllegalTransition("webhook", state, action, allowed_actions(state))
    return following


def wait_after(tries: int, *, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts; None: it is given up.

    Args:
        tries: attempts since the delivery was asked for, from 1.
        chance: random number in [0, 1).
        asked: how long the receiver wants to be left alone.
    """
    if tries > len(RETRY_AFTER):
        return None
    wait = RETRY_AFTER[tries - 1] * (1 + JITTER * chance)
    return max(wait, min(asked or wait, LONGEST_WAIT))

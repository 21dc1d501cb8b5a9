"""Where a waiver stands: a question of what is recorded, and of the clock."""

from datetime import datetime
from enum import StrEnum


class WaiverState(StrEnum):
    """Where a waiver stands. Only an active one lets a check through."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SPENT = "spent"


def waiver_state(
    *,
    is_confirmed: bool,
    is_revoked: bool,
    is_spent: bool,
    ended_at: datetime | None,
    expires_at: datetime,
    at: datetime,
) -> WaiverState:
    """Where a waiver stands at a moment.

    Args:
        is_confirmed: a second person agreed.
        is_revoked: somebody took it back.
        is_spent: its version was decided against or judged anew, so nothing rests on it any more.
        ended_at: when its end was written down; by the clock it may have expired before.
        expires_at: when it expires.
        at: the moment.
    """
    if is_revoked:
        return WaiverState.REVOKED
    if ended_at is not None or expires_at <= at:
        return WaiverState.EXPIRED
    if is_spent:
        return WaiverState.SPENT
    return WaiverState.ACTIVE if is_confirmed else WaiverState.PROPOSED

"""Attestations: statements that a person has to stand by from time to time while a model is in use.

1. One appears `every_days` after the approval, and again so long after the one before appeared.
2. It waits for an answer; the version that is not in use any more lets it lapse. No time signs it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class AttestationState(StrEnum):
    """Where an attestation stands."""

    DUE = "due"
    SIGNED = "signed"
    DECLINED = "declined"
    LAPSED = "lapsed"


class AttestationAction(StrEnum):
    """What becomes of an attestation."""

    SIGN = "sign"
    DECLINE = "decline"
    LAPSE = "lapse"


class Answer(StrEnum):
    """What the person says whom an attestation waits for."""

    SIGN = "sign"
    DECLINE = "decline"


_S, _A = AttestationState, AttestationAction

TRANSITIONS: Final[Mapping[tuple[AttestationState, AttestationAction], AttestationState]] = (
    MappingProxyType(
        {
            (_S.DUE, _A.SIGN): _S.SIGNED,
            (_S.DUE, _A.DECLINE): _S.DECLINED,
            (_S.DUE, _A.LAPSE): _S.LAPSED,
        }
    )
)


def after(state: AttestationState, action: AttestationAction) -> AttestationState:
    """State that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        allowed = [known for at, known in TRANSITIONS if at is state]
        raise IllegalTransition("attestation", state, action, allowed)
    return following


def next_from(approved_at: datetime, last_from: datetime | None, *, every_days: int) -> datetime:
    """When the next attestation of a version appears.

    Args:
        approved_at: since when the version is approved.
        last_from: when the one before appeared, if there was any.
        every_days: days between two of them.
    """
    # A version that was approved anew starts its count anew.
    start = approved_at if last_from is None else max(approved_at, last_from)
    return start + timedelta(days=every_days)


def is_overdue(state: AttestationState, due_on: date, today: date) -> bool:
    """Whether an answer is late. The due day itself is in time."""
    return state is AttestationState.DUE and due_on < today

"""Which step of a condition may follow which: an approval under conditions stays an obligation."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class ConditionState(StrEnum):
    """Where a condition stands. Proposed ones wait for the approval of the version."""

    PROPOSED = "proposed"
    OPEN = "open"
    MET = "met"
    CONFIRMED = "confirmed"
    BREACHED = "breached"
    VOID = "void"


class ConditionAction(StrEnum):
    """What can be done to a condition."""

    IMPOSE = "impose"
    DROP = "drop"
    MEET = "meet"
    CONFIRM = "confirm"
    RETURN = "return"
    BREACH = "breach"


CONFIRM_WITHIN: Final = timedelta(days=30)
"""How long a condition that is said to be met waits for somebody else to see it."""

_S, _A = ConditionState, ConditionAction

TRANSITIONS: Final[Mapping[tuple[ConditionState, ConditionAction], ConditionState]] = (
    MappingProxyType(
        {
            (_S.PROPOSED, _A.IMPOSE): _S.OPEN,
            (_S.PROPOSED, _A.DROP): _S.VOID,
            (_S.OPEN, _A.MEET): _S.MET,
            (_S.OPEN, _A.BREACH): _S.BREACHED,
            (_S.MET, _A.CONFIRM): _S.CONFIRMED,
            (_S.MET, _A.RETURN): _S.OPEN,
            # Saying that it is met does not hold the day off for ever.
            (_S.MET, _A.BREACH): _S.BREACHED,
            # Nobody owes anything about a version that is retired.
            (_S.OPEN, _A.DROP): _S.VOID,
            (_S.MET, _A.DROP): _S.VOID,
            # Late is better than never; that it was late stays on record.
            (_S.BREACHED, _A.MEET): _S.MET,
        }
    )
)


def allowed_actions(state: ConditionState) -> tuple[ConditionAction, ...]:
    """Actions that the table knows from here, in the order of `ConditionAction`."""
    return tuple(action for action in ConditionAction if (state, action) in TRANSITIONS)


def after(state: ConditionState, action: ConditionAction) -> ConditionState:
    """State that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise IllegalTransition("condition", state, action, allowed_actions(state))
    return following


def breaches_at(
    state: ConditionState, due_at: datetime, met_at: datetime | None
) -> datetime | None:
    """When a condition is breached unless somebody acts before; None when there is nothing to do.

    One that is said to be met late is given the same time to be confirmed as one in time.
    """
    if state is _S.OPEN:
        return due_at
    if state is _S.MET and met_at is not None:
        return max(due_at, met_at) + CONFIRM_WITHIN
    return None

"""Where a model request stands, from the question to the answer."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class ModelRequestState(StrEnum):
    """Where a model request stands."""

    REQUESTED = "requested"
    TRIAGED = "triaged"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class ModelRequestAction(StrEnum):
    """What may happen to it. The requester withdraws; everything else is an owner's."""

    TRIAGE = "triage"
    ACCEPT = "accept"
    DELIVER = "deliver"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


_S, _A = ModelRequestState, ModelRequestAction

TRANSITIONS: Final[Mapping[tuple[ModelRequestState, ModelRequestAction], ModelRequestState]] = (
    MappingProxyType(
        {
            (_S.REQUESTED, _A.TRIAGE): _S.TRIAGED,
            (_S.REQUESTED, _A.DECLINE): _S.DECLINED,
            (_S.REQUESTED, _A.WITHDRAW): _S.WITHDRAWN,
            (_S.TRIAGED, _A.TRIAGE): _S.TRIAGED,
            (_S.TRIAGED, _A.ACCEPT): _S.ACCEPTED,
            (_S.TRIAGED, _A.DECLINE): _S.DECLINED,
            (_S.TRIAGED, _A.WITHDRAW): _S.WITHDRAWN,
            (_S.ACCEPTED, _A.DELIVER): _S.DELIVERED,
            (_S.ACCEPTED, _A.DECLINE): _S.DECLINED,
            (_S.ACCEPTED, _A.WITHDRAW): _S.WITHDRAWN,
        }
    )
)

LINKABLE: Final = frozenset({_S.TRIAGED, _S.ACCEPTED})
"""States in which runs and versions may be linked."""


def allowed_actions(state: ModelRequestState) -> tuple[ModelRequestAction, ...]:
    """Actions that the table knows from a state."""
    return tuple(action for known, action in TRANSITIONS if known is state)


def after(state: ModelRequestState, action: ModelRequestAction) -> ModelRequestState:
    """State after an action.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise IllegalTransition("model request", state, action, allowed_actions(state))
    return following

"""Where a risk assessment stands: filled in by one person, decided by another, once."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class AssessmentState(StrEnum):
    """Where a risk assessment stands. Only the newest approved one counts."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class AssessmentDecision(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


TRANSITIONS: Final[Mapping[tuple[AssessmentState, AssessmentDecision], AssessmentState]] = (
    MappingProxyType(
        {
            (AssessmentState.SUBMITTED, AssessmentDecision.APPROVE): AssessmentState.APPROVED,
            (AssessmentState.SUBMITTED, AssessmentDecision.REJECT): AssessmentState.REJECTED,
        }
    )
)


def decided(state: AssessmentState, decision: AssessmentDecision) -> AssessmentState:
    """State after a decision.

    Raises:
        IllegalTransition: it is decided already.
    """
    following = TRANSITIONS.get((state, decision))
    if following is None:
        allowed = [str(d) for s, d in TRANSITIONS if s is state]
        raise IllegalTransition("risk assessment", state, decision, allowed)
    return following

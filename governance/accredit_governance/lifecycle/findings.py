"""Findings: what is wrong with a model, and which step may follow which until it is put right."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.errors import IllegalTransition


class FindingSeverity(StrEnum):
    """How much harm a finding may do, the least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def reaches(self, other: "FindingSeverity | str") -> bool:
        """Whether this is at least as severe."""
        order = tuple(FindingSeverity)
        return order.index(self) >= order.index(FindingSeverity(other))


class FindingSource(StrEnum):
    """Where a finding comes from. The last two are set by the service alone."""

    MANUAL = "manual"
    GATE = "gate"
    CONDITION = "condition"
    AUDIT = "audit"
    ALERT = "alert"
    ATTESTATION = "attestation"


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    IN_REMEDIATION = "in_remediation"
    REMEDIATED = "remediated"
    CLOSED = "closed"
    RISK_ACCEPTED = "risk_accepted"


class FindingAction(StrEnum):
    """What can be done about a finding."""

    PLAN = "plan"
    REMEDIATE = "remediate"
    CLOSE = "close"
    ACCEPT = "accept"
    EXPIRE = "expire"
    REOPEN = "reopen"


_S, _A = FindingState, FindingAction

TRANSITIONS: Final[Mapping[tuple[FindingState, FindingAction], FindingState]] = MappingProxyType(
    {
        (_S.OPEN, _A.PLAN): _S.IN_REMEDIATION,
        (_S.IN_REMEDIATION, _A.PLAN): _S.IN_REMEDIATION,
        (_S.IN_REMEDIATION, _A.REMEDIATE): _S.REMEDIATED,
        (_S.REMEDIATED, _A.CLOSE): _S.CLOSED,
        (_S.OPEN, _A.ACCEPT): _S.RISK_ACCEPTED,
        (_S.IN_REMEDIATION, _A.ACCEPT): _S.RISK_ACCEPTED,
        (_S.REMEDIATED, _A.ACCEPT): _S.RISK_ACCEPTED,
        (_S.RISK_ACCEPTED, _A.EXPIRE): _S.OPEN,
        # The evidence does not convince, the finding came back, or the risk is not borne any more.
        (_S.REMEDIATED, _A.REOPEN): _S.OPEN,
        (_S.CLOSED, _A.REOPEN): _S.OPEN,
        (_S.RISK_ACCEPTED, _A.REOPEN): _S.OPEN,
    }
)

OWED: Final = frozenset({_S.OPEN, _S.IN_REMEDIATION})
"""States in which its owner has still something to do, and can be late with it."""


def allowed_actions(state: FindingState) -> tuple[FindingAction, ...]:
    """Actions that the table knows from here, in the order of `FindingAction`."""
    return tuple(action for action in FindingAction if (state, action) in TRANSITIONS)


def after(state: FindingState, action: FindingAction) -> FindingState:
    """State that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = TRANSITIONS.get((state, action))
    if following is None:
        raise IllegalTransition("finding", state, action, allowed_actions(state))
    return following


def is_overdue(state: FindingState, due_on: date, today: date) -> bool:
    """Whether a finding's owner is late. The due day itself is in time."""
    return state in OWED and due_on < today

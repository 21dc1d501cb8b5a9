"""How a request for access goes on: one table, and who else than the owner has to agree."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.access.permissions import Role
from accredit_governance.errors import IllegalTransition

MATERIAL_TIERS: Final = frozenset({1, 2})
"""Risk tiers in which the owner alone does not let anybody in."""


class AccessState(StrEnum):
    """Where a request for access stands."""

    REQUESTED = "requested"
    OWNER_DECIDED = "owner_decided"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class AccessAction(StrEnum):
    """What can be done to a request for access."""

    AGREE = "agree"
    GRANT = "grant"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


class AccessDecision(StrEnum):
    """What somebody who decides says."""

    GRANT = "grant"
    DECLINE = "decline"


_S, _A = AccessState, AccessAction

ACCESS_TRANSITIONS: Final[Mapping[tuple[AccessState, AccessAction], AccessState]] = (
    MappingProxyType(
        {
            # The owner agrees, and compliance has to as well.
            (_S.REQUESTED, _A.AGREE): _S.OWNER_DECIDED,
            # The owner agrees, and nobody else has to.
            (_S.REQUESTED, _A.GRANT): _S.GRANTED,
            (_S.REQUESTED, _A.DECLINE): _S.DECLINED,
            (_S.REQUESTED, _A.WITHDRAW): _S.WITHDRAWN,
            (_S.REQUESTED, _A.LAPSE): _S.LAPSED,
            (_S.OWNER_DECIDED, _A.GRANT): _S.GRANTED,
            (_S.OWNER_DECIDED, _A.DECLINE): _S.DECLINED,
            (_S.OWNER_DECIDED, _A.WITHDRAW): _S.WITHDRAWN,
            (_S.OWNER_DECIDED, _A.LAPSE): _S.LAPSED,
        }
    )
)
OPEN_STATES: Final = frozenset(state for state, _ in ACCESS_TRANSITIONS)
"""States in which something can still happen to a request."""

DECIDERS: Final[Mapping[AccessState, Role]] = MappingProxyType(
    {AccessState.REQUESTED: Role.OWNER, AccessState.OWNER_DECIDED: Role.COMPLIANCE}
)
"""Role that a request waits for; the owner is the one of the use case, not any owner."""


def after_access(state: AccessState, action: AccessAction) -> AccessState:
    """State that follows.

    Raises:
        IllegalTransition: the table has no such step.
    """
    following = ACCESS_TRANSITIONS.get((state, action))
    if following is None:
        allowed = tuple(a for a in AccessAction if (state, a) in ACCESS_TRANSITIONS)
        raise IllegalTransition("access request", state, action, allowed)
    return following


def action_of(
    state: AccessState, decision: AccessDecision, *, needs_compliance: bool
) -> AccessAction:
    """What a decision in a state amounts to."""
    if decision is AccessDecision.DECLINE:
        return AccessAction.DECLINE
    if state is AccessState.REQUESTED and needs_compliance:
        return AccessAction.AGREE
    return AccessAction.GRANT


def compliance_decides(risk_tier: int, intended_use: str, allowed_uses: frozenset[str]) -> bool:
    """Whether compliance has to agree as well: a material tier, or a use not foreseen so."""
    return risk_tier in MATERIAL_TIERS or intended_use not in allowed_uses

"""Conditions on a role: a closed list, decided over facts that the operation tells. No expressions.

A permission that its condition does not bear on is held as if there were none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from accredit_governance.access.permissions import Permission


class Condition(StrEnum):
    """What a role may be bound under."""

    UNPROTECTED_ONLY = "unprotected_only"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an act is about, as far as a condition asks.

    Attributes:
        protected: whether it happens in a protected environment.
    """

    protected: bool


CONDITIONED: Final[Mapping[Condition, frozenset[Permission]]] = MappingProxyType(
    {
        Condition.UNPROTECTED_ONLY: frozenset(
            {Permission.ALIAS_MOVE, Permission.DEPLOYMENT_CREATE}
        ),
    }
)
"""The permissions that a condition bears on."""


def is_met(condition: Condition, facts: Facts | None) -> bool:
    """Whether a condition holds; one whose facts are unknown does not."""
    match condition:
        case Condition.UNPROTECTED_ONLY:
            return facts is not None and not facts.protected

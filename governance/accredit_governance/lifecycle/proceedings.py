"""What people ask to be done with a version after it was judged, and whose signatures it takes.

1. A reinstatement is asked for by an owner; a validator and a compliance person sign it.
2. A retirement is asked for by an owner or a compliance person; one of the other role signs it.
3. A purge is asked for by a compliance person or an admin; one of the other role signs it.
4. A change plan is proposed by those who build; a validator and an owner sign it, and every other
   role that the policy has sign the version itself.
5. A move of an alias in a protected environment is asked for by an owner; a validator or a
   compliance person signs it.

One refusal ends a proceeding. Nobody signs what they asked for, and nobody signs twice.
"""

from collections.abc import Mapping, Set
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document
from accredit_governance.lifecycle.versions import TRANSITIONS, VersionAction, VersionState


class ProceedingKind(StrEnum):
    """What is asked for."""

    REINSTATEMENT = "reinstatement"
    RETIREMENT = "retirement"
    PURGE = "purge"
    CHANGE_PLAN = "change_plan"
    ALIAS_CHANGE = "alias_change"

    @property
    def words(self) -> str:
        """As people say it."""
        return self.value.replace("_", " ")

    @property
    def with_article(self) -> str:
        """As people say it of one of several."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.words}"


Verdict = Literal["approve", "reject"]


class ProceedingState(StrEnum):
    """Where a proceeding stands. A lapsed one has nothing left to decide on."""

    OPEN = "open"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ProceedingRule(Document):
    """Who takes part in a kind of proceeding.

    Attributes:
        asked_by: One of these roles asks; without any, the permission alone decides.
        signed_by: Roles that sign, one person each. The role of who asks counts as signed when it
            is among them.
        is_judgement: Whether makers of the version are kept from signing.
        action: What becomes of the version; None: it stays where it is, which must be approved.
        one_suffices: Whether one of the roles that sign is enough.
    """

    asked_by: tuple[Role, ...]
    signed_by: tuple[Role, ...]
    is_judgement: bool
    action: VersionAction | None
    one_suffices: bool = False


RULES: Final[Mapping[ProceedingKind, ProceedingRule]] = MappingProxyType(
    {
        ProceedingKind.REINSTATEMENT: ProceedingRule(
            asked_by=(Role.OWNER,),
            signed_by=(Role.VALIDATOR, Role.COMPLIANCE),
            is_judgement=True,
            action=VersionAction.REINSTATE,
        ),
        ProceedingKind.RETIREMENT: ProceedingRule(
            asked_by=(Role.OWNER, Role.COMPLIANCE),
            signed_by=(Role.OWNER, Role.COMPLIANCE),
            is_judgement=False,
            action=VersionAction.RETIRE,
        ),
        ProceedingKind.PURGE: ProceedingRule(
            asked_by=(Role.COMPLIANCE, Role.ADMIN),
            signed_by=(Role.COMPLIANCE, Role.ADMIN),
            is_judgement=False,
            action=VersionAction.PURGE,
        ),
        ProceedingKind.CHANGE_PLAN: ProceedingRule(
            asked_by=(),
            signed_by=(Role.VALIDATOR, Role.OWNER),
            is_judgement=True,
            action=None,
        ),
        ProceedingKind.ALIAS_CHANGE: ProceedingRule(
            asked_by=(Role.OWNER,),
            signed_by=(Role.VALIDATOR, Role.COMPLIANCE),
            is_judgement=True,
            action=None,
            one_suffices=True,
        ),
    }
)


def signing_roles(kind: ProceedingKind, asking: Set[Role]) -> tuple[Role, ...]:
    """Roles whose signature is needed when a holder of these roles asks; empty: they may not ask.

    Who holds both roles of a pair asks in the first one: the other has to be another person's.
    """
    rule = RULES[kind]
    asked_as = next((role for role in rule.asked_by if role in asking), None)
    if rule.asked_by and asked_as is None:
        return ()
    return tuple(role for role in rule.signed_by if role != asked_as)


def can_begin(kind: ProceedingKind, state: VersionState) -> bool:
    """Whether a version that stands so can be asked for this."""
    action = RULES[kind].action
    if action is None:
        return state is VersionState.APPROVED
    return (state, action) in TRANSITIONS

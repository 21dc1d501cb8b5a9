"""What a signature means: one fixed sentence for each thing that is signed, and each decision.

1. In a stage of an approval the role says what its approval means.
2. In a proceeding the kind does, whichever role signs.
3. Of a waiver the first person proposes and the second one agrees.

21 CFR 11.50 wants the meaning of a signature stated with it. The sentences are part of stored
signatures, so a changed one is for signatures to come.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from accredit_governance.access.permissions import Role
from accredit_governance.lifecycle.approvals import Decision, Stage
from accredit_governance.lifecycle.proceedings import ProceedingKind, Verdict

_APPROVAL: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.VALIDATOR: "I have validated this model version independently of those who built it: "
        "the evidence of its gates and its model card are enough for its purpose.",
        Role.COMPLIANCE: "I have reviewed this model version against the policy that it is judged "
        "under and the law that I answer for, and I find that it complies.",
        Role.OWNER: "I accept this model version for its purpose, and I answer for its use and "
        "for the risk that remains.",
    }
)
_REFUSAL: Final[Mapping[Decision, str]] = MappingProxyType(
    {
        Decision.REJECT: "I have examined this model version, and I reject it: it must not serve.",
        Decision.REQUEST_CHANGES: "I have examined this model version, and I ask for changes: "
        "a new version has to answer the points of my comment.",
    }
)
_PROCEEDING: Final[Mapping[ProceedingKind, str]] = MappingProxyType(
    {
        ProceedingKind.REINSTATEMENT: "I have examined why this model version was suspended and "
        "what was done about it, and I agree that it serves again as it was approved.",
        ProceedingKind.RETIREMENT: "I agree that this model version is retired for good: it does "
        "not serve again.",
        ProceedingKind.PURGE: "I agree that the files of this retired model version are deleted "
        "for good, and that its records stay.",
        ProceedingKind.CHANGE_PLAN: "I have examined what this plan lets change, and I agree that "
        "versions inside its envelope take the short path.",
        ProceedingKind.ALIAS_CHANGE: "I have examined this model version and what it replaces, and "
        "I agree that it goes by this name in this environment from now on.",
    }
)
PROPOSED_WAIVER: Final = (
    "I have examined the evidence of this check, and I propose to accept for the stated time that "
    "there is too little of it, under the compensating control that I state."
)
CONFIRMED_WAIVER: Final = (
    "I have examined the evidence of this check and what is proposed, and I accept for the stated "
    "time that there is too little of it, under the compensating control as stated."
)


def meaning_in_proceeding(kind: ProceedingKind, verdict: Verdict) -> str:
    """The sentence that a signer in a proceeding puts their name to."""
    if verdict == "reject":
        return f"I have examined this {kind.words}, and I refuse it."
    return _PROCEEDING[kind]


def meaning_of(stage: Stage, decision: Decision) -> str:
    """The sentence that a signer of a stage puts their name to.

    Raises:
        ValueError: the stage is signed by a role that signs nothing.
    """
    if decision is not Decision.APPROVE:
        return _REFUSAL[decision]
    if stage.role not in _APPROVAL:
        raise ValueError(f"the role {stage.role} signs nothing")
    return _APPROVAL[stage.role]

"""What a signature means: one fixed sentence for each role that signs and each decision.

21 CFR 11.50 wants the meaning of a signature stated with it. The sentences are part of stored
signatures, so a changed one is for signatures to come.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from accredit_governance.access.permissions import Role
from accredit_governance.lifecycle.approvals import Decision, Stage

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

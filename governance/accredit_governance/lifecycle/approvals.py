"""How signatures add up: which stage is open, and what a decision makes of the request."""

import uuid
from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document


class Decision(StrEnum):
    """What a signer says."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


class RequestState(StrEnum):
    """Where an approval request stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Stage(Document):
    """So many signatures by holders of one role, before the next stage opens."""

    name: str
    role: Role
    quorum: int = Field(default=1, ge=1)


class Signature(Document):
    """As much of a sign-off as the counting needs."""

    stage: str
    signer_id: uuid.UUID
    decision: Decision
    on_behalf_of: uuid.UUID | None = None

    @property
    def hands(self) -> frozenset[uuid.UUID]:
        """Everybody who has a part in it; none of them has one in another signature."""
        return frozenset(p for p in (self.signer_id, self.on_behalf_of) if p is not None)


def open_stage(stages: Sequence[Stage], signatures: Sequence[Signature]) -> Stage | None:
    """First stage whose quorum of approvals by distinct people is not reached; None: all are."""
    for stage in stages:
        approvers = {
            s.signer_id
            for s in signatures
            if s.stage == stage.name and s.decision is Decision.APPROVE
        }
        if len(approvers) < stage.quorum:
            return stage
    return None


def outcome(stages: Sequence[Stage], signatures: Sequence[Signature]) -> RequestState:
    """State that the signatures amount to. One refusal decides; no stages never approve."""
    decisions = {s.decision for s in signatures}
    if Decision.REJECT in decisions:
        return RequestState.REJECTED
    if Decision.REQUEST_CHANGES in decisions:
        return RequestState.CHANGES_REQUESTED
    if stages and open_stage(stages, signatures) is None:
        return RequestState.APPROVED
    return RequestState.OPEN

"""Facts around signatures: tickets, comments, conditions, delegations, escalation."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class SigningTicketIssued(Fact):
    """A person has authenticated anew, to sign over one digest."""

    action = "signing_ticket.issued"
    subject_digest: Digest
    method: str
    authenticated_at: datetime


class CommentWritten(Fact):
    """Somebody said something about an approval request; the text is known by its digest."""

    action = "approval_comment.written"
    approval_request: uuid.UUID
    text_digest: Digest


class ApprovalEscalated(Fact):
    """A request waits for longer than its policy likes; everybody who could sign is told."""

    action = "approval_request.escalated"
    model_version: uuid.UUID
    stage: str
    role: str


class ConditionImposed(Fact):
    """An approval was signed under a condition."""

    action = "approval_condition.imposed"
    model_version: uuid.UUID
    sign_off: uuid.UUID
    owner: uuid.UUID
    due_at: datetime
    text_digest: Digest


class ConditionMet(Fact):
    """The owner of a condition says that it is met, and shows the evidence."""

    action = "approval_condition.met"
    model_version: uuid.UUID
    evidence_digest: Digest


class ConditionConfirmed(Fact):
    """Somebody else saw that a condition is met."""

    action = "approval_condition.confirmed"
    model_version: uuid.UUID


class ConditionReturned(Fact):
    """Somebody found the evidence too thin; the condition is open again."""

    action = "approval_condition.returned"
    model_version: uuid.UUID
    reason: str


class ConditionReassigned(Fact):
    """A condition has another owner; `before` and `after` are people."""

    action = "approval_condition.reassigned"
    model_version: uuid.UUID
    before: uuid.UUID
    after: uuid.UUID
    reason: str


class ConditionBreached(Fact):
    """A condition was not met in time, or it was said to be and nobody else saw it."""

    action = "approval_condition.breached"
    model_version: uuid.UUID
    owner: uuid.UUID
    before: str
    due_at: datetime


class ConditionVoided(Fact):
    """Nobody owes a condition any more: the version is retired."""

    action = "approval_condition.voided"
    model_version: uuid.UUID


class DelegationGiven(Fact):
    """A person lent their signature for a role to somebody else."""

    action = "delegation.given"
    delegate: uuid.UUID
    role: str
    starts_at: datetime
    ends_at: datetime


class DelegationRevoked(Fact):
    """A delegation ended before its time."""

    action = "delegation.revoked"
    delegator: uuid.UUID
    delegate: uuid.UUID
    role: str

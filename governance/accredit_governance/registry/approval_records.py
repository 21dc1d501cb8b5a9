"""Documents around approval: requests, signatures, comments, conditions, delegations."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document, Moment
from accredit_governance.lifecycle.approvals import Decision, Stage
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.registry.records import Record


class NewCondition(Document):
    """What an approval demands to be done.

    Attributes:
        text: What has to be true in the end.
        due_at: Until when.
        owner_id: The person who sees to it.
    """

    text: Annotated[str, Field(max_length=4000)]
    due_at: Moment
    owner_id: uuid.UUID


class SignOffRecord(Record):
    """A signature.

    Attributes:
        on_behalf_of: The person who had lent the signer their signature.
        meaning: The sentence that the signer put their name to.
        method: How the signer had proved who they are.
        authenticated_at: When.
    """

    id: uuid.UUID
    approval_request_id: uuid.UUID
    stage: str
    decision: str
    comment: str
    subject_digest: str
    signer_id: uuid.UUID
    signed_at: datetime
    on_behalf_of: uuid.UUID | None
    delegation_id: uuid.UUID | None
    meaning: str | None
    method: str | None
    authenticated_at: datetime | None


class ConditionRecord(Record):
    """A condition of an approval, with the actions that its state knows.

    Attributes:
        evidence: What its owner shows for it being met.
        returned: Why the evidence of last time was not enough.
        breached_at: When it was written down that it is overdue.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    approval_request_id: uuid.UUID
    sign_off_id: uuid.UUID
    state: ConditionState
    allowed_actions: tuple[str, ...]
    text: str
    due_at: datetime
    owner_id: uuid.UUID
    imposed_by: uuid.UUID
    created_at: datetime
    evidence: str | None
    met_by: uuid.UUID | None
    met_at: datetime | None
    confirmed_by: uuid.UUID | None
    confirmed_at: datetime | None
    returned: str | None
    breached_at: datetime | None


class ApprovalRequestRecord(Record):
    """A version waiting for signatures, or decided.

    Attributes:
        meanings: What each decision in the open stage means; its signer puts their name to it.
        escalate_at: When everybody who could sign is told that it still waits.
        lapse_at: When it is closed undecided.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    model_name: str
    version_number: int
    card_version_id: uuid.UUID
    gate_evaluation_id: uuid.UUID
    policy_version_id: uuid.UUID
    subject: Any
    subject_digest: str
    stages: tuple[Stage, ...]
    open_stage: str | None
    meanings: dict[Decision, str]
    state: str
    trained_by: uuid.UUID
    submitted_by: uuid.UUID
    prepared_by: uuid.UUID
    created_at: datetime
    decided_at: datetime | None
    escalate_at: datetime | None
    escalated_at: datetime | None
    lapse_at: datetime | None
    sign_offs: tuple[SignOffRecord, ...]
    conditions: tuple[ConditionRecord, ...]


class SigningTicket(Record):
    """Proof that its holder has just authenticated; shown this once, good for one signature."""

    subject_digest: str
    method: str
    authenticated_at: datetime
    expires_at: datetime
    ticket: str


class CommentRecord(Record):
    """What somebody said about a request."""

    id: uuid.UUID
    approval_request_id: uuid.UUID
    author_id: uuid.UUID
    text: str
    written_at: datetime


class DelegationRecord(Record):
    """A signature for a role, lent to somebody else for a time.

    Attributes:
        project_id: Where it holds; None: wherever the delegator holds the role.
        is_standing: Whether it holds at this moment, as far as time and revocation say.
    """

    id: uuid.UUID
    delegator_id: uuid.UUID
    delegate_id: uuid.UUID
    role: Role
    project_id: uuid.UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    is_standing: bool
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: uuid.UUID | None

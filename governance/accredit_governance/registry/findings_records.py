"""Documents made from the rows of findings, accepted risks and attestations."""

import uuid
from datetime import date, datetime

from accredit_governance.lifecycle.attestations import AttestationState
from accredit_governance.lifecycle.findings import (
    FindingAction,
    FindingSeverity,
    FindingSource,
    FindingState,
)
from accredit_governance.registry.records import Record


class FindingRecord(Record):
    """A finding, where it stands, and what may follow.

    Attributes:
        model_version_id: none where the whole use case is meant.
        overdue: its owner is late as of now.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    use_case_id: uuid.UUID
    model_version_id: uuid.UUID | None
    alert_id: uuid.UUID | None
    attestation_id: uuid.UUID | None
    condition_id: uuid.UUID | None
    source: FindingSource
    title: str
    description: str
    severity: FindingSeverity
    state: FindingState
    owner_id: uuid.UUID
    due_on: date
    overdue: bool
    opened_by: uuid.UUID
    opened_at: datetime
    remediated_by: uuid.UUID | None
    closed_by: uuid.UUID | None
    allowed_actions: tuple[FindingAction, ...]


class FindingStepRecord(Record):
    """One step in the life of a finding."""

    id: uuid.UUID
    finding_id: uuid.UUID
    action: str
    before_state: FindingState
    after_state: FindingState
    severity: FindingSeverity
    said: str
    reference: str | None
    evidence_digest: str | None
    done_by: uuid.UUID
    done_at: datetime


class RiskAcceptanceRecord(Record):
    """The risk of a finding, borne by two people until a day; proposed, while one has agreed."""

    id: uuid.UUID
    project_id: uuid.UUID
    finding_id: uuid.UUID
    reason: str
    until_on: date
    proposed_by: uuid.UUID
    proposed_role: str
    proposed_at: datetime
    confirmed_by: uuid.UUID | None
    confirmed_role: str | None
    confirmed_at: datetime | None
    ended_at: datetime | None


class AttestationRecord(Record):
    """A statement about an approved version that somebody has to stand by.

    Attributes:
        overdue: nobody has answered, and the due day is over.
        read_digest: of the newest card, which an answer has to name.
        card_digest: of the card that the answer was given over.
        method: how who answered had proved who they are.
        authenticated_at: when.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    policy_version_id: uuid.UUID
    name: str
    statement: str
    role: str
    state: AttestationState
    from_at: datetime
    due_on: date
    overdue: bool
    read_digest: str | None
    answered_by: uuid.UUID | None
    answered_at: datetime | None
    comment: str | None
    card_digest: str | None
    method: str | None
    authenticated_at: datetime | None

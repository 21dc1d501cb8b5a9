"""Facts about findings, accepted risks and attestations. What people wrote is in the registry."""

import uuid
from datetime import date, datetime

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class FindingOpened(Fact):
    """Something is wrong with a model version or a use case."""

    action = "finding.opened"
    use_case: uuid.UUID
    model_version: uuid.UUID | None
    severity: str
    source: str
    owner: uuid.UUID
    due_on: date
    described_digest: Digest


class FindingMoved(Fact):
    """A finding went one step on; `said_digest` is of what was written at it."""

    action = "finding.moved"
    model_version: uuid.UUID | None
    step: str
    before: str
    after: str
    due_before: date
    due_on: date
    said_digest: Digest
    evidence_digest: Digest | None = None


class FindingSeverityChanged(Fact):
    """A finding turned out graver, or less grave."""

    action = "finding.severity_changed"
    model_version: uuid.UUID | None
    before: str
    after: str
    said_digest: Digest


class FindingReassigned(Fact):
    """A finding has another owner; `before` and `after` are people."""

    action = "finding.reassigned"
    model_version: uuid.UUID | None
    before: uuid.UUID
    after: uuid.UUID
    said_digest: Digest


class FindingOverdue(Fact):
    """The due day of a finding passed, and its owner has not remediated it."""

    action = "finding.overdue"
    model_version: uuid.UUID | None
    severity: str
    owner: uuid.UUID
    due_on: date


class RiskAcceptanceProposed(Fact):
    """The first of two people would bear the risk of a finding until a day."""

    action = "risk_acceptance.proposed"
    finding: uuid.UUID
    role: str
    until_on: date


class RiskAcceptanceConfirmed(Fact):
    """The second of two people agreed."""

    action = "risk_acceptance.confirmed"
    finding: uuid.UUID
    role: str
    until_on: date


class RiskAcceptanceEnded(Fact):
    """An acceptance, or a proposal of one, does not count any more."""

    action = "risk_acceptance.ended"
    finding: uuid.UUID
    confirmed: bool
    cause: str
    until_on: date


class AttestationOpened(Fact):
    """A statement about an approved version waits for the person who stands by it."""

    action = "attestation.opened"
    model_version: uuid.UUID
    name: str
    role: str
    statement_digest: Digest
    due_on: date


class AttestationAnswered(Fact):
    """A person stood by the statement over this card, or declined to."""

    action = "attestation.answered"
    model_version: uuid.UUID
    name: str
    answer: str
    statement_digest: Digest
    card_digest: Digest
    method: str
    authenticated_at: datetime


class AttestationOverdue(Fact):
    """The due day of an attestation passed without an answer."""

    action = "attestation.overdue"
    model_version: uuid.UUID
    name: str
    role: str
    due_on: date


class AttestationLapsed(Fact):
    """Nobody has to attest any more: the version is not in use."""

    action = "attestation.lapsed"
    model_version: uuid.UUID
    name: str

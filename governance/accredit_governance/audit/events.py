"""What can be written down: one class per fact, and the event that carries it.

A fact holds references and digests, never personal data or rows of a data set. Its `action` is
`resource.verb` and never changes: stored events are read by it.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Literal

from accredit_governance.documents import Digest, Document


class Fact(Document):
    """Something that happened."""

    action: ClassVar[str]


class OperationRefused(Fact):
    """Someone tried what they may not do, or what the state forbids."""

    action = "operation.refused"
    operation: str
    code: str
    reason: str
    references: tuple[str, ...]


class PrincipalCreated(Fact):
    """A person or service account was added."""

    action = "principal.created"
    kind: str


class RoleBound(Fact):
    """A principal was given a role."""

    action = "role.bound"
    principal: uuid.UUID
    role: str


class TokenIssued(Fact):
    """An API token was issued; its secret is not recorded."""

    action = "token.issued"
    principal: uuid.UUID
    expires_at: datetime


class TokenRevoked(Fact):
    """An API token was revoked."""

    action = "token.revoked"
    principal: uuid.UUID


class SessionStarted(Fact):
    """Someone signed in with a browser."""

    action = "session.started"


class SessionEnded(Fact):
    """Someone signed out."""

    action = "session.ended"


class SignInFailed(Fact):
    """Somebody gave a wrong password. The name is not recorded: it may be a mistyped password."""

    action = "session.refused"
    principal: uuid.UUID | None


class ProjectCreated(Fact):
    """A project was opened."""

    action = "project.created"
    name: str


class UseCaseCreated(Fact):
    """A purpose was declared."""

    action = "use_case.created"
    name: str
    owner: uuid.UUID
    terms_digest: Digest


class DatasetCreated(Fact):
    """A dataset was named."""

    action = "dataset.created"
    name: str


class DatasetVersionReceived(Fact):
    """Bytes were uploaded; not read yet."""

    action = "dataset_version.received"
    dataset: uuid.UUID
    number: int
    upload_digest: Digest
    upload_bytes: int


class DatasetVersionReady(Fact):
    """An upload was read and profiled."""

    action = "dataset_version.ready"
    dataset: uuid.UUID
    number: int
    frame_digest: Digest
    artifact: Digest
    rows: int


class DatasetVersionRefused(Fact):
    """An upload could not be used."""

    action = "dataset_version.refused"
    dataset: uuid.UUID
    number: int
    code: str


class PolicyDrafted(Fact):
    """A policy was written."""

    action = "policy_version.drafted"
    name: str
    version: int
    policy_digest: Digest


class PolicyPublished(Fact):
    """A policy came into force; it does not change any more."""

    action = "policy_version.published"
    name: str
    version: int
    policy_digest: Digest
    shipped: bool


class RunRequested(Fact):
    """An AutoML run was asked for."""

    action = "run.requested"
    use_case: uuid.UUID
    dataset_version: uuid.UUID
    spec_digest: Digest


class RunFinished(Fact):
    """A run ended with a bundle."""

    action = "run.finished"
    record_digest: Digest
    bundle_digest: Digest
    trials: int


class RunFailed(Fact):
    """A run ended without a bundle."""

    action = "run.failed"
    code: str


class RunCancelled(Fact):
    """A run was stopped by a person."""

    action = "run.cancelled"


class JobCancelRequested(Fact):
    """Someone asked for a job to stop."""

    action = "job.cancel_requested"
    kind: str
    subject: uuid.UUID


class ModelCreated(Fact):
    """A model was named."""

    action = "model.created"
    name: str
    use_case: uuid.UUID


class VersionRegistered(Fact):
    """A run's bundle became a model version."""

    action = "model_version.registered"
    model: uuid.UUID
    number: int
    run: uuid.UUID
    bundle_digest: Digest


class VersionDescribed(Fact):
    """The statements that only people can make were written."""

    action = "model_version.described"
    statements_digest: Digest


class VersionSubmitted(Fact):
    """A version was frozen and handed to the gates of a pinned policy."""

    action = "model_version.submitted"
    policy_version: uuid.UUID
    policy_digest: Digest


class GatesEvaluated(Fact):
    """The gates judged a version."""

    action = "gate_evaluation.finished"
    model_version: uuid.UUID
    policy_digest: Digest
    report_digest: Digest
    verdicts: dict[str, int]
    blocking: list[str]


class GatesErrored(Fact):
    """The gates could not be run; that is never a pass."""

    action = "gate_evaluation.errored"
    model_version: uuid.UUID
    code: str


class WaiverProposed(Fact):
    """One person asks that a check that did not pass be accepted for a while."""

    action = "waiver.proposed"
    model_version: uuid.UUID
    check: str
    verdict: str
    expires_at: datetime


class WaiverConfirmed(Fact):
    """A second person agreed to a waiver."""

    action = "waiver.confirmed"
    model_version: uuid.UUID
    check: str
    verdict: str


class CardIssued(Fact):
    """A model card was generated."""

    action = "card_version.issued"
    model_version: uuid.UUID
    number: int
    card_digest: Digest


class ApprovalRequested(Fact):
    """A version waits for its signatures."""

    action = "approval_request.opened"
    model_version: uuid.UUID
    subject_digest: Digest
    stages: list[str]


class SignedOff(Fact):
    """A person signed, one way or the other."""

    action = "sign_off.recorded"
    approval_request: uuid.UUID
    model_version: uuid.UUID
    stage: str
    decision: str
    subject_digest: Digest


class ApprovalWithdrawn(Fact):
    """The submitter took the request back."""

    action = "approval_request.withdrawn"
    model_version: uuid.UUID


class VersionMoved(Fact):
    """A model version went from one state to another."""

    action = "model_version.moved"
    before: str
    after: str
    cause: str
    reason: str | None = None


class DeploymentRequested(Fact):
    """Someone asked for an approved version to serve."""

    action = "deployment.requested"
    model_version: uuid.UUID
    environment: str
    bundle_digest: Digest


class DeploymentActivated(Fact):
    """The bundle was found undamaged and reproduces its golden rows; it serves."""

    action = "deployment.activated"
    model_version: uuid.UUID


class DeploymentFailed(Fact):
    """The bundle cannot serve."""

    action = "deployment.failed"
    model_version: uuid.UUID
    code: str


class DeploymentStopped(Fact):
    """A deployment was taken out of service."""

    action = "deployment.stopped"
    model_version: uuid.UUID
    reason: str


class AccessGranted(Fact):
    """A principal may predict with a deployment."""

    action = "access_grant.given"
    deployment: uuid.UUID
    principal: uuid.UUID
    expires_at: datetime


class AccessRevoked(Fact):
    """A grant ended early."""

    action = "access_grant.revoked"
    deployment: uuid.UUID
    principal: uuid.UUID


class PredictionsSealed(Fact):
    """So many predictions, whose digests have this Merkle root in order of their ids."""

    action = "prediction_segment.sealed"
    deployment: uuid.UUID
    count: int
    root: Digest


class OutcomesRecorded(Fact):
    """Labels arrived."""

    action = "outcome.recorded"
    deployment: uuid.UUID
    count: int
    outcomes_digest: Digest


class DriftRequested(Fact):
    """Someone, or the schedule, asked for a drift report."""

    action = "drift_report.requested"
    deployment: uuid.UUID


class DriftReported(Fact):
    """A drift report was made."""

    action = "drift_report.finished"
    deployment: uuid.UUID
    verdict: str
    report_digest: Digest
    alerts: int


class DriftFailed(Fact):
    """A drift report could not be made."""

    action = "drift_report.failed"
    deployment: uuid.UUID
    code: str


class AlertOpened(Fact):
    """Something about a served model needs a person."""

    action = "alert.opened"
    deployment: uuid.UUID
    severity: str
    subject: str


class AlertAcknowledged(Fact):
    """A person took an alert on."""

    action = "alert.acknowledged"
    deployment: uuid.UUID


class AuditExported(Fact):
    """The trail was pulled."""

    action = "audit.exported"
    size: int


class PredictionsRead(Fact):
    """Someone looked at logged inputs and answers."""

    action = "prediction.read"
    deployment: uuid.UUID
    count: int


class ActorRef(Document):
    """Who did it, by opaque identifiers."""

    id: uuid.UUID
    kind: str
    on_behalf_of: uuid.UUID | None = None
    token: uuid.UUID | None = None


class AuditEvent(Document):
    """One entry of the log. Its canonical JSON is what is hashed, stored and exported."""

    seq: int
    id: uuid.UUID
    at: datetime
    actor: ActorRef
    action: str
    outcome: Literal["ok", "denied"]
    project: uuid.UUID | None
    resource: uuid.UUID | None
    request: str | None
    # The fact's own fields; its class is known by `action`.
    fact: dict[str, Any]

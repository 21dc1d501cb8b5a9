"""Facts about what is built and judged: runs, models, gates, waivers, cards, sign-offs."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


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
    terms_digest: Digest
    risk_assessment: uuid.UUID
    tier: int


class GatesEvaluated(Fact):
    """The gates judged a version."""

    action = "gate_evaluation.finished"
    model_version: uuid.UUID
    policy_digest: Digest
    report_digest: Digest
    probes_digest: Digest | None = None
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
    subject_digest: Digest | None = None
    meaning: str | None = None
    method: str | None = None
    authenticated_at: datetime | None = None


class WaiverConfirmed(Fact):
    """A second person agreed to a waiver."""

    action = "waiver.confirmed"
    model_version: uuid.UUID
    check: str
    verdict: str
    subject_digest: Digest | None = None
    meaning: str | None = None
    method: str | None = None
    authenticated_at: datetime | None = None


class WaiverExpired(Fact):
    """A waiver ran out. `confirmed` says whether anything rested on it."""

    action = "waiver.expired"
    model_version: uuid.UUID
    check: str
    confirmed: bool
    expires_at: datetime


class WaiverRevoked(Fact):
    """One person took back what two had accepted, or what one had proposed."""

    action = "waiver.revoked"
    model_version: uuid.UUID
    check: str
    confirmed: bool


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
    meaning: str | None = None
    method: str | None = None
    authenticated_at: datetime | None = None
    delegation: uuid.UUID | None = None


class ApprovalWithdrawn(Fact):
    """The submitter took the request back."""

    action = "approval_request.withdrawn"
    model_version: uuid.UUID


class ApprovalLapsed(Fact):
    """A request was closed undecided: a waiver that it rests on has ended, or its time is over."""

    action = "approval_request.lapsed"
    model_version: uuid.UUID
    waiver: uuid.UUID | None = None


class VersionMoved(Fact):
    """A model version went from one state to another.

    `valid_until` says how long an approval holds; versions that are not approved have none.
    """

    action = "model_version.moved"
    before: str
    after: str
    cause: str
    reason: str | None = None
    valid_until: datetime | None = None

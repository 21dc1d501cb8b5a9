"""Facts about what follows an approval: proceedings, re-certifications, holds, purges, plans."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class ProceedingOpened(Fact):
    """Someone asked for something to be done with a version; others have to sign it."""

    action = "proceeding.opened"
    model_version: uuid.UUID
    kind: str
    subject_digest: Digest
    roles: list[str]


class ProceedingSigned(Fact):
    """A person signed in a proceeding, one way or the other."""

    action = "proceeding.signed"
    proceeding: uuid.UUID
    model_version: uuid.UUID
    kind: str
    role: str
    decision: str
    subject_digest: Digest
    meaning: str
    method: str
    authenticated_at: datetime


class ProceedingWithdrawn(Fact):
    """Who asked took it back."""

    action = "proceeding.withdrawn"
    model_version: uuid.UUID
    kind: str


class ProceedingLapsed(Fact):
    """The version moved on, so there is nothing left to decide on."""

    action = "proceeding.lapsed"
    model_version: uuid.UUID
    kind: str


class RecertificationRequested(Fact):
    """A version whose approval ran out was handed to the gates of the policy of today."""

    action = "model_version.recertification_requested"
    policy_version: uuid.UUID
    policy_digest: Digest
    risk_assessment: uuid.UUID
    tier: int
    dataset_version: uuid.UUID | None


class LegalHoldPlaced(Fact):
    """Nothing of this may be deleted any more."""

    action = "legal_hold.placed"
    model: uuid.UUID | None
    model_version: uuid.UUID | None
    reason: str


class LegalHoldLifted(Fact):
    """Another person ended a hold."""

    action = "legal_hold.lifted"
    model: uuid.UUID | None
    model_version: uuid.UUID | None
    reason: str


class VersionPurged(Fact):
    """Two people agreed that the bundle and the rows about a retired version go."""

    action = "model_version.purged"
    proceeding: uuid.UUID
    artifacts: list[Digest]


class ArtifactsRemoved(Fact):
    """The files of a purged version were taken off the store."""

    action = "tombstone.artifacts_removed"
    model_version: uuid.UUID
    removed: list[Digest]
    shared: list[Digest]


class ChangePlanSigned(Fact):
    """A change plan came into force."""

    action = "change_plan.signed"
    model_version: uuid.UUID
    envelope_digest: Digest
    max_uses: int
    ends_at: datetime


class ChangePlanEnded(Fact):
    """A plan fell, because the version it was signed for is not approved any more."""

    action = "change_plan.ended"
    model_version: uuid.UUID
    reason: str


class ChangePlanUsed(Fact):
    """A version was submitted under a plan."""

    action = "change_plan.used"
    change_plan: uuid.UUID
    number: int


class ChangePlanJudged(Fact):
    """Whether a version lies inside the envelope of its plan, and if not, why."""

    action = "change_plan.judged"
    change_plan: uuid.UUID
    model_version: uuid.UUID
    outcome: str
    reasons: list[str]


class ReviewWidened(Fact):
    """A review on the short path was opened anew with every stage: its plan has ended."""

    action = "approval_request.widened"
    model_version: uuid.UUID
    change_plan: uuid.UUID

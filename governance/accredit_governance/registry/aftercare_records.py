"""Documents about what follows an approval."""

import uuid
from datetime import datetime
from typing import Any

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState, Verdict
from accredit_governance.registry.aftercare_terms import Envelope
from accredit_governance.registry.records import Record


class ProceedingSignOffRecord(Record):
    """A signature in a proceeding.

    Attributes:
        meaning: The sentence that the signer put their name to.
        method: How the signer had proved who they are.
        authenticated_at: When.
    """

    id: uuid.UUID
    proceeding_id: uuid.UUID
    role: Role
    decision: str
    comment: str
    subject_digest: str
    signer_id: uuid.UUID
    signed_at: datetime
    meaning: str | None
    method: str | None
    authenticated_at: datetime | None


class ProceedingRecord(Record):
    """Something asked to be done with a version.

    Attributes:
        document: What was asked for: a reinstatement, an ending or a planned change.
        roles: Roles that sign.
        waiting_for: Of them those that have not; empty once it is decided.
        one_suffices: Whether one of them is enough.
        meanings: What each decision means; its signer puts their name to it.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    model_name: str
    version_number: int
    kind: ProceedingKind
    document: Any
    subject: Any
    subject_digest: str
    roles: tuple[Role, ...]
    waiting_for: tuple[Role, ...]
    one_suffices: bool
    meanings: dict[Verdict, str]
    state: ProceedingState
    asked_by: uuid.UUID
    asked_at: datetime
    decided_at: datetime | None
    sign_offs: tuple[ProceedingSignOffRecord, ...]


class RecertificationRecord(Record):
    """A version that was handed to the gates anew."""

    id: uuid.UUID
    model_version_id: uuid.UUID
    dataset_version_id: uuid.UUID | None
    policy_version_id: uuid.UUID
    asked_by: uuid.UUID
    asked_at: datetime
    job_id: uuid.UUID | None = None


class LegalHoldRecord(Record):
    """A hold; without model and version it is on the whole project."""

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID | None
    model_version_id: uuid.UUID | None
    reason: str
    placed_by: uuid.UUID
    placed_at: datetime
    lifted_by: uuid.UUID | None
    lifted_at: datetime | None
    lifting_reason: str | None


class KeptArtifact(Document):
    """A file or folder of the store, and what it was."""

    kind: str
    sha256: str
    folder: bool


class TombstoneRecord(Record):
    """What a purge took away."""

    id: uuid.UUID
    model_version_id: uuid.UUID
    proceeding_id: uuid.UUID
    artifacts: tuple[KeptArtifact, ...]
    purged_at: datetime
    removed_at: datetime | None


class ChangePlanUseRecord(Record):
    """A version that was submitted under a plan; `reasons` say why it lies outside."""

    change_plan_id: uuid.UUID
    number: int
    model_version_id: uuid.UUID
    outcome: str | None
    reasons: tuple[str, ...] | None
    used_by: uuid.UUID
    used_at: datetime


class ChangePlanRecord(Record):
    """A signed plan, and the versions submitted under it."""

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    model_id: uuid.UUID
    envelope: Envelope
    signed_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    uses: tuple[ChangePlanUseRecord, ...]

"""Documents made from rows: what the API answers and the pages show."""

import uuid
from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict

from accredit_governance.documents import Document
from accredit_governance.gates.results import CheckResult
from accredit_governance.lifecycle.versions import VersionState, allowed_actions
from accredit_governance.lifecycle.waivers import WaiverState
from accredit_governance.registry.tables import ModelVersionRow, Row
from accredit_governance.registry.terms import CardStatements, RunSpec, UseCaseTerms


class Record(Document):
    """A document whose fields are columns of a row."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, row: Row, **more: object) -> Self:
        """Document of a row; `more` gives fields that are no column."""
        values = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in more and hasattr(row, name)
        }
        return cls.model_validate({**values, **more})


class PrincipalRecord(Record):
    """A person, a service account or the system."""

    id: uuid.UUID
    kind: str
    name: str
    title: str
    email: str | None
    active: bool
    created_at: datetime


class RoleBindingRecord(Record):
    """A role of a principal or of a group, on a model, in a project or everywhere.

    Attributes:
        condition: under which it counts; None: under none.
        source: who keeps it: `local`, or `provider:` and the name of an identity provider.
    """

    id: uuid.UUID
    principal_id: uuid.UUID | None
    group_id: uuid.UUID | None
    role: str
    project_id: uuid.UUID | None
    model_id: uuid.UUID | None
    condition: str | None
    source: str


class ProjectRecord(Record):
    """A project."""

    id: uuid.UUID
    name: str
    title: str
    created_at: datetime
    created_by: uuid.UUID


class UseCaseRecord(Record):
    """A use case."""

    id: uuid.UUID
    project_id: uuid.UUID
    name: str
    owner_id: uuid.UUID
    terms: UseCaseTerms
    created_at: datetime
    created_by: uuid.UUID


class DatasetRecord(Record):
    """A dataset."""

    id: uuid.UUID
    project_id: uuid.UUID
    name: str
    title: str
    created_at: datetime
    created_by: uuid.UUID


class DatasetVersionRecord(Record):
    """One upload of a dataset."""

    id: uuid.UUID
    project_id: uuid.UUID
    dataset_id: uuid.UUID
    number: int
    state: str
    upload_name: str
    upload_digest: str
    upload_bytes: int
    artifact: str | None
    frame_digest: str | None
    rows: int | None
    profile: Any
    error: Any
    prepared_by: uuid.UUID
    created_at: datetime
    job_id: uuid.UUID | None = None


class PolicyVersionRecord(Record):
    """A policy version."""

    id: uuid.UUID
    name: str
    version: int
    state: str
    shipped: bool
    policy_digest: str
    document: Any
    authored_by: uuid.UUID
    created_at: datetime
    published_by: uuid.UUID | None
    published_at: datetime | None


class RunRecord(Record):
    """A run, without its trials."""

    id: uuid.UUID
    project_id: uuid.UUID
    use_case_id: uuid.UUID
    dataset_version_id: uuid.UUID
    state: str
    spec: RunSpec
    record_digest: str | None
    bundle_digest: str | None
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    finished_at: datetime | None
    job_id: uuid.UUID | None = None


class TrialRecord(Record):
    """A trial of a run."""

    number: int
    family: str
    state: str
    score: float | None
    document: Any


class ModelRecord(Record):
    """A model."""

    id: uuid.UUID
    project_id: uuid.UUID
    use_case_id: uuid.UUID
    name: str
    created_at: datetime
    created_by: uuid.UUID


class ModelVersionRecord(Record):
    """A model version, with the actions that its lifecycle knows from here."""

    id: uuid.UUID
    project_id: uuid.UUID
    model_id: uuid.UUID
    model_name: str
    number: int
    run_id: uuid.UUID
    state: VersionState
    allowed_actions: tuple[str, ...]
    bundle_digest: str
    statements: CardStatements | None
    policy_version_id: uuid.UUID | None
    registered_by: uuid.UUID
    created_at: datetime
    submitted_by: uuid.UUID | None
    submitted_at: datetime | None
    approved_at: datetime | None
    valid_until: datetime | None
    job_id: uuid.UUID | None = None

    @classmethod
    def of_version(
        cls, row: ModelVersionRow, *, model_name: str, job_id: uuid.UUID | None = None
    ) -> Self:
        """Document of a version row."""
        state = VersionState(row.state)
        return cls.of(
            row,
            model_name=model_name,
            allowed_actions=tuple(a.value for a in allowed_actions(state)),
            job_id=job_id,
        )


class GateEvaluationRecord(Record):
    """One judgement of a version, with every check."""

    id: uuid.UUID
    model_version_id: uuid.UUID
    policy_version_id: uuid.UUID
    report_digest: str
    probes_digest: str | None
    created_at: datetime
    results: tuple[CheckResult, ...]
    blocking: tuple[str, ...]


class WaiverRecord(Record):
    """Waiver of a check that has too little evidence, and where it stood when it was asked for.

    Attributes:
        subject_digest: Of all that is signed with it; who confirms it names this.
        obligation: The compensating control: what limits the harm meanwhile.
        proposed_method: How who proposed it had proved who they are, and below when.
        ended_at: When its expiry or revocation was written down.
        revocation: Why somebody took it back.
    """

    id: uuid.UUID
    state: WaiverState
    model_version_id: uuid.UUID
    gate_evaluation_id: uuid.UUID
    check_key: str
    subject_digest: str
    verdict: str
    reason: str
    obligation: str
    expires_at: datetime
    proposed_by: uuid.UUID
    proposed_role: str
    proposed_at: datetime
    proposed_method: str | None
    proposed_authenticated_at: datetime | None
    confirmed_by: uuid.UUID | None
    confirmed_role: str | None
    confirmed_at: datetime | None
    confirmed_method: str | None
    confirmed_authenticated_at: datetime | None
    ended_at: datetime | None
    revoked_by: uuid.UUID | None
    revocation: str | None


class DeploymentRecord(Record):
    """A deployment."""

    id: uuid.UUID
    project_id: uuid.UUID
    model_version_id: uuid.UUID
    environment: str
    state: str
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    job_id: uuid.UUID | None = None


class DriftReportRecord(Record):
    """A drift report."""

    id: uuid.UUID
    project_id: uuid.UUID
    deployment_id: uuid.UUID
    state: str
    window_from: datetime | None
    window_to: datetime
    document: Any
    performance: Any
    html_artifact: str | None
    json_artifact: str | None
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    job_id: uuid.UUID | None = None


class AlertRecord(Record):
    """An alert."""

    id: uuid.UUID
    project_id: uuid.UUID
    deployment_id: uuid.UUID
    drift_report_id: uuid.UUID | None
    severity: str
    subject: str
    message: str
    document: Any
    state: str
    opened_at: datetime
    acknowledged_by: uuid.UUID | None
    acknowledged_at: datetime | None
    comment: str | None


class JobRecord(Record):
    """A piece of long work; without a project when its subject belongs to none."""

    id: uuid.UUID
    project_id: uuid.UUID | None
    kind: str
    subject_id: uuid.UUID
    state: str
    share: float
    message: str
    cancel_requested: bool
    attempts: int
    error: Any
    created_by: uuid.UUID
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class AuditEventRecord(Record):
    """An event as it was written, and its leaf hash."""

    seq: int
    leaf: str
    event: Any

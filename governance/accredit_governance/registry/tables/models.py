"""What was built and judged: runs, trials, models, versions, gates, waivers, cards."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class RunRow(Identified, Row):
    """One AutoML run: what was asked (`spec`) and what came out (`record`)."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(
            "state in ('queued','running','finished','failed','cancelled')", name="state"
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    use_case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("use_case.id"))
    dataset_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dataset_version.id"))
    state: Mapped[str] = mapped_column(String(16))
    spec: Mapped[Any] = mapped_column(JsonText)
    record: Mapped[Any] = mapped_column(JsonText, nullable=True)
    record_digest: Mapped[str | None] = mapped_column(String(64))
    bundle_digest: Mapped[str | None] = mapped_column(String(64))
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class TrialRow(Row):
    """One configuration that a run tried."""

    __tablename__ = "trial"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    score: Mapped[float | None]
    document: Mapped[Any] = mapped_column(JsonText)


class ModelRow(Identified, Row):
    """A named model of a use case; its versions are what gets approved."""

    __tablename__ = "model"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    use_case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("use_case.id"))
    name: Mapped[str] = mapped_column(String(63))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class ModelVersionRow(Identified, Row):
    """One trained artefact of a model and where it stands in its lifecycle."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("model_id", "number"), UniqueConstraint("run_id"))

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model.id"))
    number: Mapped[int]
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("run.id"))
    state: Mapped[str] = mapped_column(String(32))
    bundle_digest: Mapped[str] = mapped_column(String(64))
    statements: Mapped[Any] = mapped_column(JsonText, nullable=True)
    policy_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("policy_version.id"))
    registered_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    submitted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcTime)


class GateEvaluationRow(Identified, Row):
    """One judgement of a version under its pinned policy.

    `probes_digest` names the file of the kept probes; evaluations of earlier releases have none.
    """

    __tablename__ = "gate_evaluation"

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    policy_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policy_version.id"))
    digest: Mapped[str] = mapped_column(String(64))
    probes_digest: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class CheckResultRow(Row):
    """One check of an evaluation; `document` is the whole `CheckResult`."""

    __tablename__ = "check_result"

    gate_evaluation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("gate_evaluation.id"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int]
    required: Mapped[bool]
    verdict: Mapped[str] = mapped_column(String(32))
    value: Mapped[float | None]
    n: Mapped[int]
    threshold: Mapped[float | None]
    document: Mapped[Any] = mapped_column(JsonText)


class WaiverRow(Identified, Row):
    """Waiver of a check that did not pass: reason, obligation, expiry, two people.

    A check has one waiver at a time. Of one that has expired or was revoked, `ended_at` is set and
    the row stays. Waivers of earlier releases do not say how their signers authenticated.
    """

    __tablename__ = "waiver"
    __table_args__ = (
        Index(
            "uq_waiver_open",
            "gate_evaluation_id",
            "check_key",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(revoked_by is null) = (revocation is null)"
            " and (revoked_by is null or ended_at is not null)",
            name="ending",
        ),
        CheckConstraint(
            "proposed_by <> trained_by and proposed_by <> submitted_by"
            " and proposed_by <> prepared_by and (confirmed_by is null or"
            " (confirmed_by <> trained_by and confirmed_by <> submitted_by"
            " and confirmed_by <> prepared_by))",
            name="independent",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    gate_evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gate_evaluation.id"))
    check_key: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    obligation: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    proposed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    proposed_role: Mapped[str] = mapped_column(String(32))
    proposed_at: Mapped[datetime] = mapped_column(UtcTime)
    proposed_method: Mapped[str | None] = mapped_column(String(32))
    proposed_authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    confirmed_role: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_method: Mapped[str | None] = mapped_column(String(32))
    confirmed_authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    revocation: Mapped[str | None] = mapped_column(Text)


class CardVersionRow(Identified, Row):
    """A model card as it stood; immutable."""

    __tablename__ = "card_version"
    __table_args__ = (UniqueConstraint("model_version_id", "number"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[Any] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

"""What follows an approval: proceedings and their signatures, holds, plans, tombstones."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ProceedingRow(Identified, Row):
    """Something asked to be done with a version, which other people have to sign.

    `claim` names what an alias change would move; while it is open, nobody else asks for the same.
    """

    __tablename__ = "proceeding"
    __table_args__ = (
        CheckConstraint(
            "kind in ('reinstatement','retirement','purge','change_plan','alias_change')",
            name="kind",
        ),
        CheckConstraint("(kind = 'alias_change') = (claim is not null)", name="claim"),
        CheckConstraint("state in ('open','done','rejected','withdrawn','lapsed')", name="state"),
        Index(
            "uq_proceeding_open",
            "model_version_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open' and claim is null"),
            postgresql_where=text("state = 'open' and claim is null"),
        ),
        Index(
            "uq_proceeding_claim",
            "claim",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    kind: Mapped[str] = mapped_column(String(16))
    claim: Mapped[str | None] = mapped_column(String(200))
    document: Mapped[Any] = mapped_column(JsonText)
    roles: Mapped[Any] = mapped_column(JsonText)
    subject: Mapped[Any] = mapped_column(JsonText)
    subject_digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ProceedingSignOffRow(Identified, Row):
    """One person's decision in a proceeding, over its subject digest.

    The constraints hold the separation of duties even against our own code: one signature per
    person and per role, none by who asked, and no judgement by makers of the version. The oldest
    have no meaning, method and time of authentication.
    """

    __tablename__ = "proceeding_sign_off"
    __table_args__ = (
        UniqueConstraint("proceeding_id", "signer_id"),
        UniqueConstraint("proceeding_id", "role"),
        CheckConstraint("decision in ('approve','reject')", name="decision"),
        CheckConstraint("signer_id <> asked_by", name="four_eyes"),
        CheckConstraint(
            "kind in ('retirement','purge') or (signer_id <> trained_by"
            " and signer_id <> submitted_by and signer_id <> prepared_by)",
            name="independent",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    proceeding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proceeding.id"))
    kind: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(32))
    decision: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text)
    subject_digest: Mapped[str] = mapped_column(String(64))
    signer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    meaning: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(String(32))
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RecertificationRow(Identified, Row):
    """A version whose approval ran out was handed to the gates anew.

    `dataset_version_id` names newer rows to judge it on; without it the hold-out of its run is.
    """

    __tablename__ = "recertification"

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    dataset_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dataset_version.id"))
    policy_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policy_version.id"))
    submitted_before_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcTime)


class LegalHoldRow(Identified, Row):
    """Nothing of a project, a model or a version is deleted until another person lifts the hold."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("model_id is null or model_version_id is null", name="one_target"),
        CheckConstraint("lifted_by is null or lifted_by <> placed_by", name="four_eyes"),
        CheckConstraint(
            "(lifted_by is null) = (lifted_at is null)"
            " and (lifted_by is null) = (lifting_reason is null)",
            name="lifting",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"), index=True)
    model_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model.id"))
    model_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model_version.id"))
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcTime)
    lifted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    lifting_reason: Mapped[str | None] = mapped_column(Text)


class TombstoneRow(Identified, Row):
    """What was taken off the store with a purged version; the records of the version stay."""

    __tablename__ = "tombstone"
    __table_args__ = (UniqueConstraint("model_version_id"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    proceeding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proceeding.id"))
    artifacts: Mapped[Any] = mapped_column(JsonText)
    purged_at: Mapped[datetime] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ChangePlanRow(Row):
    """A change plan in force, or ended; its identifier is that of the proceeding that signed it."""

    __tablename__ = "change_plan"

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proceeding.id"), primary_key=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    envelope: Mapped[Any] = mapped_column(JsonText)
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_because: Mapped[str | None] = mapped_column(Text)


class ChangePlanUseRow(Identified, Row):
    """A version that was submitted under a plan, and whether it lies inside the envelope."""

    __tablename__ = "change_plan_use"
    __table_args__ = (
        UniqueConstraint("change_plan_id", "number"),
        UniqueConstraint("model_version_id"),
        CheckConstraint("outcome in ('inside','outside')", name="outcome"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    change_plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("change_plan.id"))
    number: Mapped[int]
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    reasons: Mapped[Any] = mapped_column(JsonText, nullable=True)
    used_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    used_at: Mapped[datetime] = mapped_column(UtcTime)

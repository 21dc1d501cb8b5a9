"""Who signed what: approval requests over a subject digest, and the sign-offs."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class ApprovalRequestRow(Identified, Row):
    """A version waiting for its signatures. Stages are a snapshot: no later policy moves it."""

    __tablename__ = "approval_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('open','approved','rejected','changes_requested','withdrawn','lapsed')",
            name="state",
        ),
        Index(
            "uq_approval_request_open",
            "model_version_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    card_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("card_version.id"))
    gate_evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gate_evaluation.id"))
    policy_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policy_version.id"))
    subject: Mapped[Any] = mapped_column(JsonText)
    subject_digest: Mapped[str] = mapped_column(String(64))
    stages: Mapped[Any] = mapped_column(JsonText)
    state: Mapped[str] = mapped_column(String(32))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignOffRow(Identified, Row):
    """One person's decision in one stage, over one subject digest.

    The constraints hold the separation of duties even against our own code: one signature per
    person and request, and none by those who built, prepared or submitted the subject.
    """

    __tablename__ = "sign_off"
    __table_args__ = (
        UniqueConstraint("approval_request_id", "signer_id"),
        CheckConstraint("decision in ('approve','reject','request_changes')", name="decision"),
        CheckConstraint(
            "signer_id <> trained_by and signer_id <> submitted_by and signer_id <> prepared_by",
            name="independent",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    approval_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval_request.id"))
    stage: Mapped[str] = mapped_column(String(63))
    decision: Mapped[str] = mapped_column(String(32))
    comment: Mapped[str] = mapped_column(Text)
    subject_digest: Mapped[str] = mapped_column(String(64))
    signer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    trained_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    submitted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    prepared_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    signed_at: Mapped[datetime] = mapped_column(UtcTime)

"""Before a model is built: how material a use case is, and who asks for a model."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class RiskAssessmentRow(Identified, Row):
    """Answers about a use case and what the rule makes of them; `document` is a `Materiality`.

    Nobody decides on what they filled in, nor on their own use case: `owner_id` is who owned it
    when it was filled in, so that the constraint can say so.
    """

    __tablename__ = "risk_assessment"
    __table_args__ = (
        UniqueConstraint("use_case_id", "number"),
        CheckConstraint("state in ('submitted','approved','rejected')", name="state"),
        CheckConstraint("tier between 1 and 4", name="tier"),
        CheckConstraint(
            "ai_act_class in ('high_risk','limited_risk','minimal_risk')", name="ai_act_class"
        ),
        CheckConstraint(
            "decided_by is null or (decided_by <> filled_by and decided_by <> owner_id)",
            name="four_eyes",
        ),
        CheckConstraint(
            "(decided_by is null) = (state = 'submitted')"
            " and (decided_by is null) = (decided_at is null)"
            " and (decided_by is null) = (comment is null)",
            name="decision",
        ),
        Index(
            "uq_risk_assessment_open",
            "use_case_id",
            unique=True,
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    use_case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("use_case.id"))
    number: Mapped[int]
    answers: Mapped[Any] = mapped_column(JsonText)
    terms_digest: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(63))
    tier: Mapped[int]
    ai_act_class: Mapped[str] = mapped_column(String(16))
    document: Mapped[Any] = mapped_column(JsonText)
    state: Mapped[str] = mapped_column(String(16))
    filled_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    decided_role: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    comment: Mapped[str | None] = mapped_column(Text)


class SubmissionRow(Identified, Row):
    """What a version was submitted under, or certified anew: it stays so whatever comes later."""

    __tablename__ = "submission"

    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"), index=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    risk_assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("risk_assessment.id"))
    terms_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ModelRequestRow(Identified, Row):
    """A team asks for a model; `document` is a `ModelNeed`."""

    __tablename__ = "model_request"
    __table_args__ = (
        CheckConstraint(
            "state in ('requested','triaged','accepted','delivered','declined','withdrawn')",
            name="state",
        ),
        CheckConstraint(
            "use_case_id is not null or state not in ('triaged','accepted','delivered')",
            name="use_case",
        ),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    title: Mapped[str] = mapped_column(String(200))
    deadline: Mapped[date | None]
    document: Mapped[Any] = mapped_column(JsonText)
    state: Mapped[str] = mapped_column(String(16))
    use_case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("use_case.id"))
    requested_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ModelRequestLinkRow(Identified, Row):
    """A run, or a model version, that answers a request."""

    __tablename__ = "model_request_link"
    __table_args__ = (
        UniqueConstraint("model_request_id", "run_id"),
        UniqueConstraint("model_request_id", "model_version_id"),
        CheckConstraint("(run_id is null) <> (model_version_id is null)", name="one"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_request.id"))
    run_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("run.id"))
    model_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("model_version.id"))
    linked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)

"""What serves and how it fares: deployments, predictions, outcomes, drift, alerts."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accredit_governance.registry.column_types import JsonText, UtcTime
from accredit_governance.registry.tables.base import Identified, Row


class DeploymentRow(Identified, Row):
    """An approved version put to work in an environment."""

    __tablename__ = "deployment"
    __table_args__ = (
        CheckConstraint("state in ('requested','active','failed','stopped')", name="state"),
    )

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    environment: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class PredictionSegmentRow(Identified, Row):
    """Predictions sealed together: one audit event stands for all of them."""

    __tablename__ = "prediction_segment"

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"))
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UtcTime)


class PredictionRow(Identified, Row):
    """One answer given. High rate, so sealed in segments instead of one event each.

    `purpose` is empty in predictions of the first release, which did not have to state one.
    """

    __tablename__ = "prediction"
    __table_args__ = (
        Index("ix_prediction_deployment_id_predicted_at", "deployment_id", "predicted_at"),
    )
    governed: ClassVar[bool] = False

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"))
    model_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("model_version.id"))
    access_grant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("access_grant.id"))
    principal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    purpose: Mapped[str | None] = mapped_column(String(63))
    predicted_at: Mapped[datetime] = mapped_column(UtcTime)
    inputs: Mapped[Any] = mapped_column(JsonText)
    answer: Mapped[Any] = mapped_column(JsonText)
    digest: Mapped[str] = mapped_column(String(64))
    segment_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("prediction_segment.id"), index=True
    )


class OutcomeRow(Identified, Row):
    """What really happened to a prediction, told once."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("prediction_id"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    prediction_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("prediction.id"))
    label: Mapped[Any] = mapped_column(JsonText)
    occurred_at: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    reported_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))


class DriftReportRow(Identified, Row):
    """Served traffic against the reference in the bundle."""

    __tablename__ = "drift_report"
    __table_args__ = (CheckConstraint("state in ('requested','finished','failed')", name="state"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    window_from: Mapped[datetime | None] = mapped_column(UtcTime)
    window_to: Mapped[datetime] = mapped_column(UtcTime)
    document: Mapped[Any] = mapped_column(JsonText, nullable=True)
    performance: Mapped[Any] = mapped_column(JsonText, nullable=True)
    html_artifact: Mapped[str | None] = mapped_column(String(64))
    json_artifact: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[Any] = mapped_column(JsonText, nullable=True)
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("principal.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class AlertRow(Identified, Row):
    """Something about a served model that a person must look at."""

    __tablename__ = "alert"
    __table_args__ = (CheckConstraint("state in ('open','acknowledged')", name="state"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("project.id"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deployment.id"))
    drift_report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drift_report.id"))
    severity: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    document: Mapped[Any] = mapped_column(JsonText)
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    acknowledged_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("principal.id"))
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    comment: Mapped[str | None] = mapped_column(Text)

"""Deployments, predictions, drift reports, alerts."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.serving_events import PredictionsRead
from accredit_governance.documents import Document
from accredit_governance.operations.door import Transaction, View, operation, question
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.records import (
    AlertRecord,
    DeploymentRecord,
    DriftReportRecord,
)
from accredit_governance.registry.tables import (
    AlertRow,
    DeploymentRow,
    DriftReportRow,
    JobRow,
    OutcomeRow,
    PredictionRow,
)


@question(Permission.PROJECT_READ)
def deployments(
    view: View, page: Page, *, model_version_id: uuid.UUID | None = None
) -> Listing[DeploymentRecord]:
    """Deployments, newest first."""
    where: list[ColumnElement[bool]] = []
    if model_version_id is not None:
        where.append(DeploymentRow.model_version_id == model_version_id)
    rows, token = visible_rows(view, DeploymentRow, page, *where)
    return Listing(items=tuple(DeploymentRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def deployment(view: View, deployment_id: uuid.UUID) -> DeploymentRecord:
    """One deployment."""
    row = view.load(DeploymentRow, deployment_id, noun="deployment")
    job = view.session.execute(
        select(JobRow.id)
        .where(JobRow.subject_id == deployment_id)
        .order_by(JobRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return DeploymentRecord.of(row, job_id=job)


class LoggedPrediction(Document):
    """One logged answer with its outcome, if one is known."""

    id: uuid.UUID
    predicted_at: datetime
    purpose: str | None
    inputs: dict[str, Any]
    answer: dict[str, Any]
    sealed: bool
    label: bool | int | float | str | None


@operation(Permission.PREDICTION_READ, records=PredictionsRead)
def read_predictions(
    tx: Transaction, deployment_id: uuid.UUID, page: Page
) -> Listing[LoggedPrediction]:
    """Logged inputs and answers. Looking at them is itself recorded."""
    deployment_row = tx.load(DeploymentRow, deployment_id, noun="deployment")
    rows, token = visible_rows(
        tx, PredictionRow, page, PredictionRow.deployment_id == deployment_id
    )
    labels = _labels(tx, [row.id for row in rows])
    tx.record(
        PredictionsRead(deployment=deployment_id, count=len(rows)),
        resource=deployment_id,
        project=deployment_row.project_id,
    )
    items = tuple(
        LoggedPrediction(
            id=row.id,
            predicted_at=row.predicted_at,
            purpose=row.purpose,
            inputs=row.inputs,
            answer=row.answer,
            sealed=row.segment_id is not None,
            label=labels.get(row.id),
        )
        for row in rows
    )
    return Listing(items=items, next_page_token=token)


def _labels(view: View, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    rows = view.session.execute(
        select(OutcomeRow.prediction_id, OutcomeRow.label).where(OutcomeRow.prediction_id.in_(ids))
    )
    return {row.prediction_id: row.label for row in rows}


class Traffic(Document):
    """How much a deployment answered, and how many labels came back."""

    predictions: int
    outcomes: int


@question(Permission.PROJECT_READ)
def traffic(view: View, deployment_id: uuid.UUID) -> Traffic:
    """Counts only, no payloads."""
    view.load(DeploymentRow, deployment_id, noun="deployment")

    def count(table: type[PredictionRow] | type[OutcomeRow]) -> int:
        return view.session.execute(
            select(func.count()).select_from(table).where(table.deployment_id == deployment_id)
        ).scalar_one()

    return Traffic(predictions=count(PredictionRow), outcomes=count(OutcomeRow))


@question(Permission.PROJECT_READ)
def drift_reports(view: View, deployment_id: uuid.UUID, page: Page) -> Listing[DriftReportRecord]:
    """Drift reports of a deployment, newest first."""
    view.load(DeploymentRow, deployment_id, noun="deployment")
    rows, token = visible_rows(
        view, DriftReportRow, page, DriftReportRow.deployment_id == deployment_id
    )
    return Listing(items=tuple(DriftReportRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def drift_report(view: View, report_id: uuid.UUID) -> DriftReportRecord:
    """One drift report."""
    return DriftReportRecord.of(view.load(DriftReportRow, report_id, noun="drift report"))


@question(Permission.PROJECT_READ)
def alerts(
    view: View,
    page: Page,
    *,
    deployment_id: uuid.UUID | None = None,
    state: str | None = None,
) -> Listing[AlertRecord]:
    """Alerts, newest first."""
    where: list[ColumnElement[bool]] = []
    if deployment_id is not None:
        where.append(AlertRow.deployment_id == deployment_id)
    if state is not None:
        where.append(AlertRow.state == state)
    rows, token = visible_rows(view, AlertRow, page, *where)
    return Listing(items=tuple(AlertRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def alert(view: View, alert_id: uuid.UUID) -> AlertRecord:
    """One alert."""
    return AlertRecord.of(view.load(AlertRow, alert_id, noun="alert"))

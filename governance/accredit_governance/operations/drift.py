"""Drift reports and the alerts they raise."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.serving_events import (
    AlertAcknowledged,
    AlertOpened,
    DriftFailed,
    DriftReported,
    DriftRequested,
)
from accredit_governance.documents import Document, Json, json_digest
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.monitoring.alerts import Alert, Severity
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.findings import finding_of_alert
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.versions import move
from accredit_governance.operations.words import require_short
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.database import Database
from accredit_governance.registry.records import AlertRecord, DriftReportRecord
from accredit_governance.registry.tables import (
    AlertRow,
    DeploymentRow,
    DriftReportRow,
    ModelVersionRow,
    PolicyVersionRow,
    PredictionRow,
)

PERIODS: Final = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
}


class MadeReport(Document):
    """What a worker found out about a window of served traffic."""

    window_from: datetime | None
    drift: dict[str, Any]  # a DriftReport as JSON
    performance: dict[str, Any] | None  # a PerformanceReport as JSON
    html_artifact: str | None
    json_artifact: str | None
    verdict: str


@operation(Permission.DRIFT_REQUEST, records=DriftRequested)
def request_drift_report(
    tx: Transaction, deployment_id: uuid.UUID, *, window_from: datetime | None = None
) -> DriftReportRecord:
    """Ask for the traffic since `window_from` (default: all of it) to be compared.

    Raises:
        Conflict: the deployment never served.
    """
    deployment = tx.load(DeploymentRow, deployment_id, noun="deployment")
    if deployment.state in {"requested", "failed"}:
        raise Conflict(
            f"the deployment is {deployment.state}; there is no traffic to look at",
            current_state=deployment.state,
        )
    row = tx.add(
        DriftReportRow(
            project_id=deployment.project_id,
            deployment_id=deployment_id,
            state="requested",
            window_from=window_from,
            window_to=tx.now,
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    job_id = enqueue(tx, "drift", row.id, row.project_id)
    tx.record(DriftRequested(deployment=deployment_id), resource=row.id, project=row.project_id)
    return DriftReportRecord.of(row, job_id=job_id)


@operation(Permission.SYSTEM_RECORD, records=DriftReported)
def record_drift(
    tx: Transaction, job_id: uuid.UUID, fence: int, *, made: MadeReport, alerts: Sequence[Alert]
) -> None:
    """Store a report and do what the policy's rules say of its alerts.

    One open alert per deployment and subject. From the severities that the policy names, the
    monitor opens a finding, and suspends the version.
    """
    job = complete(tx, job_id, fence)
    row = tx.load(DriftReportRow, job.subject_id, noun="drift report")
    row.state = "finished"
    row.document, row.performance = made.drift, made.performance
    row.html_artifact, row.json_artifact = made.html_artifact, made.json_artifact
    row.window_from = made.window_from
    version = tx.session.get_one(
        ModelVersionRow, tx.session.get_one(DeploymentRow, row.deployment_id).model_version_id
    )
    policy = policy_of(tx.session.get_one(PolicyVersionRow, version.policy_version_id))
    rules = policy.monitoring.rules
    told = [alert for alert in alerts if alert.severity.reaches(rules.alert_from)]
    opened = [opening for opening in (_open(tx, row, alert) for alert in told) if opening]
    for opening in opened:
        severity = Severity(opening.severity)
        if rules.finding_from is not None and severity.reaches(rules.finding_from):
            finding_of_alert(tx, opening)
    grave = [
        alert.subject
        for alert in alerts
        if rules.suspend_from is not None and alert.severity.reaches(rules.suspend_from)
    ]
    if grave and version.state == VersionState.APPROVED:
        reason = f"the policy suspends on {rules.suspend_from} drift: {', '.join(grave)}"
        move(tx, version, VersionAction.SUSPEND, cause="monitor", reason=reason[:500])
    tx.record(
        DriftReported(
            deployment=row.deployment_id,
            verdict=made.verdict,
            report_digest=json_digest(made.drift),
            alerts=len(opened),
        ),
        resource=row.id,
        project=row.project_id,
    )


def _open(tx: Transaction, report: DriftReportRow, alert: Alert) -> AlertRow | None:
    """The alert, unless one of its subject is open."""
    present = tx.session.execute(
        select(AlertRow.id).where(
            AlertRow.deployment_id == report.deployment_id,
            AlertRow.subject == alert.subject,
            AlertRow.state == "open",
        )
    ).first()
    if present:
        return None
    row = tx.add(
        AlertRow(
            project_id=report.project_id,
            deployment_id=report.deployment_id,
            drift_report_id=report.id,
            severity=alert.severity,
            subject=alert.subject,
            message=alert.sentence,
            document=alert.model_dump(mode="json"),
            state="open",
            opened_at=tx.now,
        )
    )
    tx.record(
        AlertOpened(
            deployment=report.deployment_id, severity=alert.severity, subject=alert.subject
        ),
        resource=row.id,
        project=row.project_id,
    )
    return row


@operation(Permission.SYSTEM_RECORD, records=DriftFailed)
def fail_drift(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record that a report could not be made.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: the report has ended already.
    """
    job = conclude(tx, job_id)
    row = tx.hold(DriftReportRow, job.subject_id, noun="drift report")
    if row.state != "requested":
        raise Conflict(f"the drift report is {row.state} already", current_state=row.state)
    row.state, row.error = "failed", error
    tx.record(
        DriftFailed(deployment=row.deployment_id, code=str(error.get("code", "unknown"))),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.ALERT_ACKNOWLEDGE, records=AlertAcknowledged)
def acknowledge_alert(tx: Transaction, alert_id: uuid.UUID, *, comment: str) -> AlertRecord:
    """Take an alert on.

    Raises:
        Conflict: someone has taken it already.
    """
    row = tx.hold(AlertRow, alert_id, noun="alert")
    if row.state != "open":
        raise Conflict("the alert is acknowledged already", current_state=row.state)
    require_short("/comment", comment)
    row.state, row.comment = "acknowledged", comment
    row.acknowledged_by, row.acknowledged_at = tx.actor.id, tx.now
    tx.record(
        AlertAcknowledged(deployment=row.deployment_id), resource=row.id, project=row.project_id
    )
    return AlertRecord.of(row)


def due_deployments(database: Database) -> list[uuid.UUID]:
    """Active deployments that served since their last report, which is older than the schedule.

    The schedule is that of the policy the version was approved under.
    """
    with database.reading() as session:
        now = database.clock()
        active = session.execute(select(DeploymentRow).where(DeploymentRow.state == "active"))
        return [row.id for row in active.scalars() if _is_due(session, row, now)]


def _is_due(session: Session, deployment: DeploymentRow, now: datetime) -> bool:
    version = session.get_one(ModelVersionRow, deployment.model_version_id)
    policy = policy_of(session.get_one(PolicyVersionRow, version.policy_version_id))
    last = session.execute(
        select(DriftReportRow.created_at)
        .where(DriftReportRow.deployment_id == deployment.id)
        .order_by(DriftReportRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    since = last or deployment.created_at
    if now - since < PERIODS[policy.monitoring.schedule]:
        return False
    served = select(PredictionRow.id).where(
        PredictionRow.deployment_id == deployment.id, PredictionRow.predicted_at > since
    )
    return session.execute(served.limit(1)).first() is not None

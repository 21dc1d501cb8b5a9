"""Facts about what serves: deployments, predictions, drift, alerts, the trail itself."""

import uuid

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class DeploymentRequested(Fact):
    """Someone asked for an approved version to serve."""

    action = "deployment.requested"
    model_version: uuid.UUID
    environment: str
    bundle_digest: Digest


class DeploymentActivated(Fact):
    """The bundle was found undamaged and reproduces its golden rows; it serves."""

    action = "deployment.activated"
    model_version: uuid.UUID


class DeploymentFailed(Fact):
    """The bundle cannot serve."""

    action = "deployment.failed"
    model_version: uuid.UUID
    code: str


class DeploymentStopped(Fact):
    """A deployment was taken out of service."""

    action = "deployment.stopped"
    model_version: uuid.UUID
    reason: str


class PredictionsSealed(Fact):
    """So many predictions, whose digests have this Merkle root in order of their ids."""

    action = "prediction_segment.sealed"
    deployment: uuid.UUID
    count: int
    root: Digest


class OutcomesRecorded(Fact):
    """Labels arrived."""

    action = "outcome.recorded"
    deployment: uuid.UUID
    count: int
    outcomes_digest: Digest


class DriftRequested(Fact):
    """Someone, or the schedule, asked for a drift report."""

    action = "drift_report.requested"
    deployment: uuid.UUID


class DriftReported(Fact):
    """A drift report was made."""

    action = "drift_report.finished"
    deployment: uuid.UUID
    verdict: str
    report_digest: Digest
    alerts: int


class DriftFailed(Fact):
    """A drift report could not be made."""

    action = "drift_report.failed"
    deployment: uuid.UUID
    code: str


class AlertOpened(Fact):
    """Something about a served model needs a person."""

    action = "alert.opened"
    deployment: uuid.UUID
    severity: str
    subject: str


class AlertAcknowledged(Fact):
    """A person took an alert on."""

    action = "alert.acknowledged"
    deployment: uuid.UUID


class AuditExported(Fact):
    """The trail was pulled."""

    action = "audit.exported"
    size: int


class PredictionsRead(Fact):
    """Someone looked at logged inputs and answers."""

    action = "prediction.read"
    deployment: uuid.UUID
    count: int

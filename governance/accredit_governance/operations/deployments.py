"""Putting approved versions to work."""

import uuid
from datetime import datetime

from sqlalchemy import select

from accredit_governance.access.conditions import Facts
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.serving_events import (
    DeploymentActivated,
    DeploymentFailed,
    DeploymentRequested,
    DeploymentStopped,
)
from accredit_governance.documents import Json
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.blocking import require_no_blocking_finding
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.environments import require_environment
from accredit_governance.operations.words import require_short
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.external_records import AT_THE_VENDOR
from accredit_governance.registry.records import DeploymentRecord
from accredit_governance.registry.tables import (
    DeploymentRow,
    ExternalVersionRow,
    ModelVersionRow,
)


@operation(Permission.DEPLOYMENT_CREATE, records=DeploymentRequested)
def request_deployment(
    tx: Transaction, version_id: uuid.UUID, *, environment: str
) -> DeploymentRecord:
    """Ask for an approved version to serve. A worker verifies the bundle before it does.

    Raises:
        InvalidInput: the project has no such environment.
        Conflict: the version is not approved, its approval has run out, or it serves there already.
        FindingOpen: a grave finding is open.
    """
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    place = require_environment(tx.session, version.project_id, environment)
    tx.settle(Facts(protected=place.protected))
    require_servable(version, tx.now)
    require_no_blocking_finding(tx, version.id)
    _require_model(tx, version)
    present = select(DeploymentRow.id).where(
        DeploymentRow.model_version_id == version_id,
        DeploymentRow.environment == environment,
        DeploymentRow.state.in_(("requested", "active")),
    )
    if tx.session.execute(present).first():
        raise Conflict(f"the version is deployed to {environment} already")
    row = tx.add(
        DeploymentRow(
            project_id=version.project_id,
            model_version_id=version_id,
            environment=environment,
            state="requested",
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    job_id = enqueue(tx, "deploy", row.id, row.project_id)
    tx.record(
        DeploymentRequested(
            model_version=version_id, environment=environment, bundle_digest=version.bundle_digest
        ),
        resource=row.id,
        project=row.project_id,
    )
    return DeploymentRecord.of(row, job_id=job_id)


def _require_model(tx: Transaction, version: ModelVersionRow) -> None:
    """Demand that there is something here that can answer.

    Raises:
        Conflict: the model stays with its vendor.
    """
    kind = tx.session.execute(
        select(ExternalVersionRow.kind).where(ExternalVersionRow.run_id == version.run_id)
    ).scalar_one_or_none()
    if kind in AT_THE_VENDOR:
        raise Conflict(
            f"the model stays with its vendor and is known here as {kind}; nothing here can answer "
            "in its place, so it is not deployed"
        )


def require_servable(version: ModelVersionRow, now: datetime) -> None:
    """Demand that a version may serve at this moment.

    Raises:
        Conflict: it is not approved, or its approval has run out.
    """
    if version.state != VersionState.APPROVED:
        raise Conflict(
            f"the model version is {version.state}; only an approved one serves",
            current_state=version.state,
        )
    if version.valid_until is None or version.valid_until <= now:
        raise Conflict("the approval of the model version has run out; it needs re-certification")


@operation(Permission.SYSTEM_RECORD, records=DeploymentActivated)
def activate_deployment(tx: Transaction, job_id: uuid.UUID, fence: int) -> None:
    """Record that the bundle is whole and reproduces its golden rows."""
    job = complete(tx, job_id, fence)
    row = tx.hold(DeploymentRow, job.subject_id, noun="deployment")
    version = tx.load(ModelVersionRow, row.model_version_id, noun="model version")
    require_servable(version, tx.now)
    require_no_blocking_finding(tx, version.id)
    if row.state != "requested":
        raise Conflict(f"the deployment is {row.state}", current_state=row.state)
    row.state = "active"
    tx.record(
        DeploymentActivated(model_version=version.id), resource=row.id, project=row.project_id
    )


@operation(Permission.SYSTEM_RECORD, records=DeploymentFailed)
def fail_deployment(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record that the bundle cannot serve; the deployment never answers anything.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: the deployment does not wait for its worker any more.
    """
    job = conclude(tx, job_id)
    row = tx.hold(DeploymentRow, job.subject_id, noun="deployment")
    if row.state != "requested":
        raise Conflict(f"the deployment is {row.state} already", current_state=row.state)
    row.state, row.error = "failed", error
    tx.record(
        DeploymentFailed(
            model_version=row.model_version_id, code=str(error.get("code", "unknown"))
        ),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.DEPLOYMENT_CREATE, records=DeploymentStopped)
def stop_deployment(tx: Transaction, deployment_id: uuid.UUID, *, reason: str) -> DeploymentRecord:
    """Take a deployment out of service.

    Raises:
        Conflict: it does not serve.
    """
    require_short("/reason", reason)
    row = tx.hold(DeploymentRow, deployment_id, noun="deployment")
    place = require_environment(tx.session, row.project_id, row.environment)
    tx.settle(Facts(protected=place.protected))
    if row.state not in {"requested", "active"}:
        raise Conflict(f"the deployment is {row.state} already", current_state=row.state)
    row.state = "stopped"
    tx.record(
        DeploymentStopped(model_version=row.model_version_id, reason=reason),
        resource=row.id,
        project=row.project_id,
    )
    return DeploymentRecord.of(row)

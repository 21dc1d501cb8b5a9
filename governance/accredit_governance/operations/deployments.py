"""Putting approved versions to work, and granting access to them."""

import uuid
from datetime import datetime

from sqlalchemy import select

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.serving_events import (
    AccessGranted,
    AccessRevoked,
    DeploymentActivated,
    DeploymentFailed,
    DeploymentRequested,
    DeploymentStopped,
)
from accredit_governance.documents import Json
from accredit_governance.errors import Conflict, InvalidInput, NotFound
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import Transaction, operation, roles_now
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.external_records import AT_THE_VENDOR
from accredit_governance.registry.records import AccessGrantRecord, DeploymentRecord
from accredit_governance.registry.tables import (
    AccessGrantRow,
    DeploymentRow,
    ExternalVersionRow,
    ModelVersionRow,
    PrincipalRow,
)


@operation(Permission.DEPLOYMENT_CREATE, records=DeploymentRequested)
def request_deployment(
    tx: Transaction, version_id: uuid.UUID, *, environment: str
) -> DeploymentRecord:
    """Ask for an approved version to serve. A worker verifies the bundle before it does.

    Raises:
        Conflict: the version is not approved, its approval has run out, or it serves there already.
    """
    check_name(environment, field="environment")
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    require_servable(version, tx.now)
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
    row = tx.hold(DeploymentRow, deployment_id, noun="deployment")
    if row.state not in {"requested", "active"}:
        raise Conflict(f"the deployment is {row.state} already", current_state=row.state)
    row.state = "stopped"
    tx.record(
        DeploymentStopped(model_version=row.model_version_id, reason=reason),
        resource=row.id,
        project=row.project_id,
    )
    return DeploymentRecord.of(row)


@operation(Permission.ACCESS_GRANT_GIVE, records=AccessGranted)
def grant_access(
    tx: Transaction,
    deployment_id: uuid.UUID,
    *,
    principal_id: uuid.UUID,
    purpose: str,
    expires_at: datetime,
) -> AccessGrantRecord:
    """Let a consumer predict with a deployment, for a purpose, until a day.

    Raises:
        InvalidInput: the principal is no consumer there, the purpose is empty, the expiry is past.
    """
    row = tx.load(DeploymentRow, deployment_id, noun="deployment")
    if tx.session.get(PrincipalRow, principal_id) is None:
        raise NotFound(f"there is no principal {principal_id}")
    problems = []
    if Role.CONSUMER not in roles_now(tx.session, principal_id, row.project_id):
        problems.append(("/principal_id", "the principal does not hold the role consumer there"))
    if not purpose.strip():
        problems.append(("/purpose", "say what the predictions are for"))
    if expires_at <= tx.now:
        problems.append(("/expires_at", "expires_at lies in the past"))
    if problems:
        raise InvalidInput(
            "; ".join(detail for _, detail in problems),
            [{"pointer": pointer, "detail": detail} for pointer, detail in problems],
        )
    grant = tx.add(
        AccessGrantRow(
            project_id=row.project_id,
            deployment_id=deployment_id,
            principal_id=principal_id,
            purpose=purpose,
            expires_at=expires_at,
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(
        AccessGranted(deployment=deployment_id, principal=principal_id, expires_at=expires_at),
        resource=grant.id,
        project=grant.project_id,
    )
    return AccessGrantRecord.of(grant)


@operation(Permission.ACCESS_GRANT_GIVE, records=AccessRevoked)
def revoke_access(tx: Transaction, grant_id: uuid.UUID) -> AccessGrantRecord:
    """End a grant at once.

    Raises:
        Conflict: it was revoked before.
    """
    grant = tx.hold(AccessGrantRow, grant_id, noun="access grant")
    if grant.revoked_at is not None:
        raise Conflict("the grant is revoked already")
    grant.revoked_at = tx.now
    tx.record(
        AccessRevoked(deployment=grant.deployment_id, principal=grant.principal_id),
        resource=grant.id,
        project=grant.project_id,
    )
    return AccessGrantRecord.of(grant)

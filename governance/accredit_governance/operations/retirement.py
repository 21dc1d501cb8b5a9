"""Retiring a version for good: an owner and a compliance person agree, and nothing uses it."""

import uuid

from sqlalchemy import func, select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import ProceedingOpened, ProceedingSigned
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.proceedings import ProceedingKind, Verdict
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.proceedings import begin, require_state, sign
from accredit_governance.operations.versions import move
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.aftercare_terms import Ending
from accredit_governance.registry.tables import (
    AccessGrantRow,
    DeploymentRow,
    ModelVersionRow,
    ProceedingRow,
)

_KIND = ProceedingKind.RETIREMENT
_ENDED = ("failed", "stopped")


@operation(Permission.VERSION_RETIRE, records=ProceedingOpened)
def ask_retirement(tx: Transaction, version_id: uuid.UUID, *, request: Ending) -> ProceedingRecord:
    """Ask for a version to be retired; one of the other role has to agree.

    Raises:
        IllegalTransition: the version is still on its way, or retired already.
        Conflict: a deployment of it lives, or somebody holds a grant and no other version is there.
    """
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    require_state(version, _KIND)
    _require_unused(tx, version)
    return begin(tx, version, _KIND, request)


@operation(Permission.VERSION_RETIRE, records=ProceedingSigned)
def sign_retirement(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    *,
    decision: Verdict,
    subject_digest: str,
    ticket: str,
    comment: str = "",
) -> ProceedingRecord:
    """Agree as the second person, or refuse."""
    return sign(
        tx,
        proceeding_id,
        _KIND,
        decision=decision,
        subject_digest=subject_digest,
        comment=comment,
        ticket=ticket,
        guard=_guard,
        conclude=_conclude,
    )


def _guard(tx: Transaction, version: ModelVersionRow, _row: ProceedingRow) -> None:
    _require_unused(tx, version)


def _conclude(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    reason = str(row.document["reason"])
    move(tx, version, VersionAction.RETIRE, cause="retirement", reason=reason)


def _require_unused(tx: Transaction, version: ModelVersionRow) -> None:
    live = tx.session.execute(
        select(func.count())
        .select_from(DeploymentRow)
        .where(DeploymentRow.model_version_id == version.id, DeploymentRow.state.not_in(_ENDED))
    ).scalar_one()
    if live:
        raise Conflict(
            f"{live} {'deployment' if live == 1 else 'deployments'} of the version must be stopped "
            "first",
            live_deployments=live,
        )
    others = select(ModelVersionRow.id).where(
        ModelVersionRow.model_id == version.model_id,
        ModelVersionRow.id != version.id,
        ModelVersionRow.state == VersionState.APPROVED,
    )
    grants = tx.session.execute(
        select(func.count())
        .select_from(AccessGrantRow)
        .where(
            AccessGrantRow.model_id == version.model_id,
            AccessGrantRow.revoked_at.is_(None),
            AccessGrantRow.expires_at > tx.now,
        )
    ).scalar_one()
    if grants and tx.session.execute(others.limit(1)).first() is None:
        raise Conflict(
            f"{grants} access {'grant rests' if grants == 1 else 'grants rest'} on the last "
            "approved version of the model; revoke or let expire first",
            active_grants=grants,
        )

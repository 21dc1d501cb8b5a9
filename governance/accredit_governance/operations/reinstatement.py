"""Bringing a suspended version back: the owner says what was done, two others agree.

1. The approval must still be valid; one that has run out does not come back.
2. What the version was approved on must be what it is today: the same subject digest.
3. No required check blocks, with the waivers of today, and no grave finding is open.
"""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import ProceedingOpened, ProceedingSigned
from accredit_governance.errors import Conflict, GateBlocked, StaleDigest
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.proceedings import ProceedingKind, Verdict
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.blocking import require_no_blocking_finding
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.proceedings import (
    begin,
    require_state,
    sign,
    standing_digest,
)
from accredit_governance.operations.subjects import (
    latest_evaluation,
    pinned_policy,
    report_of,
    still_blocking,
    waivers_of,
)
from accredit_governance.operations.versions import move
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.aftercare_terms import Reinstatement
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    ModelVersionRow,
    ProceedingRow,
)

_KIND = ProceedingKind.REINSTATEMENT


@operation(Permission.VERSION_REINSTATE, records=ProceedingOpened)
def ask_reinstatement(
    tx: Transaction, version_id: uuid.UUID, *, request: Reinstatement
) -> ProceedingRecord:
    """Ask for a suspended version to serve again.

    Raises:
        IllegalTransition: the version is not suspended.
        Conflict: its approval has run out meanwhile, or this was asked for already.
        StaleDigest: it is not what was approved any more.
        GateBlocked: a required check blocks.
        FindingOpen: a finding does.
    """
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    require_state(version, _KIND)
    _require_still_approvable(tx, version)
    return begin(tx, version, _KIND, request)


@operation(Permission.APPROVAL_SIGN, records=ProceedingSigned)
def sign_reinstatement(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    *,
    decision: Verdict,
    subject_digest: str,
    ticket: str,
    comment: str = "",
) -> ProceedingRecord:
    """Sign a reinstatement as validator or compliance; the second approval carries it out."""
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
    _require_still_approvable(tx, version)


def _conclude(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    reason = str(row.document["remedy"])
    move(tx, version, VersionAction.REINSTATE, cause="reinstatement", reason=reason)


def _require_still_approvable(tx: Transaction, version: ModelVersionRow) -> None:
    if version.valid_until is None or version.valid_until <= tx.now:
        raise Conflict(
            "the approval of the suspended version has run out, so it cannot be reinstated; "
            "retire it and submit another version"
        )
    approved = tx.session.execute(
        select(ApprovalRequestRow.subject_digest)
        .where(
            ApprovalRequestRow.model_version_id == version.id,
            ApprovalRequestRow.state == RequestState.APPROVED,
        )
        .order_by(ApprovalRequestRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    today = standing_digest(tx.session, version)
    if approved is None or today != approved:
        raise StaleDigest(
            "the version is not what was approved any more, so the approval cannot come back",
            expected=approved,
        )
    evaluation = latest_evaluation(tx.session, version.id)
    _, policy = pinned_policy(tx, version)
    if evaluation is None:
        raise Conflict("the version was never judged")
    blocking = still_blocking(
        policy,
        report_of(tx.session, evaluation, policy),
        waivers_of(tx.session, evaluation.id),
        tx.now,
    )
    if blocking:
        raise GateBlocked(
            f"required checks block: {', '.join(block.key for block in blocking)}",
            checks=[block.key for block in blocking],
        )
    require_no_blocking_finding(tx, version.id)

"""The end of waivers and of approvals: by the clock, or because somebody takes a waiver back.

Nothing here lets a version through. What rested on a waiver that has ended is an open question
again:

1. A version in review goes back to `gate_failed`; its request lapses with the signatures on it.
2. An approved version is `expired`: it stopped serving at that moment, and has to be judged again.
3. The check may be waived anew, by two people, for as long as its verdict is the newest one.
"""

import contextlib
import uuid

from sqlalchemy import select, update

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.building_events import (
    ApprovalLapsed,
    VersionMoved,
    WaiverExpired,
    WaiverRevoked,
)
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.operations.approvals import close_request
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.recertification import due_widenings, widen_review
from accredit_governance.operations.subjects import latest_evaluation, pinned_policy
from accredit_governance.operations.versions import move
from accredit_governance.operations.waivers import role_for, waiver_record
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.database import Database
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import ApprovalRequestRow, ModelVersionRow, WaiverRow

DUE_AT_ONCE = 500


@operation(Permission.SYSTEM_RECORD, records=WaiverExpired)
def expire_waiver(tx: Transaction, waiver_id: uuid.UUID) -> None:
    """Write down that a waiver has expired, and open the question again that it had closed.

    Raises:
        Conflict: it has not expired yet, or its end is on record already.
    """
    row, version = _hold(tx, waiver_id)
    if row.expires_at > tx.now:
        raise Conflict(f"the waiver holds until {row.expires_at.isoformat()}")
    _end(tx, row)
    tx.record(
        WaiverExpired(
            model_version=version.id,
            check=row.check_key,
            confirmed=row.confirmed_by is not None,
            expires_at=row.expires_at,
        ),
        resource=row.id,
        project=row.project_id,
    )
    _reopen(tx, row, version, reason=f"the waiver for {row.check_key} has expired")


@operation(Permission.WAIVER_SIGN, records=WaiverRevoked)
def revoke_waiver(tx: Transaction, waiver_id: uuid.UUID, *, reason: str) -> WaiverRecord:
    """Take a waiver back before its time. One person in a role of the policy is enough.

    Raises:
        InvalidInput: no reason is given, or one that is too long.
        NotAllowed: the actor holds none of the roles that the policy names for waivers.
        Conflict: the waiver has ended already.
    """
    row, version = _hold(tx, waiver_id)
    _, policy = pinned_policy(tx, version)
    role_for(tx, policy, row, None)
    require_prose("reason", reason)
    if row.expires_at <= tx.now:
        raise Conflict("the waiver has expired already")
    _end(tx, row, revoked_by=tx.actor.id, revocation=reason)
    tx.record(
        WaiverRevoked(
            model_version=version.id,
            check=row.check_key,
            confirmed=row.confirmed_by is not None,
        ),
        resource=row.id,
        project=row.project_id,
    )
    _reopen(tx, row, version, reason=f"the waiver for {row.check_key} was revoked")
    return waiver_record(tx, row)


@operation(Permission.SYSTEM_RECORD, records=VersionMoved)
def expire_approval(tx: Transaction, version_id: uuid.UUID) -> None:
    """Write down that the approval of a version has run out.

    Raises:
        Conflict: it holds still, or the version is not approved any more.
    """
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    if version.state != VersionState.APPROVED:
        raise Conflict(f"the version is {version.state}", current_state=version.state)
    if version.valid_until is not None and version.valid_until > tx.now:
        raise Conflict(f"the approval holds until {version.valid_until.isoformat()}")
    move(tx, version, VersionAction.EXPIRE, cause="time", reason="the approval has run out")


def end_what_ran_out(database: Database, actor: Actor) -> None:
    """Expire every waiver and approval whose time is over; widen reviews whose plan has ended.

    What another worker does at the same moment, or somebody decided meanwhile, is left alone.
    """
    for waiver_id in due_waivers(database):
        with contextlib.suppress(Conflict):
            expire_waiver(database, actor, waiver_id)
    for version_id in due_approvals(database):
        with contextlib.suppress(Conflict):
            expire_approval(database, actor, version_id)
    for request_id in due_widenings(database):
        with contextlib.suppress(Conflict):
            widen_review(database, actor, request_id)


def due_waivers(database: Database) -> list[uuid.UUID]:
    """Waivers past their expiry whose end is not on record, the oldest expiry first."""
    with database.reading() as session:
        return list(
            session.execute(
                select(WaiverRow.id)
                .where(WaiverRow.ended_at.is_(None), WaiverRow.expires_at <= database.clock())
                .order_by(WaiverRow.expires_at, WaiverRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def due_approvals(database: Database) -> list[uuid.UUID]:
    """Approved versions past their validity, the oldest end first."""
    with database.reading() as session:
        return list(
            session.execute(
                select(ModelVersionRow.id)
                .where(
                    ModelVersionRow.state == VersionState.APPROVED,
                    ModelVersionRow.valid_until <= database.clock(),
                )
                .order_by(ModelVersionRow.valid_until, ModelVersionRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def _hold(tx: Transaction, waiver_id: uuid.UUID) -> tuple[WaiverRow, ModelVersionRow]:
    """A waiver and its version, as they are now.

    Whoever signs holds the request first and the version second, so the same is done here: two
    transactions that wait for each other would both be lost.
    """
    row = tx.load(WaiverRow, waiver_id, noun="waiver")
    request = _open_request(tx, row)
    if request is not None:
        tx.session.refresh(request, with_for_update=True)
    version = tx.session.get_one(ModelVersionRow, row.model_version_id)
    tx.session.refresh(version, with_for_update=True)
    tx.session.refresh(row)
    return row, version


def _open_request(tx: Transaction, row: WaiverRow) -> ApprovalRequestRow | None:
    return tx.session.execute(
        select(ApprovalRequestRow).where(
            ApprovalRequestRow.model_version_id == row.model_version_id,
            ApprovalRequestRow.state == RequestState.OPEN,
        )
    ).scalar_one_or_none()


def _end(
    tx: Transaction,
    row: WaiverRow,
    *,
    revoked_by: uuid.UUID | None = None,
    revocation: str | None = None,
) -> None:
    ended = tx.session.execute(
        update(WaiverRow)
        .where(WaiverRow.id == row.id, WaiverRow.ended_at.is_(None))
        .values(ended_at=tx.now, revoked_by=revoked_by, revocation=revocation)
        .execution_options(synchronize_session="fetch")
        .returning(WaiverRow.id)
    ).all()
    if not ended:
        raise Conflict("the waiver has ended already")
    tx.session.refresh(row)


def _reopen(tx: Transaction, row: WaiverRow, version: ModelVersionRow, *, reason: str) -> None:
    """Open the question again where the version rests on this waiver."""
    evaluation = latest_evaluation(tx.session, version.id)
    is_newest = evaluation is not None and evaluation.id == row.gate_evaluation_id
    if row.confirmed_by is None or not is_newest:
        return
    if version.state == VersionState.APPROVED:
        move(tx, version, VersionAction.EXPIRE, cause="waiver", reason=reason)
    if version.state == VersionState.IN_REVIEW:
        request = _open_request(tx, row)
        if request is not None:
            close_request(tx, request, RequestState.LAPSED)
            tx.record(
                ApprovalLapsed(model_version=version.id, waiver=row.id),
                resource=request.id,
                project=request.project_id,
            )
        move(tx, version, VersionAction.REOPEN, cause="waiver", reason=reason)

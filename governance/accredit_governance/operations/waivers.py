"""Waivers: too little evidence accepted for a while, by two people, with an obligation.

The obligation is the compensating control: what limits the harm while the evidence is missing.
How a waiver ends is in `waiver_ends`.
"""

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.building_events import WaiverConfirmed, WaiverProposed
from accredit_governance.documents import json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GateBlocked,
    InvalidInput,
    NotAllowed,
    StaleDigest,
)
from accredit_governance.gates.promotion import may_be_waived
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.lifecycle.meanings import CONFIRMED_WAIVER, PROPOSED_WAIVER
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.lifecycle.waivers import WaiverState, waiver_state
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.reviews import issue_card, open_review
from accredit_governance.operations.subjects import (
    latest_evaluation,
    pinned_policy,
    report_of,
    still_blocking,
    waivers_of,
)
from accredit_governance.operations.tickets import spend_ticket
from accredit_governance.operations.versions import makers_of, move, require_other_hands
from accredit_governance.operations.words import require_prose
from accredit_governance.policy.document import Policy
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import (
    CheckResultRow,
    GateEvaluationRow,
    ModelVersionRow,
    Row,
    WaiverRow,
)

_RESTING = (VersionState.GATE_FAILED, VersionState.IN_REVIEW, VersionState.APPROVED)


@operation(Permission.WAIVER_SIGN, records=WaiverProposed)
def propose_waiver(
    tx: Transaction,
    evaluation_id: uuid.UUID,
    *,
    check_key: str,
    reason: str,
    obligation: str,
    expires_at: datetime,
    ticket: str,
) -> WaiverRecord:
    """Ask that a check with too little evidence be accepted for a while.

    Args:
        tx: the change.
        evaluation_id: the judgement.
        check_key: the check.
        reason: why.
        obligation: what limits the harm meanwhile.
        expires_at: until when.
        ticket: secret of the signer's ticket for the digest of the judgement; it is used up.

    Raises:
        FourEyes: the actor built, prepared or submitted the version.
        GateBlocked: the verdict, or the policy, leaves no room for a waiver.
        InvalidInput: no such check, or the expiry is past or beyond what the policy allows.
        ReauthenticationRequired: the actor has not just authenticated for this judgement.
    """
    evaluation = tx.load(GateEvaluationRow, evaluation_id, noun="gate evaluation")
    version = tx.load(ModelVersionRow, evaluation.model_version_id, noun="model version")
    _, policy = pinned_policy(tx, version)
    makers = makers_of(tx, version)
    require_other_hands(tx, makers, act="propose a waiver for")
    require_no_earlier_hand(tx, version.id, act="propose a waiver for")
    if version.state != VersionState.GATE_FAILED:
        raise Conflict(
            f"the version is {version.state}; waivers are for one whose gates failed",
            current_state=version.state,
        )
    _require_newest(tx, version, evaluation_id)
    check = tx.session.get(CheckResultRow, (evaluation_id, check_key))
    if check is None:
        raise InvalidInput(f"the evaluation has no check {check_key!r}")
    _check_waivable(policy, CheckResult.model_validate(check.document))
    role = role_for(tx, policy, version, None)
    _check_expiry(policy, expires_at, tx.now)
    require_prose("reason", reason)
    require_prose("obligation", obligation)
    _check_room(tx, evaluation_id, check_key)
    proof = spend_ticket(tx, ticket, subject_digest=evaluation.digest)
    row = tx.add(
        WaiverRow(
            project_id=version.project_id,
            model_version_id=version.id,
            gate_evaluation_id=evaluation_id,
            check_key=check_key,
            verdict=check.verdict,
            reason=reason,
            obligation=obligation,
            expires_at=expires_at,
            proposed_by=tx.actor.id,
            proposed_role=role,
            proposed_at=tx.now,
            proposed_method=proof.method,
            proposed_authenticated_at=proof.authenticated_at,
            **makers.model_dump(),
        )
    )
    tx.record(
        WaiverProposed(
            model_version=version.id,
            check=check_key,
            verdict=check.verdict,
            expires_at=expires_at,
            subject_digest=waiver_digest(tx.session, row),
            meaning=PROPOSED_WAIVER,
            **proof.model_dump(),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return waiver_record(tx, row)


@operation(Permission.WAIVER_SIGN, records=WaiverConfirmed)
def confirm_waiver(
    tx: Transaction, waiver_id: uuid.UUID, *, subject_digest: str, ticket: str
) -> WaiverRecord:
    """Agree, as the second person. When nothing blocks any more, the review opens.

    Args:
        tx: the change.
        waiver_id: what is agreed to.
        subject_digest: of the waiver as the signer has read it.
        ticket: secret of the signer's ticket for this digest; it is used up.

    Raises:
        FourEyes: the actor proposed it, shares the proposer's only role, or had a hand in the
            version.
        Conflict: it is confirmed already, or the version moved on.
        StaleDigest: the signer has read something else.
        ReauthenticationRequired: the actor has not just authenticated for this digest.
    """
    row = tx.load(WaiverRow, waiver_id, noun="waiver")
    # Whoever confirms another waiver of this version waits, or neither would see both confirmed.
    version = tx.hold(ModelVersionRow, row.model_version_id, noun="model version")
    tx.session.refresh(row)
    role = require_confirmable(tx, row, version)
    digest = waiver_digest(tx.session, row)
    if subject_digest != digest:
        raise StaleDigest(
            f"you signed over {subject_digest[:12]}… but the waiver is {digest[:12]}…; read it "
            "again",
            expected=digest,
        )
    proof = spend_ticket(tx, ticket, subject_digest=digest)
    row.confirmed_role, row.confirmed_by, row.confirmed_at = role, tx.actor.id, tx.now
    row.confirmed_method = proof.method
    row.confirmed_authenticated_at = proof.authenticated_at
    tx.session.flush()
    tx.record(
        WaiverConfirmed(
            model_version=version.id,
            check=row.check_key,
            verdict=row.verdict,
            subject_digest=digest,
            meaning=CONFIRMED_WAIVER,
            **proof.model_dump(),
        ),
        resource=row.id,
        project=row.project_id,
    )
    _review_when_clear(tx, version)
    return waiver_record(tx, row)


def require_confirmable(view: View, row: WaiverRow, version: ModelVersionRow) -> str:
    """Role in which the actor may confirm a proposed waiver now.

    Raises:
        FourEyes: the actor proposed it, or had a hand in the version.
        Conflict: it is confirmed, expired or revoked, or the version moved on.
        NotAllowed: the actor lacks the second role that the policy names.
    """
    _, policy = pinned_policy(view, version)
    require_other_hands(view, makers_of(view, version), act="confirm a waiver for")
    require_no_earlier_hand(view, version.id, act="confirm a waiver for")
    if row.proposed_by == view.actor.id:
        raise FourEyes("you proposed this waiver; another person has to confirm it")
    if row.confirmed_by is not None or version.state != VersionState.GATE_FAILED:
        raise Conflict(f"the waiver is confirmed already, or the version is {version.state}")
    if row.revoked_by is not None:
        raise Conflict("the proposed waiver was revoked")
    if row.expires_at <= view.now:
        raise Conflict("the proposed waiver has expired")
    _require_newest(view, version, row.gate_evaluation_id)
    return role_for(view, policy, version, row.proposed_role)


def _require_newest(view: View, version: ModelVersionRow, evaluation_id: uuid.UUID) -> None:
    """Refuse a waiver of a check that an earlier judgement was told.

    Raises:
        Conflict: the version was judged anew, or submitted anew and not judged since.
    """
    newest = latest_evaluation(view.session, version.id)
    if newest is None:
        raise Conflict(
            "the version was submitted anew and has no verdicts since; repeat its gates first"
        )
    if newest.id != evaluation_id:
        raise Conflict("the version was judged anew; waivers are for its newest evaluation")


def _review_when_clear(tx: Transaction, version: ModelVersionRow) -> None:
    _, policy = pinned_policy(tx, version)
    evaluation = latest_evaluation(tx.session, version.id)
    if evaluation is None:
        return
    report = report_of(tx.session, evaluation, policy)
    if still_blocking(policy, report, waivers_of(tx.session, evaluation.id), tx.now):
        return
    move(tx, version, VersionAction.WAIVE, cause="waivers")
    issue_card(tx, version, evaluation, policy, report)
    open_review(tx, version, evaluation, policy)


def waiver_digest(session: Session, row: WaiverRow) -> str:
    """Digest of what is signed with a waiver: what is accepted, on which judgement, how long."""
    return json_digest(
        {
            "check": row.check_key,
            "expires_at": row.expires_at.astimezone(UTC).isoformat(),
            "gates": session.get_one(GateEvaluationRow, row.gate_evaluation_id).digest,
            "model_version": str(row.model_version_id),
            "obligation": row.obligation,
            "proposed_by": str(row.proposed_by),
            "reason": row.reason,
            "verdict": row.verdict,
        }
    )


def waiver_record(view: View, row: WaiverRow) -> WaiverRecord:
    """Document of a waiver row, with where it stands now."""
    spent = select(WaiverRow.id).where(WaiverRow.id == row.id, _is_spent())
    state = waiver_state(
        is_confirmed=row.confirmed_by is not None,
        is_revoked=row.revoked_by is not None,
        is_spent=view.session.execute(spent).first() is not None,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        at=view.now,
    )
    return WaiverRecord.of(row, state=state, subject_digest=waiver_digest(view.session, row))


def stands(state: WaiverState, at: datetime) -> ColumnElement[bool]:
    """Condition for the waivers that stand so at a moment; says the same as `waiver_state`."""
    is_over = or_(WaiverRow.ended_at.is_not(None), WaiverRow.expires_at <= at)
    is_revoked, is_confirmed = (
        WaiverRow.revoked_by.is_not(None),
        WaiverRow.confirmed_by.is_not(None),
    )
    return {
        WaiverState.REVOKED: is_revoked,
        WaiverState.EXPIRED: and_(~is_revoked, is_over),
        WaiverState.SPENT: and_(~is_revoked, ~is_over, _is_spent()),
        WaiverState.ACTIVE: and_(~is_revoked, ~is_over, ~_is_spent(), is_confirmed),
        WaiverState.PROPOSED: and_(~is_revoked, ~is_over, ~_is_spent(), ~is_confirmed),
    }[state]


def _is_spent() -> ColumnElement[bool]:
    """Whether the version was decided against, or submitted or judged anew, since the proposal."""
    version, judged = aliased(ModelVersionRow), aliased(GateEvaluationRow)
    newer = aliased(GateEvaluationRow)
    decided = select(version.id).where(
        version.id == WaiverRow.model_version_id, version.state.not_in(_RESTING)
    )
    submitted_anew = (
        select(judged.id)
        .join(version, version.id == judged.model_version_id)
        .where(judged.id == WaiverRow.gate_evaluation_id, judged.created_at < version.submitted_at)
    )
    judged_anew = select(newer.id).where(
        newer.model_version_id == WaiverRow.model_version_id,
        newer.id > WaiverRow.gate_evaluation_id,
    )
    return or_(*(s.correlate(WaiverRow).exists() for s in (decided, submitted_anew, judged_anew)))


def _check_room(tx: Transaction, evaluation_id: uuid.UUID, check_key: str) -> None:
    """Refuse a second waiver of a check while the first one is open."""
    present = tx.session.execute(
        select(WaiverRow).where(
            WaiverRow.gate_evaluation_id == evaluation_id,
            WaiverRow.check_key == check_key,
            WaiverRow.ended_at.is_(None),
        )
    ).scalar_one_or_none()
    if present is None:
        return
    if present.expires_at <= tx.now:
        raise Conflict(
            f"the last waiver for {check_key} has expired, and its end is being recorded; "
            "try again in a minute"
        )
    if present.confirmed_by is not None:
        raise Conflict(f"{check_key} is waived already until {present.expires_at.isoformat()}")
    raise Conflict(f"a waiver for {check_key} is proposed already; a second person confirms it")


def _check_waivable(policy: Policy, result: CheckResult) -> None:
    if not result.required:
        raise GateBlocked(
            f"{result.key} blocks nothing, so there is nothing to waive", check=result.key
        )
    if result.verdict is not Verdict.INSUFFICIENT_EVIDENCE:
        raise GateBlocked(
            f"{result.key} is {result.verdict.value}; only insufficient evidence can be waived. "
            "Train a better model instead",
            check=result.key,
            verdict=result.verdict.value,
        )
    if not may_be_waived(policy, result):
        raise GateBlocked(
            f"policy {policy.name} allows no waiver for {result.check}; collect more evidence",
            check=result.key,
        )


def _check_expiry(policy: Policy, expires_at: datetime, now: datetime) -> None:
    days = policy.waivers.max_days if policy.waivers else 0
    if not now < expires_at <= now + timedelta(days=days):
        message = f"expires_at must lie ahead and within {days} days, as the policy says"
        raise InvalidInput(message, [{"pointer": "/expires_at", "detail": message}])


def role_for(view: View, policy: Policy, subject: Row, taken: str | None) -> str:
    """The role that the actor signs a waiver in: the first that the policy names and is not taken.

    Raises:
        NotAllowed: the actor holds none of them.
    """
    roles = policy.waivers.roles if policy.waivers else ()
    held = view.roles(subject)
    for role in roles:
        if role != taken and Role(role) in held:
            return role
    wanted = [role for role in roles if role != taken]
    raise NotAllowed(f"this signature is a {' or a '.join(wanted)}'s; you are none there")

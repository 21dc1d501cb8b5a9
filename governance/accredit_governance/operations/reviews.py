"""From the gates to the signatures: recording verdicts, waivers, cards, opening the review."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.separation import require_independent
from accredit_governance.audit.events import (
    ApprovalRequested,
    CardIssued,
    GatesErrored,
    GatesEvaluated,
    WaiverConfirmed,
    WaiverProposed,
)
from accredit_governance.cards.build import build_card
from accredit_governance.cards.card import ModelCard
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import Conflict, FourEyes, GateBlocked, InvalidInput, NotAllowed
from accredit_governance.gates.promotion import (
    Block,
    Waiver,
    WaiverSigner,
    may_be_waived,
    standing,
)
from accredit_governance.gates.results import CheckResult, GateReport, Verdict
from accredit_governance.lifecycle.approvals import Stage
from accredit_governance.lifecycle.versions import VersionAction, VersionState
from accredit_governance.operations.card_inputs import card_inputs
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.versions import makers_of, move
from accredit_governance.operations.work import complete
from accredit_governance.policy.document import Policy
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    CardVersionRow,
    CheckResultRow,
    GateEvaluationRow,
    ModelVersionRow,
    PolicyVersionRow,
    RunRow,
    WaiverRow,
)

MIN_PROSE = 10


@operation(Permission.SYSTEM_RECORD, records=GatesEvaluated)
def record_gates(tx: Transaction, job_id: uuid.UUID, fence: int, *, report: GateReport) -> None:
    """Record every check, move the version, and open the review when nothing blocks.

    Raises:
        Conflict: the report was made under another policy than the pinned one.
    """
    job = complete(tx, job_id, fence)
    version = tx.load(ModelVersionRow, job.subject_id, noun="model version")
    policy_row, policy = pinned_policy(tx, version)
    if report.policy_digest != policy_row.digest:
        raise Conflict("the gates ran under another policy than the one that was pinned")
    evaluation = tx.add(
        GateEvaluationRow(
            project_id=version.project_id,
            model_version_id=version.id,
            policy_version_id=policy_row.id,
            digest=report.digest(),
            created_at=tx.now,
        )
    )
    for position, result in enumerate(report.results):
        tx.session.add(_result_row(evaluation.id, position, result))
    verdicts = [result.verdict.value for result in report.results]
    blocking = [block.key for block in still_blocking(policy, report, [], tx.now)]
    tx.record(
        GatesEvaluated(
            model_version=version.id,
            policy_digest=report.policy_digest,
            report_digest=evaluation.digest,
            verdicts={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
            blocking=blocking,
        ),
        resource=evaluation.id,
        project=version.project_id,
    )
    if blocking:
        reason = f"{len(blocking)} required checks did not pass"
        move(tx, version, VersionAction.FAIL_GATES, cause="gates", reason=reason)
    else:
        move(tx, version, VersionAction.PASS_GATES, cause="gates")
    _issue_card(tx, version, evaluation, policy, report)
    if not blocking:
        _open_review(tx, version, evaluation, policy)


def _result_row(evaluation_id: uuid.UUID, position: int, result: CheckResult) -> CheckResultRow:
    return CheckResultRow(
        gate_evaluation_id=evaluation_id,
        key=result.key,
        position=position,
        required=result.required,
        verdict=result.verdict,
        value=result.value,
        n=result.n,
        threshold=result.threshold,
        document=result.model_dump(mode="json"),
    )


@operation(Permission.SYSTEM_RECORD, records=GatesErrored)
def fail_gates(tx: Transaction, version_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record that the gates could not be run. An error is never a pass."""
    version = tx.load(ModelVersionRow, version_id, noun="model version")
    code = str(error.get("code", "unknown"))
    move(tx, version, VersionAction.FAIL_GATES, cause="gates", reason=f"the gates ended in {code}")
    tx.record(
        GatesErrored(model_version=version.id, code=code),
        resource=version.id,
        project=version.project_id,
    )


@operation(Permission.WAIVER_SIGN, records=WaiverProposed)
def propose_waiver(
    tx: Transaction,
    evaluation_id: uuid.UUID,
    *,
    check_key: str,
    reason: str,
    obligation: str,
    expires_at: datetime,
) -> WaiverRecord:
    """Ask that a check with too little evidence be accepted for a while.

    Raises:
        FourEyes: the actor built, prepared or submitted the version.
        GateBlocked: the verdict, or the policy, leaves no room for a waiver.
        InvalidInput: no such check, or the expiry is past or beyond what the policy allows.
    """
    evaluation = tx.load(GateEvaluationRow, evaluation_id, noun="gate evaluation")
    version = tx.load(ModelVersionRow, evaluation.model_version_id, noun="model version")
    _, policy = pinned_policy(tx, version)
    makers = makers_of(tx, version)
    require_independent(tx.actor.id, makers, act="propose a waiver for")
    if version.state != VersionState.GATE_FAILED:
        raise Conflict(
            f"the version is {version.state}; waivers are for one whose gates failed",
            current_state=version.state,
        )
    check = tx.session.get(CheckResultRow, (evaluation_id, check_key))
    if check is None:
        raise InvalidInput(f"the evaluation has no check {check_key!r}")
    _check_waivable(policy, CheckResult.model_validate(check.document))
    role = _role_for(tx, policy, version.project_id, None)
    _check_expiry(policy, expires_at, tx.now)
    for pointer, value in (("/reason", reason), ("/obligation", obligation)):
        if len(value.strip()) < MIN_PROSE:
            message = f"{pointer[1:]} needs at least {MIN_PROSE} characters"
            raise InvalidInput(message, [{"pointer": pointer, "detail": message}])
    if tx.session.execute(
        select(WaiverRow.id).where(
            WaiverRow.gate_evaluation_id == evaluation_id, WaiverRow.check_key == check_key
        )
    ).first():
        raise Conflict(f"a waiver for {check_key} is proposed already; a second person confirms it")
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
            **makers.model_dump(),
        )
    )
    tx.record(
        WaiverProposed(
            model_version=version.id, check=check_key, verdict=check.verdict, expires_at=expires_at
        ),
        resource=row.id,
        project=row.project_id,
    )
    return WaiverRecord.of(row)


@operation(Permission.WAIVER_SIGN, records=WaiverConfirmed)
def confirm_waiver(tx: Transaction, waiver_id: uuid.UUID) -> WaiverRecord:
    """Agree, as the second person. When nothing blocks any more, the review opens.

    Raises:
        FourEyes: the actor proposed it, shares the proposer's only role, or had a hand in the
            version.
        Conflict: it is confirmed already, or the version moved on.
    """
    row = tx.load(WaiverRow, waiver_id, noun="waiver")
    # Whoever confirms another waiver of this version waits, or neither would see both confirmed.
    version = tx.hold(ModelVersionRow, row.model_version_id, noun="model version")
    tx.session.refresh(row)
    row.confirmed_role = require_confirmable(tx, row, version)
    row.confirmed_by, row.confirmed_at = tx.actor.id, tx.now
    tx.session.flush()
    tx.record(
        WaiverConfirmed(model_version=version.id, check=row.check_key, verdict=row.verdict),
        resource=row.id,
        project=row.project_id,
    )
    _review_when_clear(tx, version)
    return WaiverRecord.of(row)


def require_confirmable(view: View, row: WaiverRow, version: ModelVersionRow) -> str:
    """Role in which the actor may confirm a proposed waiver now.

    Raises:
        FourEyes: the actor proposed it, or had a hand in the version.
        Conflict: it is confirmed or expired, or the version moved on.
        NotAllowed: the actor lacks the second role that the policy names.
    """
    _, policy = pinned_policy(view, version)
    require_independent(view.actor.id, makers_of(view, version), act="confirm a waiver for")
    if row.proposed_by == view.actor.id:
        raise FourEyes("you proposed this waiver; another person has to confirm it")
    if row.confirmed_by is not None or version.state != VersionState.GATE_FAILED:
        raise Conflict(f"the waiver is confirmed already, or the version is {version.state}")
    if row.expires_at <= view.now:
        raise Conflict("the proposed waiver has expired")
    return _role_for(view, policy, version.project_id, row.proposed_role)


def _review_when_clear(tx: Transaction, version: ModelVersionRow) -> None:
    _, policy = pinned_policy(tx, version)
    evaluation = latest_evaluation(tx.session, version.id)
    if evaluation is None:
        return
    report = report_of(tx.session, evaluation, policy)
    if still_blocking(policy, report, waivers_of(tx.session, evaluation.id), tx.now):
        return
    move(tx, version, VersionAction.WAIVE, cause="waivers")
    _issue_card(tx, version, evaluation, policy, report)
    _open_review(tx, version, evaluation, policy)


def still_blocking(
    policy: Policy, report: GateReport, waivers: list[WaiverRow], now: datetime
) -> tuple[Block, ...]:
    """What stands in the way, with confirmed waivers taken into account."""
    return standing(policy, report, [_waiver(w, report, now) for w in waivers], at=now).blocks


def _waiver(waiver: WaiverRow, report: GateReport, now: datetime) -> Waiver:
    by = [WaiverSigner(person=str(waiver.proposed_by), role=waiver.proposed_role)]
    if waiver.confirmed_by is not None:
        by.append(WaiverSigner(person=str(waiver.confirmed_by), role=waiver.confirmed_role))
    return Waiver(
        key=waiver.check_key,
        report=report.digest(),
        by=tuple(by),
        reason=waiver.reason,
        # Another confirmation may carry a time after the start of this transaction.
        confirmed_at=min(waiver.confirmed_at or waiver.proposed_at, now),
        expires_at=waiver.expires_at,
        monitor=waiver.obligation,
    )


def _check_waivable(policy: Policy, result: CheckResult) -> None:
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


def _role_for(view: View, policy: Policy, project_id: uuid.UUID, taken: str | None) -> str:
    """The role that the actor signs a waiver in: the first that the policy names and is open.

    Raises:
        NotAllowed: the actor holds none of them.
    """
    roles = policy.waivers.roles if policy.waivers else ()
    held = view.actor.roles(project_id)
    for role in roles:
        if role != taken and Role(role) in held:
            return role
    wanted = [role for role in roles if role != taken]
    raise NotAllowed(f"this signature is a {' or a '.join(wanted)}'s; you are none there")


def _issue_card(
    tx: Transaction,
    version: ModelVersionRow,
    evaluation: GateEvaluationRow,
    policy: Policy,
    report: GateReport,
) -> CardVersionRow:
    waivers = [w for w in waivers_of(tx.session, evaluation.id) if w.confirmed_by is not None]
    card = build_card(card_inputs(tx, version, policy, report, waivers))
    missing = card.missing_fields()
    if missing:
        raise InvalidInput(
            f"the card lacks what people have to write: {', '.join(missing)}",
            [{"pointer": p, "detail": "required"} for p in missing],
        )
    last = tx.session.execute(
        select(func.max(CardVersionRow.number)).where(CardVersionRow.model_version_id == version.id)
    ).scalar_one()
    row = tx.add(
        CardVersionRow(
            project_id=version.project_id,
            model_version_id=version.id,
            number=(last or 0) + 1,
            digest=card.digest(),
            document=card.model_dump(mode="json"),
            created_at=tx.now,
        )
    )
    tx.record(
        CardIssued(model_version=version.id, number=row.number, card_digest=row.digest),
        resource=row.id,
        project=row.project_id,
    )
    return row


def _open_review(
    tx: Transaction, version: ModelVersionRow, evaluation: GateEvaluationRow, policy: Policy
) -> None:
    makers = makers_of(tx, version)
    subject = subject_of(tx.session, version, evaluation)
    card = latest_card(tx.session, version.id)
    if version.policy_version_id is None or card is None:
        raise Conflict("a version without pinned policy and card cannot be reviewed")
    stages = [
        Stage(name=stage.name, role=Role(stage.role), quorum=stage.quorum)
        for stage in policy.approval.stages
    ]
    row = tx.add(
        ApprovalRequestRow(
            project_id=version.project_id,
            model_version_id=version.id,
            card_version_id=card.id,
            gate_evaluation_id=evaluation.id,
            policy_version_id=version.policy_version_id,
            subject=subject,
            subject_digest=json_digest(subject),
            stages=[stage.model_dump(mode="json") for stage in stages],
            state="open",
            created_at=tx.now,
            **makers.model_dump(),
        )
    )
    tx.record(
        ApprovalRequested(
            model_version=version.id,
            subject_digest=row.subject_digest,
            stages=[stage.name for stage in stages],
        ),
        resource=row.id,
        project=row.project_id,
    )


def subject_of(
    session: Session, version: ModelVersionRow, evaluation: GateEvaluationRow
) -> dict[str, Json]:
    """What a signature is about, as it stands now: every digest that the decision rests on."""
    run = session.get_one(RunRow, version.run_id)
    policy = session.get_one(PolicyVersionRow, evaluation.policy_version_id)
    card = latest_card(session, version.id)
    waivers = [w for w in waivers_of(session, evaluation.id) if w.confirmed_by is not None]
    return {
        "bundle": version.bundle_digest,
        "run": run.record_digest,
        "card": card.digest if card else None,
        "gates": evaluation.digest,
        "policy": policy.digest,
        "waivers": [
            {
                "check": w.check_key,
                "reason": w.reason,
                "obligation": w.obligation,
                "expires_at": w.expires_at.isoformat(),
                "proposed_by": str(w.proposed_by),
                "confirmed_by": str(w.confirmed_by),
            }
            for w in waivers
        ],
    }


def pinned_policy(view: View, version: ModelVersionRow) -> tuple[PolicyVersionRow, Policy]:
    """The policy a version was submitted under.

    Raises:
        Conflict: it was never submitted.
    """
    if version.policy_version_id is None:
        raise Conflict("the version was never submitted, so no policy is pinned")
    row = view.session.get_one(PolicyVersionRow, version.policy_version_id)
    return row, policy_of(row)


def latest_evaluation(session: Session, version_id: uuid.UUID) -> GateEvaluationRow | None:
    """The newest judgement of a version."""
    return session.execute(
        select(GateEvaluationRow)
        .where(GateEvaluationRow.model_version_id == version_id)
        .order_by(GateEvaluationRow.created_at.desc(), GateEvaluationRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def latest_card(session: Session, version_id: uuid.UUID) -> CardVersionRow | None:
    """The newest card of a version."""
    return session.execute(
        select(CardVersionRow)
        .where(CardVersionRow.model_version_id == version_id)
        .order_by(CardVersionRow.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def waivers_of(session: Session, evaluation_id: uuid.UUID) -> list[WaiverRow]:
    """Waivers of an evaluation, oldest first."""
    return list(
        session.execute(
            select(WaiverRow)
            .where(WaiverRow.gate_evaluation_id == evaluation_id)
            .order_by(WaiverRow.check_key)
        ).scalars()
    )


def report_of(session: Session, evaluation: GateEvaluationRow, policy: Policy) -> GateReport:
    """The report as it was recorded."""
    rows = session.execute(
        select(CheckResultRow.document)
        .where(CheckResultRow.gate_evaluation_id == evaluation.id)
        .order_by(CheckResultRow.position)
    ).scalars()
    return GateReport(
        policy=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        results=tuple(CheckResult.model_validate(document) for document in rows),
    )


def card_of(row: CardVersionRow) -> ModelCard:
    """The card as it was issued."""
    return ModelCard.model_validate(row.document)

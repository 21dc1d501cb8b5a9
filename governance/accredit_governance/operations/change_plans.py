"""Change plans: proposing and signing one, submitting a version under it, taking the short path.

1. A plan is about one approved version. A validator, an owner and every role that the
   policy has sign a version of its tier sign it; no maker does, neither of that version nor of
   one that it lets through. A grave finding on the version stands in the way, as of an approval.
2. It ends with its uses, at its date, or when its version is not approved any more, for good.
3. A version submitted under it is judged in full. Inside the envelope one validator signs it,
   outside every stage of the policy does, and the reasons are on record. A use case of another
   tier or class lies outside.
"""

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.aftercare_events import (
    ChangePlanJudged,
    ChangePlanSigned,
    ChangePlanUsed,
    ProceedingOpened,
    ProceedingSigned,
)
from accredit_governance.documents import canonical_json
from accredit_governance.errors import Conflict, FindingOpen, FourEyes, GateBlocked, InvalidInput
from accredit_governance.gates.results import GateReport
from accredit_governance.lifecycle.approvals import Stage
from accredit_governance.lifecycle.proceedings import ProceedingKind, Verdict
from accredit_governance.operations.assessments import pinned_assessment
from accredit_governance.operations.blocking import blocking_findings, require_no_blocking_finding
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.proceedings import begin, require_state, sign, signatures
from accredit_governance.operations.subjects import (
    latest_evaluation,
    pinned_policy,
    report_of,
    still_blocking,
)
from accredit_governance.operations.versions import (
    latest_recertification,
    makers_of,
    require_other_hands,
    submit,
)
from accredit_governance.policy.envelopes import Made, reasons_outside
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.aftercare_terms import Envelope, PlannedChange
from accredit_governance.registry.records import ModelVersionRecord
from accredit_governance.registry.tables import (
    ChangePlanRow,
    ChangePlanUseRow,
    DatasetVersionRow,
    ModelVersionRow,
    ProceedingRow,
    RunRow,
    TrialRow,
)

_KIND = ProceedingKind.CHANGE_PLAN
SHORT_PATH = Stage(name="change_plan", role=Role.VALIDATOR, quorum=1)


@operation(Permission.VERSION_SUBMIT, records=ProceedingOpened)
def propose_plan(
    tx: Transaction, version_id: uuid.UUID, *, request: PlannedChange
) -> ProceedingRecord:
    """Propose what may change about an approved version without a full review.

    Raises:
        IllegalTransition: the version is not approved.
        InvalidInput: the metric is none of its checks, or the plan would end before it begins.
        Conflict: a plan waits for its signatures already.
        TierNotAssessed: the version was submitted before there were assessments.
    """
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    require_state(version, _KIND)
    _check_envelope(tx, version, request.envelope)
    return begin(tx, version, _KIND, request, also=_judges(tx, version))


def _judges(tx: Transaction, version: ModelVersionRow) -> tuple[Role, ...]:
    """Roles that the policy has sign a version of this tier: what they would not see, they plan."""
    _, policy = pinned_policy(tx, version)
    tier = pinned_assessment(tx.session, version.id).tier
    return tuple(Role(stage.role) for stage in policy.stages_of(tier))


@operation(Permission.APPROVAL_SIGN, records=ProceedingSigned)
def sign_plan(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    *,
    decision: Verdict,
    subject_digest: str,
    ticket: str,
    comment: str = "",
) -> ProceedingRecord:
    """Sign a plan in one of the roles that it takes; the last approval puts it into force."""
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


@operation(Permission.VERSION_SUBMIT, records=ChangePlanUsed)
def submit_under_plan(
    tx: Transaction, version_id: uuid.UUID, *, change_plan_id: uuid.UUID
) -> ModelVersionRecord:
    """Submit a version under a plan, which takes one of its uses.

    Raises:
        Conflict: the plan has ended or is used up, its version is not approved any more, or the
            version belongs to another model.
        NotAllowed, IllegalTransition, NoPolicyApplies: as for `submit_version`.
    """
    record = submit(tx, version_id)
    _use(tx, change_plan_id, tx.session.get_one(ModelVersionRow, version_id))
    return record


def _use(tx: Transaction, plan_id: uuid.UUID, version: ModelVersionRow) -> None:
    plan = tx.hold(ChangePlanRow, plan_id, noun="change plan")
    base = tx.session.get_one(ModelVersionRow, plan.model_version_id)
    tx.session.refresh(base)
    envelope = Envelope.model_validate(plan.envelope)
    require_standing(tx, plan, base)
    if envelope.ends_at <= tx.now:
        raise Conflict(f"the change plan ended at {envelope.ends_at.isoformat()}")
    if version.model_id != base.model_id:
        raise Conflict("the change plan is for another model")
    used = tx.session.execute(
        select(func.count())
        .select_from(ChangePlanUseRow)
        .where(ChangePlanUseRow.change_plan_id == plan_id)
    ).scalar_one()
    if used >= envelope.max_uses:
        raise Conflict(
            f"the change plan allows {envelope.max_uses} uses, and {used} are taken", uses=used
        )
    tx.add(
        ChangePlanUseRow(
            project_id=version.project_id,
            change_plan_id=plan_id,
            number=used + 1,
            model_version_id=version.id,
            used_by=tx.actor.id,
            used_at=tx.now,
        )
    )
    tx.record(
        ChangePlanUsed(change_plan=plan_id, number=used + 1),
        resource=version.id,
        project=version.project_id,
    )


def require_standing(tx: Transaction, plan: ChangePlanRow, base: ModelVersionRow) -> None:
    """Demand that a plan and the approval it rests on hold.

    Raises:
        Conflict: one of them has ended.
    """
    if plan.ended_at is not None:
        raise Conflict(f"the change plan has ended: {plan.ended_because}")
    if base.valid_until is None or base.valid_until <= tx.now:
        raise Conflict("the approval of the version that the change plan is for has run out")


def short_path(
    tx: Transaction, version: ModelVersionRow, report: GateReport, stages: list[Stage]
) -> list[Stage]:
    """Stages that a judged version takes: those given, unless it lies inside a plan's envelope."""
    use = use_of(tx.session, version.id)
    if use is None:
        return stages
    plan = tx.session.get_one(ChangePlanRow, use.change_plan_id)
    base = tx.session.get_one(ModelVersionRow, plan.model_version_id)
    reasons: tuple[str, ...] = ("a re-certification takes every stage",)
    if latest_recertification(tx.session, version.id) is None:
        reasons = _reasons(tx, plan, base, version, report)
    use.outcome, use.reasons = "outside" if reasons else "inside", list(reasons)
    tx.record(
        ChangePlanJudged(
            change_plan=plan.id,
            model_version=version.id,
            outcome=use.outcome,
            reasons=list(reasons),
        ),
        resource=use.id,
        project=use.project_id,
    )
    return stages if reasons else [SHORT_PATH]


def require_plan_holds(tx: Transaction, version_id: uuid.UUID) -> None:
    """Demand, where a version is on the short path, that its plan still holds.

    Raises:
        GateBlocked: it has ended; the review is opened again with every stage.
        FindingOpen: a grave finding stands in the way of the version of the plan.
    """
    use = use_of(tx.session, version_id)
    if use is None or use.outcome != "inside":
        return
    plan = tx.session.get_one(ChangePlanRow, use.change_plan_id)
    # Against the end of the plan at the same moment: of the two, one comes first.
    tx.session.refresh(plan, with_for_update=True)
    base = tx.session.get_one(ModelVersionRow, plan.model_version_id)
    try:
        require_standing(tx, plan, base)
    except Conflict as ended:
        raise GateBlocked(
            f"{ended.message}; the review is opened again with every stage of the policy"
        ) from ended
    try:
        require_no_blocking_finding(tx, base.id)
    except FindingOpen as found:
        raise FindingOpen(
            f"of the version that the change plan is for, {found.message}", **found.facts
        ) from found


def use_of(session: Session, version_id: uuid.UUID) -> ChangePlanUseRow | None:
    """The use that a version made of a plan."""
    return session.execute(
        select(ChangePlanUseRow).where(ChangePlanUseRow.model_version_id == version_id)
    ).scalar_one_or_none()


def _reasons(
    tx: Transaction,
    plan: ChangePlanRow,
    base: ModelVersionRow,
    version: ModelVersionRow,
    report: GateReport,
) -> tuple[str, ...]:
    try:
        require_standing(tx, plan, base)
    except Conflict as ended:
        return (ended.message,)
    envelope = Envelope.model_validate(plan.envelope)
    judged = latest_evaluation(tx.session, base.id)
    _, policy = pinned_policy(tx, base)
    if judged is None:
        return ("the version of the plan was never judged",)
    was = report_of(tx.session, judged, policy)
    old = _made(tx, base, was, envelope.metric)
    new = _made(tx, version, report, envelope.metric)
    return (
        *_of_findings(tx, base),
        *_of_hands(tx, plan, version),
        *reasons_outside(envelope, old, new),
    )


def _of_findings(tx: Transaction, base: ModelVersionRow) -> tuple[str, ...]:
    """Why a version is no base any more, although its approval holds."""
    grave = blocking_findings(tx.session, base.id, now=tx.now)
    return ("findings stand in the way of the version of the plan",) if grave else ()


def _of_hands(tx: Transaction, plan: ChangePlanRow, version: ModelVersionRow) -> tuple[str, ...]:
    """Why the signatures under a plan do not do for a version: who gave them made it."""
    makers = makers_of(tx, version)
    for signed in signatures(tx.session, plan.id):
        try:
            require_other_hands(tx, makers, act="let through", delegator_id=signed.signer_id)
        except FourEyes:
            return ("somebody who signed the plan had a hand in it",)
    return ()


def _made(tx: Transaction, version: ModelVersionRow, report: GateReport, metric: str) -> Made:
    run = tx.session.get_one(RunRow, version.run_id)
    data = tx.session.get_one(DatasetVersionRow, run.dataset_version_id)
    policy_row, policy = pinned_policy(tx, version)
    assessed = pinned_assessment(tx.session, version.id)
    contract = run.record["contract"]
    target = {name: contract.get(name) for name in ("target", "task", "favourable", "classes")}
    return Made(
        model=str(version.model_id),
        target=canonical_json(target).decode(),
        columns={column["name"]: column["kind"] for column in contract["columns"]},
        families=_families(tx.session, run),
        dataset=str(data.dataset_id),
        dataset_number=data.number,
        policy_digest=policy_row.digest,
        tier=assessed.tier,
        ai_act_class=assessed.ai_act_class,
        metric=next((r.value for r in report.results if r.key == metric), None),
        blocking=tuple(block.key for block in still_blocking(policy, report, [], tx.now)),
    )


def _families(session: Session, run: RunRow) -> tuple[str, ...]:
    """Families that a model is made of; of a record without a blend all that were tried."""
    members = run.record["run"].get("blend", {}).get("members", [])
    named = {str(member["family"]) for member in members if "family" in member}
    if not named:
        named = set(
            session.execute(select(TrialRow.family).where(TrialRow.run_id == run.id)).scalars()
        )
    return tuple(sorted(named))


def _check_envelope(tx: Transaction, version: ModelVersionRow, envelope: Envelope) -> None:
    problems = []
    if envelope.ends_at <= tx.now:
        problems.append(("/envelope/ends_at", "ends_at lies in the past"))
    elif version.valid_until is not None and envelope.ends_at > version.valid_until:
        until = version.valid_until.isoformat()
        problems.append(
            ("/envelope/ends_at", f"ends_at lies after the end of the approval, {until}")
        )
    evaluation = latest_evaluation(tx.session, version.id)
    _, policy = pinned_policy(tx, version)
    results = report_of(tx.session, evaluation, policy).results if evaluation else ()
    known = sorted(r.key for r in results if r.value is not None and r.direction == "min")
    if envelope.metric not in known:
        problems.append(
            ("/envelope/metric", f"the metric must be one of {', '.join(known) or 'none'}")
        )
    if problems:
        raise InvalidInput(
            "; ".join(detail for _, detail in problems),
            [{"pointer": pointer, "detail": detail} for pointer, detail in problems],
        )


def _guard(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    envelope = PlannedChange.model_validate(row.document).envelope
    _check_envelope(tx, version, envelope)
    require_no_blocking_finding(tx, version.id)


def _conclude(tx: Transaction, version: ModelVersionRow, row: ProceedingRow) -> None:
    envelope = PlannedChange.model_validate(row.document).envelope
    tx.add(
        ChangePlanRow(
            id=row.id,
            project_id=row.project_id,
            model_version_id=version.id,
            envelope=envelope.model_dump(mode="json"),
            signed_at=tx.now,
        )
    )
    tx.record(
        ChangePlanSigned(
            model_version=version.id,
            envelope_digest=envelope.digest(),
            max_uses=envelope.max_uses,
            ends_at=envelope.ends_at,
        ),
        resource=row.id,
        project=row.project_id,
    )

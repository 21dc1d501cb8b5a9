"""Signing: one person's decision in the open stage, over one subject digest."""

import uuid
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.access.separation import Makers
from accredit_governance.audit.building_events import ApprovalWithdrawn, SignedOff
from accredit_governance.documents import json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GateBlocked,
    InvalidInput,
    NotAllowed,
    StaleDigest,
)
from accredit_governance.lifecycle.approvals import (
    Decision,
    RequestState,
    Signature,
    Stage,
    open_stage,
    outcome,
)
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.change_plans import require_plan_holds
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.subjects import (
    pinned_policy,
    report_of,
    still_blocking,
    subject_of,
    waivers_of,
)
from accredit_governance.operations.versions import move, require_other_hands
from accredit_governance.registry.records import ApprovalRequestRecord, SignOffRecord
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    GateEvaluationRow,
    ModelRow,
    ModelVersionRow,
    SignOffRow,
)

_STEP = {
    RequestState.APPROVED: VersionAction.APPROVE,
    RequestState.REJECTED: VersionAction.REJECT,
    RequestState.CHANGES_REQUESTED: VersionAction.REQUEST_CHANGES,
}


@operation(Permission.APPROVAL_SIGN, records=SignedOff)
def sign_off(
    tx: Transaction,
    request_id: uuid.UUID,
    *,
    decision: Decision,
    subject_digest: str,
    comment: str,
) -> ApprovalRequestRecord:
    """Sign, one way or the other, for the stage that is open.

    Guards, in this order: the request is open; the actor had no hand in the subject and has not
    signed; the actor holds the stage's role; the digest is the one on the request; nothing that the
    digest stands for changed since; a refusal says why; the gates still let the version through.

    Raises:
        FourEyes, NotAllowed, StaleDigest, Conflict, GateBlocked, InvalidInput: one per guard.
    """
    request = tx.load(ApprovalRequestRow, request_id, noun="approval request")
    _lock(tx, request)
    makers = Makers.model_validate(request, from_attributes=True)
    stage = require_signable(tx, request)
    version = tx.load(ModelVersionRow, request.model_version_id, noun="model version")
    evaluation = tx.load(GateEvaluationRow, request.gate_evaluation_id, noun="gate evaluation")
    _check_digest(tx, request, version, evaluation, subject_digest)
    if decision is not Decision.APPROVE and not comment.strip():
        message = "say why: the people who have to act on it will read this"
        raise InvalidInput(message, [{"pointer": "/comment", "detail": message}])
    if decision is Decision.APPROVE:
        require_plan_holds(tx, version.id)
        _check_gates(tx, version, evaluation)
    _insert(tx, request, stage, decision, comment, makers)
    _conclude(tx, request, version)
    return approval_record(tx, request)


def require_signable(view: View, request: ApprovalRequestRow) -> Stage:
    """Stage of a request that the actor may sign now.

    Raises:
        FourEyes: the actor had a hand in the subject, or has signed already.
        Conflict: the request is decided.
        NotAllowed: the open stage belongs to another role.
    """
    makers = Makers.model_validate(request, from_attributes=True)
    require_other_hands(view, makers, act="sign")
    require_no_earlier_hand(view, request.model_version_id, act="sign")
    stages, signatures = stages_of(request), signatures_of(view.session, request.id)
    if any(s.signer_id == view.actor.id for s in signatures):
        raise FourEyes("you have signed this request already; each signature is another person's")
    stage = open_stage(stages, signatures)
    if request.state != RequestState.OPEN or stage is None:
        raise Conflict(f"the approval request is {request.state}", current_state=request.state)
    if stage.role not in view.actor.roles(request.project_id):
        raise NotAllowed(f"the open stage {stage.name} is signed by a {stage.role}; you are none")
    return stage


def _lock(tx: Transaction, request: ApprovalRequestRow) -> None:
    """Make other signers of the same request wait for this transaction's end."""
    tx.session.refresh(request, with_for_update=True)


def _check_digest(
    tx: Transaction,
    request: ApprovalRequestRow,
    version: ModelVersionRow,
    evaluation: GateEvaluationRow,
    signed: str,
) -> None:
    if signed != request.subject_digest:
        raise StaleDigest(
            f"you signed over {signed[:12]}… but the request stands at "
            f"{request.subject_digest[:12]}…; read it again",
            expected=request.subject_digest,
        )
    today = json_digest(subject_of(tx.session, version, evaluation))
    if today != request.subject_digest:
        raise StaleDigest(
            "something that the request's digest stands for has changed; it has to be submitted "
            "again",
            expected=today,
        )


def _check_gates(tx: Transaction, version: ModelVersionRow, evaluation: GateEvaluationRow) -> None:
    _, policy = pinned_policy(tx, version)
    age = tx.now - evaluation.created_at
    if age > timedelta(days=policy.approval.gate_age_days):
        raise GateBlocked(
            f"the gates were evaluated {age.days} days ago; the policy allows "
            f"{policy.approval.gate_age_days}"
        )
    report = report_of(tx.session, evaluation, policy)
    waivers = waivers_of(tx.session, evaluation.id)
    if blocking := still_blocking(policy, report, waivers, tx.now):
        raise GateBlocked(
            f"required checks block: {', '.join(block.key for block in blocking)}",
            checks=[block.key for block in blocking],
        )


def _insert(
    tx: Transaction,
    request: ApprovalRequestRow,
    stage: Stage,
    decision: Decision,
    comment: str,
    makers: Makers,
) -> None:
    try:
        row = tx.add(
            SignOffRow(
                project_id=request.project_id,
                approval_request_id=request.id,
                stage=stage.name,
                decision=decision,
                comment=comment,
                subject_digest=request.subject_digest,
                signer_id=tx.actor.id,
                signed_at=tx.now,
                **makers.model_dump(),
            )
        )
    except IntegrityError as error:
        raise FourEyes("the database refused this signature: one per person, none by makers") from (
            error
        )
    tx.record(
        SignedOff(
            approval_request=request.id,
            model_version=request.model_version_id,
            stage=stage.name,
            decision=decision,
            subject_digest=request.subject_digest,
        ),
        resource=row.id,
        project=row.project_id,
    )


def _conclude(tx: Transaction, request: ApprovalRequestRow, version: ModelVersionRow) -> None:
    """Close the request when the signatures decide it; conditionally, so that one closing wins."""
    state = outcome(stages_of(request), signatures_of(tx.session, request.id))
    if state is RequestState.OPEN:
        return
    close_request(tx, request, state)
    move(tx, version, _STEP[state], cause="sign-off")
    if state is RequestState.APPROVED:
        _, policy = pinned_policy(tx, version)
        version.approved_at = tx.now
        # What was waived holds for a while only, and so does an approval that rests on it.
        waivers = waivers_of(tx.session, request.gate_evaluation_id)
        ends = [waiver.expires_at for waiver in waivers if waiver.confirmed_by is not None]
        version.valid_until = min([tx.now + timedelta(days=policy.approval.validity_days), *ends])


def close_request(tx: Transaction, request: ApprovalRequestRow, state: RequestState) -> None:
    """Close an open request, conditionally, so that of two who close it one does.

    Raises:
        Conflict: someone else closed it first.
    """
    closed = tx.session.execute(
        update(ApprovalRequestRow)
        .where(ApprovalRequestRow.id == request.id, ApprovalRequestRow.state == RequestState.OPEN)
        .values(state=state, decided_at=tx.now)
        .execution_options(synchronize_session="fetch")
        .returning(ApprovalRequestRow.id)
    ).all()
    if not closed:
        raise Conflict("someone else decided this request first")
    tx.session.refresh(request)


@operation(Permission.VERSION_SUBMIT, records=ApprovalWithdrawn)
def withdraw_request(tx: Transaction, request_id: uuid.UUID) -> ApprovalRequestRecord:
    """Take a request back, as its submitter.

    Raises:
        NotAllowed: someone else submitted it.
        Conflict: it is decided already.
    """
    request = tx.load(ApprovalRequestRow, request_id, noun="approval request")
    _lock(tx, request)
    if request.submitted_by != tx.actor.id:
        raise NotAllowed("only the person who submitted the version withdraws it")
    close_request(tx, request, RequestState.WITHDRAWN)
    version = tx.load(ModelVersionRow, request.model_version_id, noun="model version")
    move(tx, version, VersionAction.WITHDRAW, cause="withdraw")
    tx.record(
        ApprovalWithdrawn(model_version=version.id),
        resource=request.id,
        project=request.project_id,
    )
    return approval_record(tx, request)


def stages_of(request: ApprovalRequestRow) -> list[Stage]:
    """Stages as they stood when the request was opened."""
    return [Stage.model_validate(stage) for stage in request.stages]


def signatures_of(session: Session, request_id: uuid.UUID) -> list[Signature]:
    """Signatures of a request, in order of time."""
    rows = session.execute(
        select(SignOffRow)
        .where(SignOffRow.approval_request_id == request_id)
        .order_by(SignOffRow.signed_at, SignOffRow.id)
    ).scalars()
    return [
        Signature(stage=row.stage, signer_id=row.signer_id, decision=Decision(row.decision))
        for row in rows
    ]


def approval_record(view: View, request: ApprovalRequestRow) -> ApprovalRequestRecord:
    """Document of a request row, with its signatures."""
    version = view.session.get_one(ModelVersionRow, request.model_version_id)
    model = view.session.get_one(ModelRow, version.model_id)
    stages = stages_of(request)
    waiting = open_stage(stages, signatures_of(view.session, request.id))
    signed = view.session.execute(
        select(SignOffRow)
        .where(SignOffRow.approval_request_id == request.id)
        .order_by(SignOffRow.signed_at, SignOffRow.id)
    ).scalars()
    return ApprovalRequestRecord.of(
        request,
        model_name=model.name,
        version_number=version.number,
        stages=tuple(stages),
        open_stage=waiting.name if waiting and request.state == RequestState.OPEN else None,
        sign_offs=tuple(SignOffRecord.of(row) for row in signed),
    )

"""Signing: one person's decision in the open stage, over one subject digest."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.access.rights import Mandate
from accredit_governance.access.separation import Makers
from accredit_governance.audit.building_events import ApprovalWithdrawn, SignedOff
from accredit_governance.documents import Document, json_digest
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
from accredit_governance.lifecycle.meanings import meaning_of
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.blocking import require_no_blocking_finding
from accredit_governance.operations.change_plans import require_plan_holds
from accredit_governance.operations.conditions import conditions_of, impose, settle
from accredit_governance.operations.delegations import is_in_force
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.subjects import (
    pinned_policy,
    report_of,
    still_blocking,
    subject_of,
    waivers_of,
)
from accredit_governance.operations.tickets import Authentication, spend_ticket
from accredit_governance.operations.versions import move, require_other_hands
from accredit_governance.operations.words import require_short
from accredit_governance.registry.approval_records import (
    ApprovalRequestRecord,
    NewCondition,
    SignOffRecord,
)
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    GateEvaluationRow,
    ModelRow,
    ModelVersionRow,
    SignOffHandRow,
    SignOffRow,
)

_STEP = {
    RequestState.APPROVED: VersionAction.APPROVE,
    RequestState.REJECTED: VersionAction.REJECT,
    RequestState.CHANGES_REQUESTED: VersionAction.REQUEST_CHANGES,
}


class Standing(Document):
    """In which stage an actor signs, and for whom if not for themselves."""

    stage: Stage
    mandate: Mandate | None = None


@operation(Permission.APPROVAL_SIGN, records=SignedOff)
def sign_off(
    tx: Transaction,
    request_id: uuid.UUID,
    *,
    decision: Decision,
    subject_digest: str,
    comment: str,
    ticket: str,
    conditions: Sequence[NewCondition] = (),
) -> ApprovalRequestRecord:
    """Sign, one way or the other, for the stage that is open.

    Guards, in this order: the request is open; the actor had no hand in the subject and has not
    signed; the actor holds the stage's role, or somebody who does and had no hand either has lent
    it; the digest is the one on the request; nothing that the digest stands for changed since; a
    refusal says why; the gates still let the version through; no grave finding is open; the actor
    has just authenticated.

    Args:
        tx: the change.
        request_id: what is decided.
        decision: one way or the other.
        subject_digest: that the signer has read.
        comment: why.
        ticket: secret of the signer's ticket for this digest; it is used up.
        conditions: what an approval demands besides; obligations once the version is approved.

    Raises:
        FourEyes, NotAllowed, StaleDigest, Conflict, GateBlocked, FindingOpen, InvalidInput: one
            per guard.
        ReauthenticationRequired: the last guard.
    """
    request = tx.load(ApprovalRequestRow, request_id, noun="approval request")
    _lock(tx, request)
    makers = Makers.model_validate(request, from_attributes=True)
    standing = require_signable(tx, request)
    _act_for(tx, standing)
    version = tx.load(ModelVersionRow, request.model_version_id, noun="model version")
    evaluation = tx.load(GateEvaluationRow, request.gate_evaluation_id, noun="gate evaluation")
    _check_digest(tx, request, version, evaluation, subject_digest)
    _check_words(decision, comment, conditions)
    if decision is Decision.APPROVE:
        require_plan_holds(tx, version.id)
        _check_gates(tx, version, evaluation)
        require_no_blocking_finding(tx, version.id)
    proof = spend_ticket(tx, ticket, subject_digest=request.subject_digest)
    row = _insert(tx, request, standing, decision, comment, makers, proof)
    impose(tx, row, version.id, conditions)
    _conclude(tx, request, version)
    return approval_record(tx, request)


def require_signable(view: View, request: ApprovalRequestRow) -> Standing:
    """Stage of a request that the actor may sign now, and for whom.

    Raises:
        FourEyes: the actor, or the person whom the actor would sign for, had a hand in the
            subject, or in a signature already.
        Conflict: the request is decided, or its time is over.
        NotAllowed: the open stage belongs to another role.
    """
    makers = Makers.model_validate(request, from_attributes=True)
    require_other_hands(view, makers, act="sign")
    require_no_earlier_hand(view, request.model_version_id, act="sign")
    stages, signatures = stages_of(request), signatures_of(view.session, request.id)
    hands = frozenset[uuid.UUID]().union(*(s.hands for s in signatures))
    if view.actor.id in hands:
        raise FourEyes("you have signed this request already; each signature is another person's")
    stage = open_stage(stages, signatures)
    if request.state != RequestState.OPEN or stage is None:
        raise Conflict(f"the approval request is {request.state}", current_state=request.state)
    if request.lapse_at is not None and request.lapse_at <= view.now:
        raise Conflict("the time to decide is over; the request lapses")
    if stage.role in view.roles(request):
        return Standing(stage=stage)
    place = view.place_of(request)
    lent = [m for m in view.actor.mandates if m.role is stage.role and m.covers(*place)]
    if not lent:
        raise NotAllowed(f"the open stage {stage.name} is signed by a {stage.role}; you are none")
    return Standing(
        stage=stage, mandate=_usable(view, lent, request.model_version_id, makers, hands)
    )


def _usable(
    view: View,
    lent: Sequence[Mandate],
    version_id: uuid.UUID,
    makers: Makers,
    hands: frozenset[uuid.UUID],
) -> Mandate:
    """The first mandate whose giver could have signed.

    Raises:
        FourEyes: none of them could; what stands against the last one is told.
    """
    refusal = FourEyes("nobody whom you stand in for may sign this request")
    for mandate in lent:
        giver = mandate.delegator_id
        try:
            require_other_hands(view, makers, act="sign", delegator_id=giver)
            require_no_earlier_hand(view, version_id, act="sign", delegator_id=giver)
        except FourEyes as error:
            refusal = error
            continue
        if giver not in hands:
            return mandate
        refusal = FourEyes(
            "the person whom you act for has signed this request already; each signature is "
            "another person's"
        )
    raise refusal


def _act_for(tx: Transaction, standing: Standing) -> None:
    """Say in the log for whom the actor signs; the delegation holds until this transaction ends.

    Raises:
        NotAllowed: it was revoked at this moment.
    """
    if standing.mandate is None:
        return
    if not is_in_force(tx, standing.mandate.delegation_id):
        raise NotAllowed("the delegation was revoked")
    tx.actor = tx.actor.model_copy(update={"on_behalf_of": standing.mandate.delegator_id})


def _check_words(decision: Decision, comment: str, conditions: Sequence[NewCondition]) -> None:
    require_short("/comment", comment)
    if decision is Decision.APPROVE:
        return
    if not comment.strip():
        message = "say why: the people who have to act on it will read this"
        raise InvalidInput(message, [{"pointer": "/comment", "detail": message}])
    if conditions:
        message = "only an approval carries conditions"
        raise InvalidInput(message, [{"pointer": "/conditions", "detail": message}])


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
    standing: Standing,
    decision: Decision,
    comment: str,
    makers: Makers,
    proof: Authentication,
) -> SignOffRow:
    meaning = meaning_of(standing.stage, decision)
    mandate = standing.mandate
    try:
        row = tx.add(
            SignOffRow(
                project_id=request.project_id,
                approval_request_id=request.id,
                stage=standing.stage.name,
                decision=decision,
                comment=comment,
                subject_digest=request.subject_digest,
                signer_id=tx.actor.id,
                signed_at=tx.now,
                delegation_id=mandate.delegation_id if mandate else None,
                on_behalf_of=mandate.delegator_id if mandate else None,
                meaning=meaning,
                **proof.model_dump(),
                **makers.model_dump(),
            )
        )
        for person in {tx.actor.id, row.on_behalf_of or tx.actor.id}:
            tx.add(
                SignOffHandRow(
                    approval_request_id=request.id, principal_id=person, sign_off_id=row.id
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
            stage=standing.stage.name,
            decision=decision,
            subject_digest=request.subject_digest,
            meaning=meaning,
            method=proof.method,
            authenticated_at=proof.authenticated_at,
            delegation=row.delegation_id,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return row


def _conclude(tx: Transaction, request: ApprovalRequestRow, version: ModelVersionRow) -> None:
    """Close the request when the signatures decide it; conditionally, so that one closing wins."""
    state = outcome(stages_of(request), signatures_of(tx.session, request.id))
    if state is RequestState.OPEN:
        return
    close_request(tx, request, state)
    if state is RequestState.APPROVED:
        _, policy = pinned_policy(tx, version)
        version.approved_at = tx.now
        # What was waived holds for a while only, and so does an approval that rests on it.
        waivers = waivers_of(tx.session, request.gate_evaluation_id)
        ends = [waiver.expires_at for waiver in waivers if waiver.confirmed_by is not None]
        version.valid_until = min([tx.now + timedelta(days=policy.approval.validity_days), *ends])
    move(tx, version, _STEP[state], cause="sign-off")


def close_request(tx: Transaction, request: ApprovalRequestRow, state: RequestState) -> None:
    """Close an open request, conditionally, so that of two who close it one does.

    Its conditions become obligations when it is approved, and are void when it is not.

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
    settle(tx, request.id, is_approved=state is RequestState.APPROVED)


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
        Signature(
            stage=row.stage,
            signer_id=row.signer_id,
            decision=Decision(row.decision),
            on_behalf_of=row.on_behalf_of,
        )
        for row in rows
    ]


def approval_record(view: View, request: ApprovalRequestRow) -> ApprovalRequestRecord:
    """Document of a request row, with its signatures."""
    version = view.session.get_one(ModelVersionRow, request.model_version_id)
    model = view.session.get_one(ModelRow, version.model_id)
    stages = stages_of(request)
    is_open = request.state == RequestState.OPEN
    waiting = open_stage(stages, signatures_of(view.session, request.id)) if is_open else None
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
        open_stage=waiting.name if waiting else None,
        meanings={d: meaning_of(waiting, d) for d in Decision} if waiting else {},
        conditions=conditions_of(view, request.id),
        sign_offs=tuple(SignOffRecord.of(row) for row in signed),
    )

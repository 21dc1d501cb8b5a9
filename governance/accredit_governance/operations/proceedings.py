"""Proceedings: asking for something to be done with a version, signing it, taking it back.

Each kind has a module of its own that says what must hold and what follows; the way is one.
"""

import uuid
from collections.abc import Callable, Iterable

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.access.separation import Makers
from accredit_governance.audit.aftercare_events import (
    ProceedingOpened,
    ProceedingSigned,
    ProceedingWithdrawn,
)
from accredit_governance.documents import Document, Json, json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    StaleDigest,
)
from accredit_governance.lifecycle.meanings import meaning_in_proceeding
from accredit_governance.lifecycle.proceedings import (
    RULES,
    ProceedingKind,
    ProceedingState,
    Verdict,
    can_begin,
    signing_roles,
)
from accredit_governance.lifecycle.versions import VersionState, allowed_actions
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.subjects import latest_evaluation, subject_of
from accredit_governance.operations.tickets import Authentication, spend_ticket
from accredit_governance.operations.versions import makers_of, require_other_hands
from accredit_governance.operations.words import require_short
from accredit_governance.registry.aftercare_records import (
    ProceedingRecord,
    ProceedingSignOffRecord,
)
from accredit_governance.registry.tables import (
    ModelRow,
    ModelVersionRow,
    ProceedingRow,
    ProceedingSignOffRow,
)

Step = Callable[[Transaction, ModelVersionRow, ProceedingRow], None]


def begin(
    tx: Transaction,
    version: ModelVersionRow,
    kind: ProceedingKind,
    document: Document,
    *,
    claim: str | None = None,
    also: Iterable[Role] = (),
) -> ProceedingRecord:
    """Open a proceeding about a version that the caller holds.

    Args:
        tx: the change.
        version: what it is about.
        kind: what is asked for.
        document: what exactly.
        claim: what only one open proceeding may be about; without it, the kind and the version.
        also: roles that sign besides those of the kind.

    Raises:
        NotAllowed: a service account asks, or the actor holds no role that may.
        IllegalTransition: the version does not stand so that this could follow.
        Conflict: the same was asked for already.
    """
    if tx.actor.kind != "user":
        raise NotAllowed(f"a person asks for {kind.with_article}, not a service account")
    roles = signing_roles(kind, tx.roles(version))
    if not roles:
        askers = " or ".join(RULES[kind].asked_by)
        raise NotAllowed(f"{kind.with_article} is asked for by one who holds {askers}")
    require_state(version, kind)
    _require_first(tx.session, version, kind, claim)
    subject = _subject(tx.session, version, kind, document.model_dump(mode="json"))
    row = tx.add(
        ProceedingRow(
            project_id=version.project_id,
            model_version_id=version.id,
            kind=kind,
            claim=claim,
            document=document.model_dump(mode="json"),
            roles=list(dict.fromkeys(role.value for role in (*roles, *also))),
            subject=subject,
            subject_digest=json_digest(subject),
            state=ProceedingState.OPEN,
            asked_by=tx.actor.id,
            asked_at=tx.now,
            **makers_of(tx, version).model_dump(),
        )
    )
    tx.record(
        ProceedingOpened(
            model_version=version.id,
            kind=kind,
            subject_digest=row.subject_digest,
            roles=list(row.roles),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return proceeding_record(tx, row)


def _require_first(
    session: Session, version: ModelVersionRow, kind: ProceedingKind, claim: str | None
) -> None:
    same = (
        (ProceedingRow.model_version_id == version.id, ProceedingRow.kind == kind)
        if claim is None
        else (ProceedingRow.claim == claim,)
    )
    waiting = session.execute(
        select(ProceedingRow.id).where(*same, ProceedingRow.state == ProceedingState.OPEN)
    ).scalar_one_or_none()
    if waiting is not None:
        what = "of this version" if claim is None else f"of {claim.split('/', 1)[1]}"
        raise Conflict(
            f"{kind.with_article} {what} waits for its signatures already: {waiting}",
            proceeding=str(waiting),
        )


def require_state(version: ModelVersionRow, kind: ProceedingKind) -> None:
    """Demand that a version stands so that the proceeding could be about it.

    Raises:
        IllegalTransition: it does not.
    """
    state = VersionState(version.state)
    if not can_begin(kind, state):
        action = RULES[kind].action
        wanted = "plan changes of" if action is None else action.value
        raise IllegalTransition("model version", state, wanted, allowed_actions(state))


def sign(
    tx: Transaction,
    proceeding_id: uuid.UUID,
    kind: ProceedingKind,
    *,
    decision: Verdict,
    subject_digest: str,
    comment: str,
    ticket: str,
    guard: Step,
    conclude: Step,
) -> ProceedingRecord:
    """Sign, one way or the other; the last approval carries out what was asked for.

    The version is held before the proceeding, as by everybody who moves one.

    Args:
        tx: the change.
        proceeding_id: the proceeding.
        kind: what it must be about.
        decision: the signer's.
        subject_digest: of what the signer has read.
        comment: why; demanded of a refusal.
        ticket: secret of the signer's ticket for this digest; it is used up.
        guard: what must hold whenever somebody approves.
        conclude: what follows the last approval.

    Raises:
        FourEyes, NotAllowed, StaleDigest, Conflict, IllegalTransition, InvalidInput: one per guard.
        ReauthenticationRequired: the last guard.
    """
    row = tx.load(ProceedingRow, proceeding_id, noun=kind.words)
    version = tx.hold(ModelVersionRow, row.model_version_id, noun="model version")
    tx.session.refresh(row, with_for_update=True)
    if row.kind != kind:
        raise Conflict(f"this is {ProceedingKind(row.kind).with_article}, not {kind.with_article}")
    role = require_signable(tx, row)
    require_state(version, kind)
    _check_digest(tx.session, version, row, subject_digest, decision)
    require_short("/comment", comment)
    if decision == "reject" and not comment.strip():
        message = "say why: the people who have to act on it will read this"
        raise InvalidInput(message, [{"pointer": "/comment", "detail": message}])
    if decision == "approve":
        guard(tx, version, row)
    proof = spend_ticket(tx, ticket, subject_digest=row.subject_digest)
    _insert(tx, row, role, decision, comment, proof)
    if decision == "reject":
        close(tx, row, ProceedingState.REJECTED)
    elif not waiting_roles(tx.session, row):
        close(tx, row, ProceedingState.DONE)
        conclude(tx, version, row)
    return proceeding_record(tx, row)


def require_signable(view: View, row: ProceedingRow) -> Role:
    """Role in which the actor may sign now.

    Raises:
        FourEyes: the actor asked for it, has signed already, or had a hand in what is judged.
        Conflict: it is decided.
        NotAllowed: the signatures that are missing belong to other roles, or to people. What
            somebody has lent counts in stages of approval requests only.
    """
    if view.actor.kind != "user":
        raise NotAllowed("a person signs, not a service account")
    kind = ProceedingKind(row.kind)
    if row.asked_by == view.actor.id:
        raise FourEyes(f"you asked for this {kind.words}; another person has to sign it")
    if RULES[kind].is_judgement:
        makers = Makers.model_validate(row, from_attributes=True)
        act = f"sign the {kind.words} of"
        require_other_hands(view, makers, act=act)
        require_no_earlier_hand(view, row.model_version_id, act=act)
    if any(s.signer_id == view.actor.id for s in signatures(view.session, row.id)):
        raise FourEyes("you have signed this already; each signature is another person's")
    if row.state != ProceedingState.OPEN:
        raise Conflict(f"the {kind.words} is {row.state}", current_state=row.state)
    waiting = waiting_roles(view.session, row)
    held = view.roles(row)
    role = next((role for role in waiting if role in held), None)
    if role is None:
        if any(m.role in waiting and m.covers(*view.place_of(row)) for m in view.actor.mandates):
            raise NotAllowed(
                "a delegation is for stages of approval requests; "
                f"{kind.with_article} is signed by those who hold {' or '.join(waiting)} themselves"
            )
        joined = (" or a " if RULES[kind].one_suffices else " and a ").join(waiting)
        raise NotAllowed(f"what is missing is signed by a {joined}; you are none")
    return role


@operation(Permission.PROJECT_READ, records=ProceedingWithdrawn)
def withdraw_proceeding(tx: Transaction, proceeding_id: uuid.UUID) -> ProceedingRecord:
    """Take back what one asked for.

    Raises:
        NotAllowed: somebody else asked for it.
        Conflict: it is decided already.
    """
    row = tx.hold(ProceedingRow, proceeding_id, noun="proceeding")
    if row.asked_by != tx.actor.id:
        raise NotAllowed("only the person who asked for it withdraws it")
    close(tx, row, ProceedingState.WITHDRAWN)
    tx.record(
        ProceedingWithdrawn(model_version=row.model_version_id, kind=row.kind),
        resource=row.id,
        project=row.project_id,
    )
    return proceeding_record(tx, row)


def close(tx: Transaction, row: ProceedingRow, state: ProceedingState) -> None:
    """Close an open proceeding, conditionally, so that of two who close it one does.

    Raises:
        Conflict: someone else closed it first.
    """
    closed = tx.session.execute(
        update(ProceedingRow)
        .where(ProceedingRow.id == row.id, ProceedingRow.state == ProceedingState.OPEN)
        .values(state=state, decided_at=tx.now)
        .execution_options(synchronize_session="fetch")
        .returning(ProceedingRow.id)
    ).all()
    if not closed:
        raise Conflict("this is decided already")
    tx.session.refresh(row)


def standing_digest(session: Session, version: ModelVersionRow) -> str | None:
    """Subject digest of a version as it stands now; None: it was never judged."""
    evaluation = latest_evaluation(session, version.id)
    return None if evaluation is None else json_digest(subject_of(session, version, evaluation))


def signatures(session: Session, proceeding_id: uuid.UUID) -> list[ProceedingSignOffRow]:
    """Signatures of a proceeding, in order of time."""
    return list(
        session.execute(
            select(ProceedingSignOffRow)
            .where(ProceedingSignOffRow.proceeding_id == proceeding_id)
            .order_by(ProceedingSignOffRow.signed_at, ProceedingSignOffRow.id)
        ).scalars()
    )


def waiting_roles(session: Session, row: ProceedingRow) -> tuple[Role, ...]:
    """Roles whose signature is missing; of those of which one suffices, all until there is one."""
    signed = {s.role for s in signatures(session, row.id)}
    if signed and RULES[ProceedingKind(row.kind)].one_suffices:
        return ()
    return tuple(Role(role) for role in row.roles if role not in signed)


def proceeding_record(view: View, row: ProceedingRow) -> ProceedingRecord:
    """Document of a proceeding, with its signatures."""
    version = view.session.get_one(ModelVersionRow, row.model_version_id)
    model = view.session.get_one(ModelRow, version.model_id)
    is_open = row.state == ProceedingState.OPEN
    return ProceedingRecord.of(
        row,
        model_name=model.name,
        version_number=version.number,
        waiting_for=waiting_roles(view.session, row) if is_open else (),
        one_suffices=RULES[ProceedingKind(row.kind)].one_suffices,
        meanings=_meanings(ProceedingKind(row.kind)) if is_open else {},
        sign_offs=tuple(
            ProceedingSignOffRecord.of(signed) for signed in signatures(view.session, row.id)
        ),
    )


def _meanings(kind: ProceedingKind) -> dict[Verdict, str]:
    return {
        "approve": meaning_in_proceeding(kind, "approve"),
        "reject": meaning_in_proceeding(kind, "reject"),
    }


def _subject(
    session: Session, version: ModelVersionRow, kind: ProceedingKind, document: Json
) -> dict[str, Json]:
    return {
        "kind": kind.value,
        "model_version": str(version.id),
        "bundle": version.bundle_digest,
        "subject_digest": standing_digest(session, version),
        "document": document,
    }


def _check_digest(
    session: Session,
    version: ModelVersionRow,
    row: ProceedingRow,
    signed: str,
    decision: Verdict,
) -> None:
    if signed != row.subject_digest:
        raise StaleDigest(
            f"you signed over {signed[:12]}… but what was asked for stands at "
            f"{row.subject_digest[:12]}…; read it again",
            expected=row.subject_digest,
        )
    if decision == "reject":
        return  # What nobody can approve any more has to end even if who asked is gone.
    kind = ProceedingKind(row.kind)
    today = json_digest(_subject(session, version, kind, row.document))
    if today != row.subject_digest:
        raise StaleDigest(
            "something that the digest stands for has changed; it has to be asked for again",
            expected=today,
        )


def _insert(
    tx: Transaction,
    row: ProceedingRow,
    role: Role,
    decision: Verdict,
    comment: str,
    proof: Authentication,
) -> None:
    meaning = meaning_in_proceeding(ProceedingKind(row.kind), decision)
    try:
        signed = tx.add(
            ProceedingSignOffRow(
                project_id=row.project_id,
                proceeding_id=row.id,
                kind=row.kind,
                role=role,
                decision=decision,
                comment=comment,
                subject_digest=row.subject_digest,
                signer_id=tx.actor.id,
                asked_by=row.asked_by,
                trained_by=row.trained_by,
                submitted_by=row.submitted_by,
                prepared_by=row.prepared_by,
                signed_at=tx.now,
                meaning=meaning,
                **proof.model_dump(),
            )
        )
    except IntegrityError as error:
        raise FourEyes("the database refused this signature: one per person and role") from error
    tx.record(
        ProceedingSigned(
            proceeding=row.id,
            model_version=row.model_version_id,
            kind=row.kind,
            role=role,
            decision=decision,
            subject_digest=row.subject_digest,
            meaning=meaning,
            method=proof.method,
            authenticated_at=proof.authenticated_at,
        ),
        resource=signed.id,
        project=row.project_id,
    )

"""Conditions: an approval that demands something is an obligation until somebody else saw it met.

1. A signer imposes conditions with an approval; they wait for the approval of the version.
2. When the version is approved they are open; when it is not they are void.
3. The owner says that one is met and shows evidence; another reviewer confirms it or returns it.
4. What is not met when it is due is breached: `condition_ends`.
"""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission
from accredit_governance.access.separation import Makers
from accredit_governance.audit.approval_events import (
    ConditionConfirmed,
    ConditionImposed,
    ConditionMet,
    ConditionReturned,
)
from accredit_governance.errors import (
    FourEyes,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.lifecycle.conditions import (
    ConditionAction,
    ConditionState,
    after,
    allowed_actions,
)
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.standing import standing_of
from accredit_governance.operations.versions import require_other_hands
from accredit_governance.operations.words import MIN_PROSE, require_prose
from accredit_governance.registry.approval_records import ConditionRecord, NewCondition
from accredit_governance.registry.tables import ConditionRow, PrincipalRow, SignOffRow

MAX_CONDITIONS: Final = 20


def impose(
    tx: Transaction,
    sign_off: SignOffRow,
    version_id: uuid.UUID,
    conditions: Sequence[NewCondition],
) -> None:
    """Keep the conditions of a signature, until the version is decided.

    Raises:
        InvalidInput: one has no text, is due in the past or has no owner who could see to it.
    """
    _check(tx, sign_off.project_id, conditions)
    for condition in conditions:
        row = tx.add(
            ConditionRow(
                project_id=sign_off.project_id,
                model_version_id=version_id,
                approval_request_id=sign_off.approval_request_id,
                sign_off_id=sign_off.id,
                state=ConditionState.PROPOSED,
                text=condition.text.strip(),
                due_at=condition.due_at,
                owner_id=condition.owner_id,
                imposed_by=tx.actor.id,
                created_at=tx.now,
            )
        )
        tx.record(
            ConditionImposed(
                model_version=version_id,
                sign_off=sign_off.id,
                owner=row.owner_id,
                due_at=row.due_at,
                text_digest=hashlib.sha256(row.text.encode()).hexdigest(),
            ),
            resource=row.id,
            project=row.project_id,
        )


def _check(tx: Transaction, project_id: uuid.UUID, conditions: Sequence[NewCondition]) -> None:
    problems = []
    if len(conditions) > MAX_CONDITIONS:
        detail = f"a signature carries at most {MAX_CONDITIONS} conditions"
        problems.append({"pointer": "/conditions", "detail": detail})
    for at, condition in enumerate(conditions[:MAX_CONDITIONS]):
        place = f"/conditions/{at}"
        if len(condition.text.strip()) < MIN_PROSE:
            detail = f"a condition needs at least {MIN_PROSE} characters"
            problems.append({"pointer": f"{place}/text", "detail": detail})
        if condition.due_at <= tx.now:
            detail = "a condition is due in the future"
            problems.append({"pointer": f"{place}/due_at", "detail": detail})
        if not could_own(tx, condition.owner_id, project_id):
            detail = "the owner of a condition is a person who builds or reviews in the project"
            problems.append({"pointer": f"{place}/owner_id", "detail": detail})
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


def could_own(view: View, person_id: uuid.UUID, project_id: uuid.UUID) -> bool:
    """Whether somebody is an active person who builds or reviews in a project."""
    person = view.session.get(PrincipalRow, person_id)
    if person is None or person.kind != "user":
        return False
    there = standing_of(view.session, person, view.now)
    return there.may_itself(Permission.APPROVAL_DISCUSS, project_id)


def settle(tx: Transaction, request_id: uuid.UUID, *, is_approved: bool) -> None:
    """Open the conditions of a request that was approved; those of another one are void."""
    action = ConditionAction.IMPOSE if is_approved else ConditionAction.DROP
    tx.session.execute(
        update(ConditionRow)
        .where(
            ConditionRow.approval_request_id == request_id,
            ConditionRow.state == ConditionState.PROPOSED,
        )
        .values(state=after(ConditionState.PROPOSED, action))
        .execution_options(synchronize_session="fetch")
    )


@operation(Permission.APPROVAL_DISCUSS, records=ConditionMet)
def meet_condition(tx: Transaction, condition_id: uuid.UUID, *, evidence: str) -> ConditionRecord:
    """Say, as its owner, that a condition is met, and what shows it.

    Raises:
        NotAllowed: somebody else owns it.
        InvalidInput: there is no evidence.
        IllegalTransition: it is not open.
    """
    row = tx.hold(ConditionRow, condition_id, noun="condition")
    if row.owner_id != tx.actor.id:
        raise NotAllowed("only the owner of a condition says that it is met")
    require_prose("evidence", evidence)
    shown = evidence.strip()
    move_condition(tx, row, ConditionAction.MEET)
    row.evidence, row.met_by, row.met_at, row.returned = shown, tx.actor.id, tx.now, None
    tx.record(
        ConditionMet(
            model_version=row.model_version_id,
            evidence_digest=hashlib.sha256(shown.encode()).hexdigest(),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return condition_record(row)


@operation(Permission.APPROVAL_SIGN, records=ConditionConfirmed)
def confirm_condition(tx: Transaction, condition_id: uuid.UUID) -> ConditionRecord:
    """Agree, as somebody else, that a condition is met.

    Raises:
        FourEyes: the actor owns it, or had a hand in the version.
        IllegalTransition: nobody says that it is met.
    """
    row = tx.hold(ConditionRow, condition_id, noun="condition")
    require_confirmer(tx, row)
    move_condition(tx, row, ConditionAction.CONFIRM)
    row.confirmed_by, row.confirmed_at = tx.actor.id, tx.now
    tx.record(
        ConditionConfirmed(model_version=row.model_version_id),
        resource=row.id,
        project=row.project_id,
    )
    return condition_record(row)


@operation(Permission.APPROVAL_SIGN, records=ConditionReturned)
def return_condition(tx: Transaction, condition_id: uuid.UUID, *, reason: str) -> ConditionRecord:
    """Find the evidence too thin; the condition is open again, and as due as before.

    Raises:
        FourEyes: the actor owns it, or had a hand in the version.
        InvalidInput: no reason is given.
        IllegalTransition: nobody says that it is met.
    """
    row = tx.hold(ConditionRow, condition_id, noun="condition")
    require_confirmer(tx, row)
    require_prose("reason", reason)
    row.returned = reason.strip()
    move_condition(tx, row, ConditionAction.RETURN)
    tx.record(
        ConditionReturned(model_version=row.model_version_id, reason=row.returned),
        resource=row.id,
        project=row.project_id,
    )
    return condition_record(row)


def require_confirmer(view: View, row: ConditionRow) -> None:
    """Demand a reviewer in their own right who neither owns the condition nor made the version.

    Raises:
        NotAllowed: the signature is lent.
        FourEyes: the actor owns the condition, or had a hand in the version.
    """
    if not view.actor.may_itself(Permission.APPROVAL_SIGN, row.project_id):
        raise NotAllowed("a signature that was lent to you does not judge a condition")
    if view.actor.id in {row.owner_id, row.met_by}:
        raise FourEyes("you own this condition; somebody else judges whether it is met")
    signed = view.session.get_one(SignOffRow, row.sign_off_id)
    makers = Makers.model_validate(signed, from_attributes=True)
    require_other_hands(view, makers, act="judge a condition of")
    require_no_earlier_hand(view, row.model_version_id, act="judge a condition of")


def move_condition(tx: Transaction, row: ConditionRow, action: ConditionAction) -> None:
    """Take a condition one step on, conditionally, so that of two racing steps one wins."""
    before = ConditionState(row.state)
    moved = tx.session.execute(
        update(ConditionRow)
        .where(ConditionRow.id == row.id, ConditionRow.state == before)
        .values(state=after(before, action))
        .execution_options(synchronize_session="fetch")
        .returning(ConditionRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("condition", "moved on", action, allowed_actions(before))


def conditions_of(view: View, request_id: uuid.UUID) -> tuple[ConditionRecord, ...]:
    """Conditions of a request, in the order in which they were imposed."""
    rows = view.session.execute(
        select(ConditionRow)
        .where(ConditionRow.approval_request_id == request_id)
        .order_by(ConditionRow.id)
    ).scalars()
    return tuple(condition_record(row) for row in rows)


def condition_record(row: ConditionRow) -> ConditionRecord:
    """Document of a condition row."""
    actions = allowed_actions(ConditionState(row.state))
    return ConditionRecord.of(row, allowed_actions=tuple(a.value for a in actions))

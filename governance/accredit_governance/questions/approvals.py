"""What hangs on approval: comments, conditions, delegations, and requests that wait too long."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from accredit_governance.access.permissions import Permission
from accredit_governance.cards.afterwards import CardCondition
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.approvals import (
    RequestState,
    open_stage,
)
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.operations.approvals import approval_record, signatures_of, stages_of
from accredit_governance.operations.conditions import condition_record, require_confirmer
from accredit_governance.operations.delegations import delegation_record
from accredit_governance.operations.door import View, question
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.approval_records import (
    ApprovalRequestRecord,
    CommentRecord,
    ConditionRecord,
    DelegationRecord,
)
from accredit_governance.registry.held_roles import people_with
from accredit_governance.registry.tables import (
    ApprovalCommentRow,
    ApprovalRequestRow,
    ConditionRow,
    DelegationRow,
    ModelVersionRow,
)

MOST = 500


@question(Permission.PROJECT_READ)
def comments(view: View, request_id: uuid.UUID) -> Listing[CommentRecord]:
    """Comments on a request, oldest first, the first 500."""
    request = view.load(ApprovalRequestRow, request_id, noun="approval request")
    rows = view.session.execute(
        select(ApprovalCommentRow)
        .where(ApprovalCommentRow.approval_request_id == request.id)
        .order_by(ApprovalCommentRow.id)
        .limit(MOST)
    ).scalars()
    return Listing(items=tuple(CommentRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def conditions_of_version(view: View, version_id: uuid.UUID) -> Listing[ConditionRecord]:
    """Conditions of all approvals of a version, oldest first; void ones are left out."""
    rows = _conditions(view, version_id)
    return Listing(items=tuple(condition_record(row) for row in rows))


@question(Permission.PROJECT_READ)
def conditions_after_card(view: View, version_id: uuid.UUID) -> tuple[CardCondition, ...]:
    """The same, as they are shown after the model card, which they are no part of."""
    return tuple(
        CardCondition(text=row.text, due_on=row.due_at.date(), state=row.state)
        for row in _conditions(view, version_id)
    )


def _conditions(view: View, version_id: uuid.UUID) -> Sequence[ConditionRow]:
    version = view.load(ModelVersionRow, version_id, noun="model version")
    return (
        view.session.execute(
            select(ConditionRow)
            .where(
                ConditionRow.model_version_id == version.id,
                ConditionRow.state != ConditionState.VOID,
            )
            .order_by(ConditionRow.id)
            .limit(MOST)
        )
        .scalars()
        .all()
    )


@question(Permission.PROJECT_READ)
def conditions(
    view: View, page: Page, *, state: ConditionState | None = None, for_me: bool = False
) -> Listing[ConditionRecord]:
    """Conditions, newest first; `for_me` keeps those that the caller owns."""
    where = []
    if state is not None:
        where.append(ConditionRow.state == state)
    if for_me:
        where.append(ConditionRow.owner_id == view.actor.id)
    rows, token = visible_rows(view, ConditionRow, page, *where)
    return Listing(items=tuple(condition_record(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def conditions_to_confirm(view: View, page: Page) -> Listing[ConditionRecord]:
    """Conditions said to be met that the caller could confirm now, newest first."""
    rows, token = visible_rows(view, ConditionRow, page, ConditionRow.state == ConditionState.MET)
    mine = tuple(condition_record(row) for row in rows if _confirms(view, row))
    return Listing(items=mine, next_page_token=token)


def _confirms(view: View, row: ConditionRow) -> bool:
    if not view.may(Permission.APPROVAL_SIGN, row):
        return False
    try:
        require_confirmer(view, row)
    except GovernanceError:
        return False
    return True


@question(Permission.PROJECT_READ)
def condition(view: View, condition_id: uuid.UUID) -> ConditionRecord:
    """One condition."""
    return condition_record(view.load(ConditionRow, condition_id, noun="condition"))


@question(Permission.PROJECT_READ)
def escalated_requests(view: View) -> Listing[ApprovalRequestRecord]:
    """Requests that wait too long for a stage that the caller's roles sign, longest first.

    Also for those who cannot sign themselves: they know who can.
    """
    statement = (
        select(ApprovalRequestRow)
        .where(
            view.visible(ApprovalRequestRow),
            ApprovalRequestRow.state == RequestState.OPEN,
            ApprovalRequestRow.escalated_at.is_not(None),
        )
        .order_by(ApprovalRequestRow.id)
        .limit(MOST)
    )
    rows = view.session.execute(statement).scalars()
    return Listing(
        items=tuple(approval_record(view, row) for row in rows if _is_mine_to_sign(view, row))
    )


def _is_mine_to_sign(view: View, row: ApprovalRequestRow) -> bool:
    stage = open_stage(stages_of(row), signatures_of(view.session, row.id))
    if stage is None:
        return False
    place = view.place_of(row)
    lent = any(m.role is stage.role and m.covers(*place) for m in view.actor.mandates)
    return lent or stage.role in view.actor.roles(*place)


@question(Permission.PROJECT_READ)
def delegations(view: View) -> Listing[DelegationRecord]:
    """Delegations that the caller gave or holds, newest first, the newest 500.

    Whoever may read the audit trail everywhere sees all of them.
    """
    view.visible_projects()
    statement = select(DelegationRow).order_by(DelegationRow.id.desc()).limit(MOST)
    if not view.actor.may_throughout(Permission.AUDIT_READ):
        me = view.actor.id
        statement = statement.where(
            or_(DelegationRow.delegator_id == me, DelegationRow.delegate_id == me)
        )
    rows = view.session.execute(statement).scalars()
    return Listing(items=tuple(delegation_record(row, view.now) for row in rows))


@question(Permission.PROJECT_READ)
def builders_and_reviewers(view: View, project_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Display names of the people who build or review in a project: who can own a condition.

    None are told to somebody who knows one model of the project only.
    """
    if not view.is_inside(project_id):
        return {}
    return _people(view, Permission.APPROVAL_DISCUSS, (project_id,))


@question(Permission.APPROVAL_SIGN)
def possible_delegates(view: View) -> dict[uuid.UUID, str]:
    """Display names of the people who may read in a project where the caller signs."""
    reach = view.visible_projects()
    signs = reach.projects | {p for p in reach.models.values() if p is not None}
    found = _people(view, Permission.PROJECT_READ, None if reach.everywhere else signs)
    return {person: title for person, title in found.items() if person != view.actor.id}


def _people(
    view: View, permission: Permission, projects: Collection[uuid.UUID] | None
) -> dict[uuid.UUID, str]:
    """The first 500 active people by name who hold a permission somewhere in these projects."""
    statement = people_with(permission, view.now, projects=projects).limit(MOST)
    return {row.id: row.title for row in view.session.execute(statement)}

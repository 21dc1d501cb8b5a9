"""Requests and conditions that wait: who is told, and what ends by time.

Time never approves. A request that waits too long is shown to everybody who could sign; one that
waits longer still lapses, and its version with it. What is not met when it is due is breached.
"""

import contextlib
import uuid
from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, update

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.approval_events import ApprovalEscalated
from accredit_governance.audit.building_events import ApprovalLapsed
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.approvals import RequestState, open_stage
from accredit_governance.lifecycle.conditions import CONFIRM_WITHIN, ConditionState
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.approvals import close_request, signatures_of, stages_of
from accredit_governance.operations.condition_ends import breach_condition
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.versions import move
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    ConditionRow,
    ModelVersionRow,
)

DUE_AT_ONCE: Final = 500


@operation(Permission.SYSTEM_RECORD, records=ApprovalEscalated)
def escalate_request(tx: Transaction, request_id: uuid.UUID) -> None:
    """Write down, once, that a request waits for longer than its policy likes.

    Raises:
        Conflict: it is decided, not due, or escalated already.
    """
    request = tx.hold(ApprovalRequestRow, request_id, noun="approval request")
    stage = open_stage(stages_of(request), signatures_of(tx.session, request.id))
    if stage is None or request.escalate_at is None or request.escalate_at > tx.now:
        raise Conflict("the request waits for nobody for too long")
    escalated = tx.session.execute(
        update(ApprovalRequestRow)
        .where(
            ApprovalRequestRow.id == request.id,
            ApprovalRequestRow.state == RequestState.OPEN,
            ApprovalRequestRow.escalated_at.is_(None),
        )
        .values(escalated_at=tx.now)
        .execution_options(synchronize_session="fetch")
        .returning(ApprovalRequestRow.id)
    ).all()
    if not escalated:
        raise Conflict("the request is decided, or was escalated already")
    tx.record(
        ApprovalEscalated(
            model_version=request.model_version_id, stage=stage.name, role=stage.role
        ),
        resource=request.id,
        project=request.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=ApprovalLapsed)
def lapse_request(tx: Transaction, request_id: uuid.UUID) -> None:
    """Close a request that nobody decided in time; its version lapses.

    Raises:
        Conflict: it is decided, or has time still.
    """
    request = tx.hold(ApprovalRequestRow, request_id, noun="approval request")
    if request.lapse_at is None or request.lapse_at > tx.now:
        raise Conflict("the request has time still")
    close_request(tx, request, RequestState.LAPSED)
    version = tx.load(ModelVersionRow, request.model_version_id, noun="model version")
    move(tx, version, VersionAction.LAPSE, cause="time", reason="nobody decided in time")
    tx.record(
        ApprovalLapsed(model_version=version.id),
        resource=request.id,
        project=request.project_id,
    )


def chase(database: Database, actor: Actor) -> None:
    """Escalate, lapse and breach whatever is due.

    What another worker does at the same moment, or somebody decided meanwhile, is left alone.
    """
    steps: tuple[
        tuple[Callable[[Database], list[uuid.UUID]], Callable[[Database, Actor, uuid.UUID], None]],
        ...,
    ] = (
        (due_lapses, lapse_request),
        (due_escalations, escalate_request),
        (due_conditions, breach_condition),
    )
    for due, act in steps:
        for row_id in due(database):
            with contextlib.suppress(Conflict):
                act(database, actor, row_id)


def due_lapses(database: Database) -> list[uuid.UUID]:
    """Open requests whose time is over, the oldest first."""
    return _due(database, ApprovalRequestRow.lapse_at <= database.clock())


def due_escalations(database: Database) -> list[uuid.UUID]:
    """Open requests that wait for too long and were not escalated, the oldest first."""
    return _due(
        database,
        ApprovalRequestRow.escalate_at <= database.clock(),
        ApprovalRequestRow.escalated_at.is_(None),
    )


def _due(database: Database, *where: ColumnElement[bool]) -> list[uuid.UUID]:
    with database.reading() as session:
        return list(
            session.execute(
                select(ApprovalRequestRow.id)
                .where(ApprovalRequestRow.state == RequestState.OPEN, *where)
                .order_by(ApprovalRequestRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def due_conditions(database: Database) -> list[uuid.UUID]:
    """Conditions that nobody met, or confirmed, in time, the longest overdue first."""
    now = database.clock()
    waited = now - CONFIRM_WITHIN
    with database.reading() as session:
        return list(
            session.execute(
                select(ConditionRow.id)
                .where(
                    or_(
                        and_(ConditionRow.state == ConditionState.OPEN, ConditionRow.due_at <= now),
                        and_(
                            ConditionRow.state == ConditionState.MET,
                            ConditionRow.due_at <= waited,
                            ConditionRow.met_at <= waited,
                        ),
                    )
                )
                .order_by(ConditionRow.due_at, ConditionRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )

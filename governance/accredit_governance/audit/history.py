"""Histories of states, written from the audit events themselves and at their times.

So a history can say nothing that the trail does not, and an answer about an instant is the one that
a replay of the trail gives. `require_told` is the other half: no state changes without its event.
"""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accredit_governance.audit.building_events import VersionMoved, VersionRegistered
from accredit_governance.audit.events import AuditEvent
from accredit_governance.audit.serving_events import (
    DeploymentActivated,
    DeploymentFailed,
    DeploymentRequested,
    DeploymentStopped,
)
from accredit_governance.errors import UnrecordedChange
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.registry.tables import (
    DeploymentRow,
    DeploymentStateRow,
    ModelVersionRow,
    VersionStateRow,
)

Kept = type[ModelVersionRow] | type[DeploymentRow]
KEPT: Final[frozenset[Kept]] = frozenset({ModelVersionRow, DeploymentRow})
"""Tables whose `state` has a history."""

_DEPLOYMENT_STATES: Final = {
    DeploymentActivated.action: "active",
    DeploymentFailed.action: "failed",
    DeploymentStopped.action: "stopped",
}


def follow(session: Session, event: AuditEvent) -> None:
    """Write what an event makes of the state of a version or a deployment; most make nothing.

    Raises:
        UnrecordedChange: the event does not begin where the history stands.
    """
    if event.outcome != "ok" or event.resource is None or event.project is None:
        return
    if event.action == VersionRegistered.action:
        session.add(_version_stay(event, event.resource, VersionState.DRAFT, step=0))
    elif event.action == VersionMoved.action:
        before, step = _close_version(session, event.resource, event.at)
        if before != event.fact["before"]:
            raise UnrecordedChange(f"the history says {before}, not {event.fact['before']}")
        session.add(_version_stay(event, event.resource, event.fact["after"], step=step + 1))
    elif event.action == DeploymentRequested.action:
        session.add(_deployment_stay(event, event.resource, "requested", step=0))
    elif event.action in _DEPLOYMENT_STATES:
        step = _close_deployment(session, event.resource, event.at)
        state = _DEPLOYMENT_STATES[event.action]
        session.add(_deployment_stay(event, event.resource, state, step=step + 1))
    else:
        return
    session.flush()


def _version_stay(
    event: AuditEvent, version_id: uuid.UUID, state: str, *, step: int
) -> VersionStateRow:
    until = event.fact.get("valid_until")
    return VersionStateRow(
        model_version_id=version_id,
        step=step,
        project_id=event.project,
        state=state,
        valid_until=datetime.fromisoformat(until) if until else None,
        event_seq=event.seq,
        from_at=event.at,
    )


def _deployment_stay(
    event: AuditEvent, deployment_id: uuid.UUID, state: str, *, step: int
) -> DeploymentStateRow:
    return DeploymentStateRow(
        deployment_id=deployment_id,
        step=step,
        project_id=event.project,
        state=state,
        event_seq=event.seq,
        from_at=event.at,
    )


def _close_version(session: Session, version_id: uuid.UUID, at: datetime) -> tuple[str, int]:
    closed = session.execute(
        update(VersionStateRow)
        .where(VersionStateRow.model_version_id == version_id, VersionStateRow.to_at.is_(None))
        .values(to_at=at)
        .returning(VersionStateRow.state, VersionStateRow.step)
    ).one_or_none()
    if closed is None:
        raise UnrecordedChange(f"model version {version_id} has no history to go on with")
    return closed.state, closed.step


def _close_deployment(session: Session, deployment_id: uuid.UUID, at: datetime) -> int:
    closed = session.execute(
        update(DeploymentStateRow)
        .where(
            DeploymentStateRow.deployment_id == deployment_id, DeploymentStateRow.to_at.is_(None)
        )
        .values(to_at=at)
        .returning(DeploymentStateRow.step)
    ).scalar_one_or_none()
    if closed is None:
        raise UnrecordedChange(f"deployment {deployment_id} has no history to go on with")
    return closed


def require_told(session: Session, table: Kept, row_id: uuid.UUID) -> None:
    """Demand that a state and the end of its history are the same.

    Raises:
        UnrecordedChange: they differ.
    """
    is_told = _version_is_told if table is ModelVersionRow else _deployment_is_told
    if not is_told(session, row_id):
        raise UnrecordedChange(
            f"the state of {table.__tablename__} {row_id} changed without the event that tells it",
            table=table.__tablename__,
        )


def _version_is_told(session: Session, version_id: uuid.UUID) -> bool:
    version = session.execute(
        select(ModelVersionRow.state, ModelVersionRow.valid_until).where(
            ModelVersionRow.id == version_id
        )
    ).one()
    stay = session.execute(
        select(VersionStateRow.state, VersionStateRow.valid_until).where(
            VersionStateRow.model_version_id == version_id, VersionStateRow.to_at.is_(None)
        )
    ).one_or_none()
    if stay is None or stay.state != version.state:
        return False
    # Of a version that is approved no more, the row still says what its approval promised.
    is_dated: bool = stay.valid_until == version.valid_until
    return is_dated or version.state != VersionState.APPROVED


def _deployment_is_told(session: Session, deployment_id: uuid.UUID) -> bool:
    stands = session.execute(
        select(DeploymentRow.state).where(DeploymentRow.id == deployment_id)
    ).scalar_one()
    stay = session.execute(
        select(DeploymentStateRow.state).where(
            DeploymentStateRow.deployment_id == deployment_id, DeploymentStateRow.to_at.is_(None)
        )
    ).scalar_one_or_none()
    return stay == stands

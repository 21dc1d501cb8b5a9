"""Legal holds: while one lies on a project, a model or a version, nothing of it is deleted."""

import uuid
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import LegalHoldLifted, LegalHoldPlaced
from accredit_governance.errors import Conflict, FourEyes, NotAllowed, NotFound
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.aftercare_records import LegalHoldRecord
from accredit_governance.registry.tables import (
    LegalHoldRow,
    ModelRow,
    ModelVersionRow,
    ProjectRow,
)

HoldTarget = Literal["project", "model", "model_version"]


@operation(Permission.LEGAL_HOLD_PLACE, records=LegalHoldPlaced)
def place_hold(
    tx: Transaction, target_id: uuid.UUID, *, target: HoldTarget, reason: str
) -> LegalHoldRecord:
    """Keep everything of a project, a model or a version from being deleted.

    The project is held meanwhile, as by whoever deletes: of the two at once, one comes first.

    Raises:
        InvalidInput: no reason is given.
    """
    require_prose("reason", reason)
    project_id, model_id, version_id = _places(tx, target_id, target)
    _as_person(tx)
    _hold_project(tx, project_id)
    row = tx.add(
        LegalHoldRow(
            project_id=project_id,
            model_id=model_id,
            model_version_id=version_id,
            reason=reason,
            placed_by=tx.actor.id,
            placed_at=tx.now,
        )
    )
    tx.record(
        LegalHoldPlaced(model=model_id, model_version=version_id, reason=reason),
        resource=row.id,
        project=project_id,
    )
    return LegalHoldRecord.of(row)


@operation(Permission.LEGAL_HOLD_PLACE, records=LegalHoldLifted)
def lift_hold(tx: Transaction, hold_id: uuid.UUID, *, reason: str) -> LegalHoldRecord:
    """End a hold, as someone other than who placed it.

    Raises:
        FourEyes: the actor placed it.
        Conflict: it was lifted before.
        InvalidInput: no reason is given.
    """
    require_prose("reason", reason)
    row = tx.load(LegalHoldRow, hold_id, noun="legal hold")
    _as_person(tx)
    _hold_project(tx, row.project_id)
    tx.session.refresh(row, with_for_update=True)
    if row.placed_by == tx.actor.id:
        raise FourEyes("you placed this hold; another compliance person has to lift it")
    if row.lifted_at is not None:
        raise Conflict("the hold was lifted already")
    row.lifted_by, row.lifted_at, row.lifting_reason = tx.actor.id, tx.now, reason
    tx.record(
        LegalHoldLifted(model=row.model_id, model_version=row.model_version_id, reason=reason),
        resource=row.id,
        project=row.project_id,
    )
    return LegalHoldRecord.of(row)


def holds_on(session: Session, version: ModelVersionRow) -> list[LegalHoldRow]:
    """Holds in force that cover a version, the oldest first."""
    return list(
        session.execute(
            select(LegalHoldRow)
            .join(ModelVersionRow, covers_version())
            .where(ModelVersionRow.id == version.id)
            .order_by(LegalHoldRow.id)
        ).scalars()
    )


def covers_version() -> ColumnElement[bool]:
    """Condition that a hold is in force and covers a version."""
    return and_(
        LegalHoldRow.project_id == ModelVersionRow.project_id,
        LegalHoldRow.lifted_at.is_(None),
        or_(
            LegalHoldRow.model_version_id == ModelVersionRow.id,
            LegalHoldRow.model_id == ModelVersionRow.model_id,
            LegalHoldRow.model_id.is_(None) & LegalHoldRow.model_version_id.is_(None),
        ),
    )


def require_no_hold(session: Session, version: ModelVersionRow) -> None:
    """Demand that nothing keeps the files of a version.

    Raises:
        Conflict: a hold is in force.
    """
    holds = holds_on(session, version)
    if holds:
        raise Conflict(
            f"a legal hold of {holds[0].placed_at.date().isoformat()} keeps everything of this "
            "version; it has to be lifted first",
            legal_holds=[str(hold.id) for hold in holds],
        )


def _places(
    tx: Transaction, target_id: uuid.UUID, target: HoldTarget
) -> tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None]:
    if target == "project":
        return tx.load(ProjectRow, target_id, noun="project").id, None, None
    if target == "model":
        model = tx.load(ModelRow, target_id, noun="model")
        return model.project_id, model.id, None
    version = tx.load(ModelVersionRow, target_id, noun="model version")
    return version.project_id, None, version.id


def _hold_project(tx: Transaction, project_id: uuid.UUID) -> None:
    """Make deletions in the same project wait for this transaction's end."""
    project = tx.session.get(ProjectRow, project_id)
    if project is None:
        raise NotFound(f"there is no project {project_id}")
    # Not against who only refers to it: they hold their version first.
    tx.session.refresh(project, with_for_update={"key_share": True})


def _as_person(tx: Transaction) -> None:
    if tx.actor.kind != "user":
        raise NotAllowed("a person answers for a legal hold, not a service account")

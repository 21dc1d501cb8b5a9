"""What an alias stands for: the assignment that holds, as long as its version may serve."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.errors import Conflict
from accredit_governance.operations.deployments import require_servable
from accredit_governance.registry.alias_records import AliasAssignmentRecord, AliasRecord
from accredit_governance.registry.tables import AliasAssignmentRow, ModelVersionRow


def open_assignment(
    session: Session, model_id: uuid.UUID, environment: str, alias: str
) -> AliasAssignmentRow | None:
    """The assignment of an alias that holds, whatever became of its version."""
    return session.execute(
        select(AliasAssignmentRow).where(
            AliasAssignmentRow.model_id == model_id,
            AliasAssignmentRow.environment == environment,
            AliasAssignmentRow.alias == alias,
            AliasAssignmentRow.to_at.is_(None),
        )
    ).scalar_one_or_none()


def resolve(
    session: Session, model_id: uuid.UUID, environment: str, alias: str, *, now: datetime
) -> AliasRecord:
    """What an alias stands for now. A version that may not serve has a name that leads nowhere."""
    row = open_assignment(session, model_id, environment, alias)
    if row is None:
        return AliasRecord(
            model_id=model_id,
            environment=environment,
            alias=alias,
            assignment=None,
            model_version_id=None,
            why_not=f"the model has no {alias} in {environment}",
        )
    return resolved(session, row, now=now)


def resolved(session: Session, row: AliasAssignmentRow, *, now: datetime) -> AliasRecord:
    """What an assignment that holds stands for now."""
    version = session.get_one(ModelVersionRow, row.model_version_id)
    why_not = None
    try:
        require_servable(version, now)
    except Conflict as reason:
        why_not = f"the {row.alias} in {row.environment} is version {version.number}, but "
        why_not += reason.message
    return AliasRecord(
        model_id=row.model_id,
        environment=row.environment,
        alias=row.alias,
        assignment=assignment_record(session, row),
        model_version_id=version.id if why_not is None else None,
        why_not=why_not,
    )


def assignment_record(session: Session, row: AliasAssignmentRow) -> AliasAssignmentRecord:
    """Document of an assignment."""
    version = session.get_one(ModelVersionRow, row.model_version_id)
    return AliasAssignmentRecord.of(row, version_number=version.number)

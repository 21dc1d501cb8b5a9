"""Places in which the versions of a project serve, and whether moving an alias there takes two."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.alias_events import EnvironmentCreated
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import check_name
from accredit_governance.registry.alias_records import EnvironmentRecord
from accredit_governance.registry.tables import EnvironmentRow, ProjectRow


@operation(Permission.ENVIRONMENT_CREATE, records=EnvironmentCreated)
def create_environment(
    tx: Transaction, project_id: uuid.UUID, *, name: str, protected: bool
) -> EnvironmentRecord:
    """Add an environment to a project. Whether it is protected never changes.

    Raises:
        NotAllowed: it is not to be protected, and the actor is not compliance: in such a one a
            single owner makes a version champion.
        Conflict: the name is taken in this project.
    """
    check_name(name)
    project = tx.load(ProjectRow, project_id, noun="project")
    if not protected and Role.COMPLIANCE not in tx.actor.roles(project_id):
        raise NotAllowed(
            "only compliance adds an environment that is not protected; add a protected one, or "
            "ask compliance"
        )
    if known_environment(tx.session, project_id, name) is not None:
        raise Conflict(f"project {project.name} has an environment {name} already", name=name)
    return EnvironmentRecord.of(add_environment(tx, project_id, name=name, protected=protected))


def add_environment(
    tx: Transaction, project_id: uuid.UUID, *, name: str, protected: bool
) -> EnvironmentRow:
    """A new environment, as part of an operation."""
    row = tx.add(
        EnvironmentRow(
            project_id=project_id,
            name=name,
            protected=protected,
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(
        EnvironmentCreated(name=name, protected=protected), resource=row.id, project=project_id
    )
    return row


def require_environment(session: Session, project_id: uuid.UUID, name: str) -> EnvironmentRow:
    """The environment of a project that has a name.

    Raises:
        InvalidInput: there is none, or this is no name; the message names those that there are.
    """
    check_name(name, field="environment")
    row = known_environment(session, project_id, name)
    if row is None:
        present = session.execute(
            select(EnvironmentRow.name)
            .where(EnvironmentRow.project_id == project_id)
            .order_by(EnvironmentRow.name)
            .limit(50)
        ).scalars()
        message = (
            f"this project has no environment of that name; it has {', '.join(present) or 'none'}"
        )
        raise InvalidInput(message, [{"pointer": "/environment", "detail": message}])
    return row


def known_environment(session: Session, project_id: uuid.UUID, name: str) -> EnvironmentRow | None:
    """The environment of a project that has a name, if there is one."""
    return session.execute(
        select(EnvironmentRow).where(
            EnvironmentRow.project_id == project_id, EnvironmentRow.name == name
        )
    ).scalar_one_or_none()

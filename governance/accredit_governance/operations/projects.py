"""Opening projects, declaring use cases, and who answers for them."""

import uuid

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import ProjectCreated, UseCaseCreated
from accredit_governance.audit.intake_events import UseCaseOwnerChanged
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed
from accredit_governance.lifecycle.aliases import FIRST_ENVIRONMENTS
from accredit_governance.operations.door import Transaction, operation, roles_now
from accredit_governance.operations.environments import add_environment
from accredit_governance.operations.identity import check_name
from accredit_governance.registry.records import ProjectRecord, UseCaseRecord
from accredit_governance.registry.tables import PrincipalRow, ProjectRow, UseCaseRow
from accredit_governance.registry.terms import UseCaseTerms


@operation(Permission.PROJECT_CREATE, records=ProjectCreated)
def create_project(tx: Transaction, *, name: str, title: str) -> ProjectRecord:
    """Open a project, with its first environments.

    Raises:
        Conflict: the name is taken.
    """
    check_name(name)
    if tx.session.execute(select(ProjectRow.id).where(ProjectRow.name == name)).first():
        raise Conflict(f"there is a project {name} already", name=name)
    row = tx.add(ProjectRow(name=name, title=title, created_at=tx.now, created_by=tx.actor.id))
    tx.record(ProjectCreated(name=name), resource=row.id, project=row.id)
    for environment, protected in FIRST_ENVIRONMENTS.items():
        add_environment(tx, row.id, name=environment, protected=protected)
    return ProjectRecord.of(row)


@operation(Permission.USE_CASE_CREATE, records=UseCaseCreated)
def create_use_case(
    tx: Transaction, project_id: uuid.UUID, *, name: str, owner_id: uuid.UUID, terms: UseCaseTerms
) -> UseCaseRecord:
    """Declare a purpose with the person who answers for it.

    Raises:
        InvalidInput: the owner does not hold the role owner there, or a binary use case does not
            say which label is favourable.
        Conflict: the name is taken in this project.
    """
    check_name(name)
    project = tx.load(ProjectRow, project_id, noun="project")
    _check_terms(terms)
    _check_owner(tx, project, owner_id)
    taken = select(UseCaseRow.id).where(
        UseCaseRow.project_id == project_id, UseCaseRow.name == name
    )
    if tx.session.execute(taken).first():
        raise Conflict(f"project {project.name} has a use case {name} already", name=name)
    row = tx.add(
        UseCaseRow(
            project_id=project_id,
            name=name,
            owner_id=owner_id,
            document=terms.model_dump(mode="json"),
            created_at=tx.now,
            created_by=tx.actor.id,
        )
    )
    tx.record(
        UseCaseCreated(name=name, owner=owner_id, terms_digest=terms.digest()),
        resource=row.id,
        project=project_id,
    )
    return use_case_record(row)


@operation(Permission.USE_CASE_TRANSFER, records=UseCaseOwnerChanged)
def change_use_case_owner(
    tx: Transaction, use_case_id: uuid.UUID, *, owner_id: uuid.UUID
) -> UseCaseRecord:
    """Let somebody else answer for a use case from now on.

    Raises:
        NotAllowed: the actor is neither the present owner nor compliance.
        InvalidInput: the new owner does not hold the role owner there, or is not active.
        Conflict: they own it already, or somebody else changed the owner first.
    """
    row = tx.load(UseCaseRow, use_case_id, noun="use case")
    before = row.owner_id
    if tx.actor.id != before and Role.COMPLIANCE not in tx.actor.roles(row.project_id):
        raise NotAllowed("the owner of a use case is changed by its present owner or by compliance")
    _check_owner(tx, tx.session.get_one(ProjectRow, row.project_id), owner_id)
    if owner_id == before:
        raise Conflict("this person answers for the use case already")
    moved = tx.session.execute(
        update(UseCaseRow)
        .where(UseCaseRow.id == row.id, UseCaseRow.owner_id == before)
        .values(owner_id=owner_id)
        .execution_options(synchronize_session=False)
        .returning(UseCaseRow.id)
    ).all()
    if not moved:
        raise Conflict("somebody else changed the owner first")
    tx.session.refresh(row)
    tx.record(
        UseCaseOwnerChanged(before=before, after=owner_id),
        resource=row.id,
        project=row.project_id,
    )
    return use_case_record(row)


def _check_owner(tx: Transaction, project: ProjectRow, owner_id: uuid.UUID) -> None:
    principal = tx.session.get(PrincipalRow, owner_id)
    is_active = principal is not None and principal.active
    if not is_active or Role.OWNER not in roles_now(tx, owner_id, project.id):
        message = f"owner_id {owner_id} does not hold the role owner in project {project.name}"
        raise InvalidInput(message, [{"pointer": "/owner_id", "detail": message}])


def _check_terms(terms: UseCaseTerms) -> None:
    if terms.task == "binary" and terms.favourable is None:
        message = "a binary use case says which label is favourable for the person"
        raise InvalidInput(message, [{"pointer": "/terms/favourable", "detail": message}])
    columns = [feature.column for feature in terms.sensitive_features]
    if terms.target in columns or len(set(columns)) < len(columns):
        message = "sensitive features are distinct columns, and none of them is the target"
        raise InvalidInput(message, [{"pointer": "/terms/sensitive_features", "detail": message}])


def use_case_record(row: UseCaseRow) -> UseCaseRecord:
    """Document of a use case row."""
    return UseCaseRecord.of(row, terms=UseCaseTerms.model_validate(row.document))

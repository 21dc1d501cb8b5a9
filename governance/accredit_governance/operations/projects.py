"""Opening projects and declaring use cases."""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.events import ProjectCreated, UseCaseCreated
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import check_name
from accredit_governance.registry.records import ProjectRecord, UseCaseRecord
from accredit_governance.registry.tables import ProjectRow, RoleBindingRow, UseCaseRow
from accredit_governance.registry.terms import UseCaseTerms


@operation(Permission.PROJECT_CREATE, records=ProjectCreated)
def create_project(tx: Transaction, *, name: str, title: str) -> ProjectRecord:
    """Open a project.

    Raises:
        Conflict: the name is taken.
    """
    check_name(name)
    if tx.session.execute(select(ProjectRow.id).where(ProjectRow.name == name)).first():
        raise Conflict(f"there is a project {name} already", name=name)
    row = tx.add(ProjectRow(name=name, title=title, created_at=tx.now, created_by=tx.actor.id))
    tx.record(ProjectCreated(name=name), resource=row.id, project=row.id)
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
    held = tx.session.execute(
        select(RoleBindingRow.id).where(
            RoleBindingRow.principal_id == owner_id,
            RoleBindingRow.role == Role.OWNER,
            RoleBindingRow.project_id.is_(None) | (RoleBindingRow.project_id == project_id),
        )
    ).first()
    if held is None:
        message = f"owner_id {owner_id} does not hold the role owner in project {project.name}"
        raise InvalidInput(message, [{"pointer": "/owner_id", "detail": message}])
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

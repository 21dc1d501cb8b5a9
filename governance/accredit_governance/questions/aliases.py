"""Environments, what aliases stand for in them, and what they stood for before."""

import uuid

from sqlalchemy import ColumnElement, select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState
from accredit_governance.operations.alias_resolution import assignment_record, resolve, resolved
from accredit_governance.operations.door import View, question
from accredit_governance.operations.environments import known_environment
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.proceedings import proceeding_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.alias_records import (
    AliasAssignmentRecord,
    AliasRecord,
    EnvironmentRecord,
)
from accredit_governance.registry.tables import (
    AliasAssignmentRow,
    EnvironmentRow,
    ModelRow,
    ModelVersionRow,
    ProceedingRow,
)


@question(Permission.PROJECT_READ)
def environments(view: View, project_id: uuid.UUID) -> Listing[EnvironmentRecord]:
    """Environments of a project, by name; also for who knows one model: it is deployed there."""
    view.is_inside(project_id)
    rows = view.session.execute(
        select(EnvironmentRow)
        .where(EnvironmentRow.project_id == project_id)
        .order_by(EnvironmentRow.name)
    ).scalars()
    return Listing(items=tuple(EnvironmentRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def aliases(view: View, model_id: uuid.UUID) -> Listing[AliasRecord]:
    """Every alias of a model that was given and not taken over, by environment and name."""
    model = view.load(ModelRow, model_id, noun="model")
    rows = view.session.execute(
        select(AliasAssignmentRow)
        .where(AliasAssignmentRow.model_id == model.id, AliasAssignmentRow.to_at.is_(None))
        .order_by(AliasAssignmentRow.environment, AliasAssignmentRow.alias)
    ).scalars()
    return Listing(items=tuple(resolved(view.session, row, now=view.now) for row in rows))


@question(Permission.PROJECT_READ)
def resolve_alias(view: View, model_id: uuid.UUID, *, environment: str, alias: str) -> AliasRecord:
    """What an alias stands for now; where it leads to nothing, `why_not` says why.

    Raises:
        NotFound: the project has no such environment.
        InvalidInput: one of the two has no usable name.
    """
    model = view.load(ModelRow, model_id, noun="model")
    check_name(environment, field="environment")
    check_name(alias, field="alias")
    if known_environment(view.session, model.project_id, environment) is None:
        raise NotFound(f"this project has no environment {environment}")
    return resolve(view.session, model.id, environment, alias, now=view.now)


@question(Permission.PROJECT_READ)
def alias_assignments(
    view: View,
    page: Page,
    model_id: uuid.UUID,
    *,
    environment: str | None = None,
    alias: str | None = None,
) -> Listing[AliasAssignmentRecord]:
    """What aliases of a model stood for and stand for, newest first.

    Raises:
        InvalidInput: one of the two has no usable name.
    """
    model = view.load(ModelRow, model_id, noun="model")
    where: list[ColumnElement[bool]] = [AliasAssignmentRow.model_id == model.id]
    if environment is not None:
        check_name(environment, field="environment")
        where.append(AliasAssignmentRow.environment == environment)
    if alias is not None:
        check_name(alias, field="alias")
        where.append(AliasAssignmentRow.alias == alias)
    rows, token = visible_rows(view, AliasAssignmentRow, page, *where)
    return Listing(
        items=tuple(assignment_record(view.session, row) for row in rows), next_page_token=token
    )


@question(Permission.PROJECT_READ)
def pending_alias_changes(view: View, model_id: uuid.UUID) -> Listing[ProceedingRecord]:
    """Changes of a model's aliases that wait for a signature, newest first."""
    model = view.load(ModelRow, model_id, noun="model")
    rows = view.session.execute(
        select(ProceedingRow)
        .join(ModelVersionRow, ModelVersionRow.id == ProceedingRow.model_version_id)
        .where(
            ModelVersionRow.model_id == model.id,
            ProceedingRow.kind == ProceedingKind.ALIAS_CHANGE,
            ProceedingRow.state == ProceedingState.OPEN,
        )
        .order_by(ProceedingRow.id.desc())
    ).scalars()
    return Listing(items=tuple(proceeding_record(view, row) for row in rows))

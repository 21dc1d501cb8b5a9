"""Where a row belongs: its project, and the model that it is about; and the same as a filter.

A row leads to a model by its foreign keys, however many steps that takes: a sign-off belongs to an
approval request, that to a version, that to a model. A run is about the model that a version was
made of it for. What leads to no model (use cases, datasets) belongs to its project alone.
"""

import uuid
from collections.abc import Collection
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, inspect, not_, or_, select, true
from sqlalchemy.orm import Session

from accredit_governance.access.rights import Reach
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.registry.tables import (
    AuditEventRow,
    DeploymentRow,
    DriftReportRow,
    JobRow,
    ModelRow,
    ModelVersionRow,
    ProjectRow,
    Row,
    RunRow,
)

_NEAR: Final = (ModelRow, ModelVersionRow)
_JOBS: Final = (ModelVersionRow, DeploymentRow, DriftReportRow, RunRow)
"""What a job on a model has for its subject."""


def project_of(row: Row) -> uuid.UUID | None:
    """Project of a row; of a project itself, or of what belongs to none, its own identifier."""
    own: uuid.UUID | None = getattr(row, "project_id", getattr(row, "id", None))
    return own


def model_of(session: Session, row: Row) -> uuid.UUID | None:
    """The model that a row is, or leads to; None: it is about no single model."""
    if isinstance(row, ModelRow):
        return row.id
    if isinstance(row, JobRow):
        subjects = (session.get(table, row.subject_id) for table in _JOBS)
        return next((model_of(session, found) for found in subjects if found is not None), None)
    if isinstance(row, RunRow):
        made = select(ModelVersionRow.model_id).where(ModelVersionRow.run_id == row.id)
        return session.execute(made).scalar_one_or_none()
    for column, target in _links(type(row)):
        key = getattr(row, column)
        if key is not None:
            return key if target is ModelRow else model_of(session, session.get_one(target, key))
    return None


def visible_to(reach: Reach, table: type[Row], *, by_name: bool = False) -> ColumnElement[bool]:
    """Filter for the rows of a table that lie where somebody holds a permission.

    Args:
        reach: where they do.
        table: whose rows are wanted.
        by_name: of projects: those too in which the permission is held for a model only.
    """
    if table is not ProjectRow and not hasattr(table, "project_id"):
        return true() if reach.everywhere else false()
    columns: Any = table
    project = ProjectRow.id if table is ProjectRow else columns.project_id
    held: ColumnElement[bool] = true()
    names = {p for p in reach.models.values() if p is not None}
    if not reach.everywhere:
        known = reach.projects | (names if by_name and table is ProjectRow else set())
        held = project.in_(known) if known else false()
        if reach.models and table is not ProjectRow:
            held = or_(held, _about(table, reach.models))
    if reach.not_projects:
        held = and_(held, or_(project.is_(None), project.not_in(reach.not_projects)))
    if reach.not_models and table is not ProjectRow:
        held = and_(held, not_(_about(table, reach.not_models)))
    return held


def _about(table: type[Row], models: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Rows that are one of these models or lead to one. Never NULL, so that it can be negated."""
    if table is ModelRow:
        return ModelRow.id.in_(models)
    columns: Any = table
    if table is JobRow:
        return or_(*(JobRow.subject_id.in_(_keys(each, models)) for each in _JOBS))
    if table is RunRow:
        made = select(ModelVersionRow.run_id).where(ModelVersionRow.model_id.in_(models))
        return RunRow.id.in_(made)
    if table is AuditEventRow:
        resource = AuditEventRow.resource_id
        found = or_(*(resource.in_(_keys(each, models)) for each in _leading()))
        return and_(resource.is_not(None), found)
    return or_(
        false(),
        *(
            and_(
                getattr(columns, column).is_not(None),
                getattr(columns, column).in_(
                    models if target is ModelRow else _keys(target, models)
                ),
            )
            for column, target in _links(table)
        ),
    )


def _keys(table: type[Row], models: Collection[uuid.UUID]) -> Select[uuid.UUID]:
    return select(inspect(table).primary_key[0]).where(_about(table, models))


@cache
def _links(table: type[Row]) -> tuple[tuple[str, type[Row]], ...]:
    """Columns by which rows of a table lead to a model, each with the table that it names."""
    return _search(table, frozenset())


def _search(table: type[Row], seen: frozenset[type[Row]]) -> tuple[tuple[str, type[Row]], ...]:
    mapper = inspect(table)
    named = {str(each.class_.__tablename__): each.class_ for each in Row.registry.mappers}
    found = []
    for column in mapper.columns:
        for key in column.foreign_keys:
            target = named[key.column.table.name]
            if target is ModelRow or (
                target is not table and target not in seen and _search(target, seen | {table})
            ):
                found.append((mapper.get_property_by_column(column).key, target))
    near = [link for link in found if link[1] in _NEAR]
    return tuple(near or found)


@cache
def _leading() -> tuple[type[Row], ...]:
    """Tables with an identifier of their own whose rows are about a model."""
    tables: list[type[Row]] = [
        mapper.class_ for mapper in Row.registry.mappers if "id" in mapper.columns
    ]
    return tuple(t for t in tables if t in {ModelRow, RunRow} or _links(t))


def place_named(
    session: Session, project_id: uuid.UUID | None, model_id: uuid.UUID | None
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The place that somebody names by a project, by a model, or by both.

    Raises:
        NotFound: there is no such project or model.
        InvalidInput: the model belongs to another project.
    """
    if model_id is None:
        if project_id is not None and session.get(ProjectRow, project_id) is None:
            raise NotFound(f"there is no project {project_id}")
        return project_id, None
    model = session.get(ModelRow, model_id)
    if model is None:
        raise NotFound(f"there is no model {model_id}")
    if project_id not in {None, model.project_id}:
        message = "the model belongs to another project"
        raise InvalidInput(message, [{"pointer": "/model_id", "detail": message}])
    return model.project_id, model.id

"""Use cases across projects, their risk assessments, and model requests."""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.assessments import AssessmentState
from accredit_governance.lifecycle.model_requests import ModelRequestState
from accredit_governance.operations.assessments import (
    assessment_record,
    effective_assessment,
    require_decidable,
)
from accredit_governance.operations.door import View, question
from accredit_governance.operations.model_requests import request_record
from accredit_governance.operations.projects import use_case_record
from accredit_governance.questions.pages import MAX_PAGE, Listing, Page, visible_rows
from accredit_governance.registry.intake_records import ModelRequestRecord, RiskAssessmentRecord
from accredit_governance.registry.records import UseCaseRecord
from accredit_governance.registry.tables import (
    ModelRequestRow,
    ModelRow,
    RiskAssessmentRow,
    UseCaseRow,
)


@question(Permission.PROJECT_READ)
def all_use_cases(view: View, page: Page) -> Listing[UseCaseRecord]:
    """Use cases of every project that the caller may see, newest first."""
    rows, token = visible_rows(view, UseCaseRow, page)
    return Listing(items=tuple(use_case_record(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def assessments(view: View, use_case_id: uuid.UUID) -> Listing[RiskAssessmentRecord]:
    """Every assessment of a use case, newest first; none is ever taken away."""
    view.load(UseCaseRow, use_case_id, noun="use case")
    found = view.session.execute(
        select(RiskAssessmentRow)
        .where(RiskAssessmentRow.use_case_id == use_case_id)
        .order_by(RiskAssessmentRow.number.desc())
        .limit(MAX_PAGE)
    ).scalars()
    return Listing(items=tuple(assessment_record(view, row) for row in found))


@question(Permission.PROJECT_READ)
def effective(view: View, use_case_id: uuid.UUID) -> RiskAssessmentRecord | None:
    """The newest approved assessment of a use case: its tier and class; None: there is none."""
    view.load(UseCaseRow, use_case_id, noun="use case")
    row = effective_assessment(view.session, use_case_id)
    return None if row is None else assessment_record(view, row)


@question(Permission.PROJECT_READ)
def effective_for(view: View, model_id: uuid.UUID) -> RiskAssessmentRecord | None:
    """The same of the use case of a model, for whoever reads the model."""
    model = view.load(ModelRow, model_id, noun="model")
    row = effective_assessment(view.session, model.use_case_id)
    return None if row is None else assessment_record(view, row)


@question(Permission.PROJECT_READ)
def why_not_decide(view: View, assessment_id: uuid.UUID) -> str | None:
    """Why the caller cannot decide on an assessment; None when they can."""
    row = view.load(RiskAssessmentRow, assessment_id, noun="risk assessment")
    if row.state != AssessmentState.SUBMITTED:
        return f"it is {row.state}"
    try:
        require_decidable(view, row)
    except GovernanceError as error:
        return error.message
    return None


@question(Permission.PROJECT_READ)
def assessments_to_decide(view: View, page: Page) -> Listing[RiskAssessmentRecord]:
    """Assessments that the caller could decide on now, newest first."""
    waiting = RiskAssessmentRow.state == AssessmentState.SUBMITTED
    rows, token = visible_rows(view, RiskAssessmentRow, page, waiting)
    mine = tuple(assessment_record(view, row) for row in rows if _decides(view, row))
    return Listing(items=mine, next_page_token=token)


def _decides(view: View, row: RiskAssessmentRow) -> bool:
    try:
        require_decidable(view, row)
    except GovernanceError:
        return False
    return True


@question(Permission.PROJECT_READ)
def model_requests(
    view: View,
    page: Page,
    *,
    state: ModelRequestState | None = None,
    project_id: uuid.UUID | None = None,
    use_case_id: uuid.UUID | None = None,
    is_mine: bool = False,
) -> Listing[ModelRequestRecord]:
    """Model requests that the caller may see, newest first."""
    where = []
    if state is not None:
        where.append(ModelRequestRow.state == state)
    if project_id is not None:
        where.append(ModelRequestRow.project_id == project_id)
    if use_case_id is not None:
        where.append(ModelRequestRow.use_case_id == use_case_id)
    if is_mine:
        where.append(ModelRequestRow.requested_by == view.actor.id)
    rows, token = visible_rows(view, ModelRequestRow, page, *where)
    return Listing(items=tuple(request_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def model_request(view: View, request_id: uuid.UUID) -> ModelRequestRecord:
    """One model request with what answers it."""
    return request_record(view, view.load(ModelRequestRow, request_id, noun="model request"))

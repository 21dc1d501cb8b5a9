"""Model requests: asking, sorting, linking, answering."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.lifecycle.model_requests import ModelRequestState
from accredit_governance.operations import model_requests
from accredit_governance.questions import intake
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.intake_records import ModelNeed, ModelRequestRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["model requests"])

Answer = Annotated[str, Field(max_length=4000)]


class NewModelRequest(Body):
    """What a team asks for, and in which project."""

    project_id: uuid.UUID
    need: ModelNeed


class NewTriage(Body):
    """The use case that the request belongs to."""

    use_case_id: uuid.UUID
    answer: Answer = ""


class NewAnswer(Body):
    """What is told to whoever asked."""

    answer: Answer = ""


class NewLink(Body):
    """Either a run or a model version."""

    run_id: uuid.UUID | None = None
    model_version_id: uuid.UUID | None = None


@router.get("/model-requests", operation_id="list_model_requests")
@needs(Permission.PROJECT_READ)
def list_model_requests(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: ModelRequestState | None = None,
    project_id: uuid.UUID | None = None,
    use_case_id: uuid.UUID | None = None,
    requested_by: Literal["me"] | None = None,
) -> Listing[ModelRequestRecord]:
    """Model requests, newest first; `requested_by=me` keeps one's own."""
    return intake.model_requests(
        services.database,
        actor,
        page,
        state=state,
        project_id=project_id,
        use_case_id=use_case_id,
        is_mine=requested_by is not None,
    )


@router.post("/model-requests", status_code=201, operation_id="create_model_request")
@needs(Permission.MODEL_REQUEST_CREATE)
def create_model_request(
    body: NewModelRequest, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Ask for a model for a purpose."""
    return model_requests.request_model(services.database, actor, body.project_id, need=body.need)


@router.get("/model-requests/{request_id}", operation_id="get_model_request")
@needs(Permission.PROJECT_READ)
def get_model_request(
    request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """One model request, with what answers it."""
    return intake.model_request(services.database, actor, request_id)


@router.post(
    "/model-requests/{request_id}/triages", status_code=201, operation_id="triage_model_request"
)
@needs(Permission.MODEL_REQUEST_DECIDE)
def triage_model_request(
    request_id: uuid.UUID, body: NewTriage, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Say which use case it belongs to."""
    return model_requests.triage_model_request(
        services.database, actor, request_id, use_case_id=body.use_case_id, answer=body.answer
    )


@router.post(
    "/model-requests/{request_id}/acceptances",
    status_code=201,
    operation_id="accept_model_request",
)
@needs(Permission.MODEL_REQUEST_DECIDE)
def accept_model_request(
    request_id: uuid.UUID, body: NewAnswer, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Promise a model."""
    return model_requests.accept_model_request(
        services.database, actor, request_id, answer=body.answer
    )


@router.post(
    "/model-requests/{request_id}/links", status_code=201, operation_id="link_model_request"
)
@needs(Permission.MODEL_REQUEST_DECIDE)
def link_model_request(
    request_id: uuid.UUID, body: NewLink, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Name a run or a model version that answers it."""
    return model_requests.link_model_request(
        services.database,
        actor,
        request_id,
        run_id=body.run_id,
        model_version_id=body.model_version_id,
    )


@router.post(
    "/model-requests/{request_id}/deliveries",
    status_code=201,
    operation_id="deliver_model_request",
)
@needs(Permission.MODEL_REQUEST_DECIDE)
def deliver_model_request(
    request_id: uuid.UUID, body: NewAnswer, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Answer with a model; an approved version is linked."""
    return model_requests.deliver_model_request(
        services.database, actor, request_id, answer=body.answer
    )


@router.post(
    "/model-requests/{request_id}/declines", status_code=201, operation_id="decline_model_request"
)
@needs(Permission.MODEL_REQUEST_DECIDE)
def decline_model_request(
    request_id: uuid.UUID, body: NewAnswer, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Say that there will be no model, and why."""
    return model_requests.decline_model_request(
        services.database, actor, request_id, answer=body.answer
    )


@router.post(
    "/model-requests/{request_id}/withdrawals",
    status_code=201,
    operation_id="withdraw_model_request",
)
@needs(Permission.MODEL_REQUEST_CREATE)
def withdraw_model_request(
    request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ModelRequestRecord:
    """Take one's own request back."""
    return model_requests.withdraw_model_request(services.database, actor, request_id)

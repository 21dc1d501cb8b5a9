"""Long work: how far it is, as it goes on, and asking it to stop."""

import uuid
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import work
from accredit_governance.operations.calls import presented
from accredit_governance.questions import catalogue
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.records import JobRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.operations import Operation, operation_of
from accredit_platform.api.streams import Streams
from accredit_platform.auth.bearer import Bearers
from accredit_platform.auth.guard import needs
from accredit_platform.wiring import Services

router = APIRouter(tags=["operations"])

OperationState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


@router.get("/operations", operation_id="list_operations")
@needs(Permission.PROJECT_READ)
def list_operations(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: OperationState | None = None,
    kind: str | None = None,
    resource_id: uuid.UUID | None = None,
) -> Listing[Operation]:
    """Long work, newest first."""
    found = catalogue.jobs(
        services.database, actor, page, state=state, kind=kind, subject_id=resource_id
    )
    return Listing(
        items=tuple(map(operation_of, found.items)), next_page_token=found.next_page_token
    )


@router.get("/operations/{operation_id}", operation_id="get_operation")
@needs(Permission.PROJECT_READ)
def get_operation(
    operation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Operation:
    """How far a piece of long work is, and what it is about."""
    return operation_of(catalogue.job(services.database, actor, operation_id))


@router.get(
    "/operations/{operation_id}/events",
    operation_id="follow_operation",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `operation` with the operation as data and the"
            " digest of it as id, until the final state; `refused` when access has ended.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
@needs(Permission.PROJECT_READ)
async def follow_operation(
    operation_id: uuid.UUID,
    request: Request,
    actor: CurrentActor,
    services: WithServices,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Progress as server-sent events, until the work has ended; a comment each 15 s."""
    look = partial(_look, request, services, operation_id)
    await run_in_threadpool(look)
    streams: Streams = request.app.state.streams
    return streams.stream(actor.id, look, last_event_id=last_event_id)


@router.post(
    "/operations/{operation_id}/cancellations", status_code=202, operation_id="cancel_operation"
)
@needs(Permission.RUN_CREATE)
def cancel_operation(
    operation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Operation:
    """Ask a run, an upload or an import to stop."""
    presented(operation_of)
    return operation_of(work.cancel_job(services.database, actor, operation_id))


@router.get("/jobs/{job_id}", operation_id="get_job")
@needs(Permission.PROJECT_READ)
def get_job(job_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> JobRecord:
    """How far a piece of long work is: read `/operations/{operation_id}`."""
    return catalogue.job(services.database, actor, job_id)


@router.post("/jobs/{job_id}/cancellations", status_code=202, operation_id="cancel_job")
@needs(Permission.RUN_CREATE)
def cancel_job(job_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> JobRecord:
    """Ask for a run, an upload or an import to stop: use `/operations/{operation_id}`."""
    return work.cancel_job(services.database, actor, job_id)


def _look(request: Request, services: Services, operation_id: uuid.UUID) -> Operation:
    """The operation now, if the token still lets its holder in."""
    _, _, token = request.headers.get("authorization", "").partition(" ")
    actor = Bearers(services).actor(token.strip(), request_id=request.state.request_id)
    return operation_of(catalogue.job(services.database, actor, operation_id))

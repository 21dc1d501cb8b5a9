"""Models built elsewhere: their files, and the versions that are made of them."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import external as operations
from accredit_governance.questions import external as questions
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.external_records import (
    ExternalTerms,
    ExternalVersionRecord,
    ModelFileRecord,
)
from accredit_platform.api.bodies import Body, WholeText
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.uploads import receive_model
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["models built elsewhere"])


class NewExternalVersion(Body):
    """An uploaded model, what is stated about it, and the rows that it is judged on."""

    terms: Annotated[ExternalTerms, WholeText]
    model_file_id: uuid.UUID | None = None
    dataset_version_id: uuid.UUID
    training_version_id: uuid.UUID | None = None


@router.post(
    "/models/{model_id}/files",
    status_code=201,
    operation_id="upload_model_file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
@needs(Permission.MODEL_CREATE)
async def upload_model_file(
    model_id: uuid.UUID,
    request: Request,
    actor: CurrentActor,
    services: WithServices,
    file_name: Annotated[str, Query(min_length=1, max_length=255)],
) -> ModelFileRecord:
    """Upload a model (`.skops`, `.txt`, `.onnx`) or a document about one; nothing reads it yet."""
    return await receive_model(request, services, actor, model_id, file_name)


@router.get("/models/{model_id}/files", operation_id="list_model_files")
@needs(Permission.PROJECT_READ)
def list_model_files(
    model_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[ModelFileRecord]:
    """Files that were uploaded for a model, newest first."""
    return questions.model_files(services.database, actor, model_id, page)


@router.post(
    "/models/{model_id}/external-versions",
    status_code=202,
    operation_id="create_external_version",
)
@needs(Permission.MODEL_CREATE)
def create_external_version(
    model_id: uuid.UUID, body: NewExternalVersion, actor: CurrentActor, services: WithServices
) -> ExternalVersionRecord:
    """Have an uploaded model read, compared with what is stated, and made a version."""
    return operations.request_external_version(
        services.database,
        actor,
        model_id,
        terms=body.terms,
        model_file_id=body.model_file_id,
        dataset_version_id=body.dataset_version_id,
        training_version_id=body.training_version_id,
    )


@router.get("/models/{model_id}/external-versions", operation_id="list_external_versions")
@needs(Permission.PROJECT_READ)
def list_external_versions(
    model_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[ExternalVersionRecord]:
    """Models built elsewhere that were brought to a model, newest first."""
    return questions.external_versions(services.database, actor, model_id, page)


@router.get("/external-versions/{external_version_id}", operation_id="get_external_version")
@needs(Permission.PROJECT_READ)
def get_external_version(
    external_version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ExternalVersionRecord:
    """One model built elsewhere: `state` says whether it could be read, `error` why not."""
    return questions.external_version(services.database, actor, external_version_id)

"""Projects, use cases, datasets and their uploads."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import datasets, projects
from accredit_governance.questions import catalogue
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.records import (
    DatasetRecord,
    DatasetVersionRecord,
    ProjectRecord,
    UseCaseRecord,
)
from accredit_governance.registry.terms import UseCaseTerms
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.uploads import receive
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["catalogue"])


class NewProject(Body):
    """A project."""

    name: str
    title: Annotated[str, Field(min_length=1, max_length=200)]


class NewUseCase(Body):
    """A purpose, and who answers for it."""

    name: str
    owner_id: uuid.UUID
    terms: UseCaseTerms


class NewDataset(Body):
    """A dataset."""

    name: str
    title: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/projects", operation_id="list_projects")
@needs(Permission.PROJECT_LIST)
def list_projects(
    page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[ProjectRecord]:
    """Projects that the caller may see."""
    return catalogue.projects(services.database, actor, page)


@router.post("/projects", status_code=201, operation_id="create_project")
@needs(Permission.PROJECT_CREATE)
def create_project(body: NewProject, actor: CurrentActor, services: WithServices) -> ProjectRecord:
    """Open a project."""
    return projects.create_project(services.database, actor, name=body.name, title=body.title)


@router.get("/projects/{project_id}", operation_id="get_project")
@needs(Permission.PROJECT_READ)
def get_project(
    project_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ProjectRecord:
    """One project."""
    return catalogue.project(services.database, actor, project_id)


@router.get("/projects/{project_id}/use-cases", operation_id="list_use_cases")
@needs(Permission.PROJECT_READ)
def list_use_cases(
    project_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[UseCaseRecord]:
    """Use cases of a project."""
    return catalogue.use_cases(services.database, actor, project_id, page)


@router.post("/projects/{project_id}/use-cases", status_code=201, operation_id="create_use_case")
@needs(Permission.USE_CASE_CREATE)
def create_use_case(
    project_id: uuid.UUID, body: NewUseCase, actor: CurrentActor, services: WithServices
) -> UseCaseRecord:
    """Declare a purpose with the person who answers for it."""
    return projects.create_use_case(
        services.database,
        actor,
        project_id,
        name=body.name,
        owner_id=body.owner_id,
        terms=body.terms,
    )


@router.get("/use-cases/{use_case_id}", operation_id="get_use_case")
@needs(Permission.PROJECT_READ)
def get_use_case(
    use_case_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> UseCaseRecord:
    """One use case."""
    return catalogue.use_case(services.database, actor, use_case_id)


@router.get("/projects/{project_id}/datasets", operation_id="list_datasets")
@needs(Permission.PROJECT_READ)
def list_datasets(
    project_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[DatasetRecord]:
    """Datasets of a project."""
    return catalogue.datasets(services.database, actor, project_id, page)


@router.post("/projects/{project_id}/datasets", status_code=201, operation_id="create_dataset")
@needs(Permission.DATASET_CREATE)
def create_dataset(
    project_id: uuid.UUID, body: NewDataset, actor: CurrentActor, services: WithServices
) -> DatasetRecord:
    """Name a source of rows."""
    return datasets.create_dataset(
        services.database, actor, project_id, name=body.name, title=body.title
    )


@router.get("/datasets/{dataset_id}/versions", operation_id="list_dataset_versions")
@needs(Permission.PROJECT_READ)
def list_dataset_versions(
    dataset_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[DatasetVersionRecord]:
    """Versions of a dataset."""
    return catalogue.dataset_versions(services.database, actor, dataset_id, page)


@router.post(
    "/datasets/{dataset_id}/versions",
    status_code=202,
    operation_id="upload_dataset_version",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string", "format": "binary"}},
                "application/vnd.apache.parquet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            },
        }
    },
)
@needs(Permission.DATASET_CREATE)
async def upload_dataset_version(
    dataset_id: uuid.UUID,
    request: Request,
    actor: CurrentActor,
    services: WithServices,
    file_name: Annotated[str, Query(min_length=1, max_length=255)] = "data.csv",
) -> DatasetVersionRecord:
    """Upload CSV (UTF-8) or Parquet bytes as the body; a job reads and profiles them."""
    return await receive(request, services, actor, dataset_id, file_name)


@router.get("/dataset-versions/{version_id}", operation_id="get_dataset_version")
@needs(Permission.PROJECT_READ)
def get_dataset_version(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> DatasetVersionRecord:
    """One dataset version; `state` says whether it was read, `error` why not."""
    return catalogue.dataset_version(services.database, actor, version_id)

"""What stood at an instant: `as_of`, with its time zone; now when it is left out."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Moment
from accredit_governance.questions import history
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.history_records import (
    DeploymentStanding,
    ModelStanding,
    VersionStanding,
)
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["history"])

Instant = Annotated[
    Moment | None,
    Query(
        description="the instant that is asked about, with a time zone, such as"
        " `2026-11-22T10:30:00Z`; not in the future. Left out, it is now"
    ),
]


@router.get("/models/{model_id}/status", operation_id="get_model_status")
@needs(Permission.PROJECT_READ)
def get_model_status(
    model_id: uuid.UUID, actor: CurrentActor, services: WithServices, as_of: Instant = None
) -> ModelStanding:
    """Which versions were champion, approved and deployed at an instant."""
    return history.model_standing(services.database, actor, model_id, as_of=as_of)


@router.get("/model-versions/{version_id}/state", operation_id="get_model_version_state")
@needs(Permission.PROJECT_READ)
def get_model_version_state(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices, as_of: Instant = None
) -> VersionStanding:
    """Where a model version stood at an instant."""
    return history.version_standing(services.database, actor, version_id, as_of=as_of)


@router.get("/deployments/{deployment_id}/state", operation_id="get_deployment_state")
@needs(Permission.PROJECT_READ)
def get_deployment_state(
    deployment_id: uuid.UUID, actor: CurrentActor, services: WithServices, as_of: Instant = None
) -> DeploymentStanding:
    """Where a deployment stood at an instant, and whether it served."""
    return history.deployment_standing(services.database, actor, deployment_id, as_of=as_of)


@router.get("/deployment-states", operation_id="list_deployment_states")
@needs(Permission.PROJECT_READ)
def list_deployment_states(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    as_of: Instant = None,
    environment: str | None = None,
    state: str | None = None,
) -> Listing[DeploymentStanding]:
    """Where deployments stood at an instant, newest first."""
    return history.deployment_standings(
        services.database, actor, page, as_of=as_of, environment=environment, state=state
    )

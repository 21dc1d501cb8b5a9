"""Environments, which version goes by which name in them, and predictions by the champion."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import aliases as operations
from accredit_governance.operations import environments, trail
from accredit_governance.questions import aliases
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.aftercare_records import ProceedingRecord
from accredit_governance.registry.alias_records import (
    AliasAssignmentRecord,
    AliasChangeRecord,
    AliasRecord,
    EnvironmentRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.api.routes.aftercare import NewProceedingSignOff
from accredit_platform.api.routes.serving import PredictionAnswer, PredictionRequest, one_purpose
from accredit_platform.auth.guard import needs
from accredit_platform.serving.governed import predict_by_champion

router = APIRouter(tags=["aliases"])


class NewEnvironment(Body):
    """A place in which versions serve; in a protected one, moving an alias takes two people."""

    name: str
    protected: bool = True


class NewAliasChange(Body):
    """Which version an alias should name, and why."""

    environment: str
    alias: str
    model_version_id: uuid.UUID
    reason: Annotated[str, Field(max_length=4000)]


class NewAliasRollback(Body):
    """Which alias goes one step back, and why."""

    environment: str
    alias: str
    reason: Annotated[str, Field(max_length=4000)]


@router.get("/projects/{project_id}/environments", operation_id="list_environments")
@needs(Permission.PROJECT_READ)
def list_environments(
    project_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[EnvironmentRecord]:
    """Environments of a project."""
    return part_of(aliases.environments(services.database, actor, project_id), page)


@router.post(
    "/projects/{project_id}/environments", status_code=201, operation_id="create_environment"
)
@needs(Permission.ENVIRONMENT_CREATE)
def create_environment(
    project_id: uuid.UUID, body: NewEnvironment, actor: CurrentActor, services: WithServices
) -> EnvironmentRecord:
    """Add an environment; whether it is protected never changes."""
    return environments.create_environment(
        services.database, actor, project_id, name=body.name, protected=body.protected
    )


@router.get("/models/{model_id}/aliases", operation_id="list_aliases")
@needs(Permission.PROJECT_READ)
def list_aliases(
    model_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[AliasRecord]:
    """What every alias of a model stands for now, or why it leads to nothing."""
    return part_of(aliases.aliases(services.database, actor, model_id), page)


@router.get(
    "/models/{model_id}/environments/{environment}/aliases/{alias}", operation_id="resolve_alias"
)
@needs(Permission.PROJECT_READ)
def resolve_alias(
    model_id: uuid.UUID, environment: str, alias: str, actor: CurrentActor, services: WithServices
) -> AliasRecord:
    """What one alias stands for now, or why it leads to nothing."""
    return aliases.resolve_alias(
        services.database, actor, model_id, environment=environment, alias=alias
    )


@router.get("/models/{model_id}/alias-assignments", operation_id="list_alias_assignments")
@needs(Permission.PROJECT_READ)
def list_alias_assignments(
    model_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    environment: str | None = None,
    alias: str | None = None,
) -> Listing[AliasAssignmentRecord]:
    """What aliases stood for and when, newest first."""
    return aliases.alias_assignments(
        services.database, actor, page, model_id, environment=environment, alias=alias
    )


@router.post("/models/{model_id}/alias-changes", status_code=201, operation_id="change_alias")
@needs(Permission.ALIAS_MOVE)
def change_alias(
    model_id: uuid.UUID, body: NewAliasChange, actor: CurrentActor, services: WithServices
) -> AliasChangeRecord:
    """Let an alias name another version; in a protected environment others sign it first."""
    return operations.change_alias(services.database, actor, model_id, **body.model_dump())


@router.post(
    "/alias-changes/{proceeding_id}/sign-offs", status_code=201, operation_id="sign_alias_change"
)
@needs(Permission.APPROVAL_SIGN)
def sign_alias_change(
    proceeding_id: uuid.UUID,
    body: NewProceedingSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Sign as validator or compliance; the approval moves the alias."""
    record = operations.sign_alias_change(
        services.database, actor, proceeding_id, **body.model_dump()
    )
    trail.sign_now(services.database, services.key)
    return record


@router.post("/models/{model_id}/alias-rollbacks", status_code=201, operation_id="roll_back_alias")
@needs(Permission.ALIAS_MOVE)
def roll_back_alias(
    model_id: uuid.UUID, body: NewAliasRollback, actor: CurrentActor, services: WithServices
) -> AliasAssignmentRecord:
    """Go back at once to the last earlier version that is still approved."""
    return operations.roll_back_alias(services.database, actor, model_id, **body.model_dump())


@router.post(
    "/models/{model_id}/environments/{environment}/predictions",
    status_code=201,
    operation_id="predict_by_champion",
)
@needs(Permission.PREDICTION_CREATE)
def create_predictions(
    model_id: uuid.UUID,
    environment: str,
    body: PredictionRequest,
    actor: CurrentActor,
    services: WithServices,
    accredit_purpose: Annotated[str | None, Header(max_length=63)] = None,
) -> PredictionAnswer:
    """As for a deployment; whatever is champion in the environment answers."""
    told = predict_by_champion(
        services,
        actor,
        model_id,
        body.rows,
        environment=environment,
        purpose=one_purpose(body.purpose, accredit_purpose),
    )
    return PredictionAnswer(predictions=told)

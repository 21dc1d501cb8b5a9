"""People, service accounts and roles."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.operations import identity
from accredit_governance.questions import catalogue, tokens
from accredit_governance.questions.pages import Listing
from accredit_governance.questions.tasks import Task, tasks
from accredit_governance.registry.records import (
    PrincipalRecord,
    RoleBindingRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.auth.secrets import MAX_NAME, MAX_PASSWORD, hash_password

router = APIRouter(tags=["identity"])

AccountName = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Password = Annotated[str, Field(max_length=MAX_PASSWORD)]


class NewPrincipal(Body):
    """A person with a first password, or a service account without one."""

    kind: Literal["user", "service"]
    name: AccountName
    title: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password | None = None


class NewRoleBinding(Body):
    """A role in a project, or everywhere when `project_id` is left out."""

    role: Role
    project_id: uuid.UUID | None = None


@router.get("/me", operation_id="get_me")
@needs(SIGNED_IN)
def me(actor: CurrentActor, services: WithServices) -> Actor:
    """Who the caller is, with which roles."""
    return tokens.me(services.database, actor)


@router.get("/me/tasks", operation_id="list_my_tasks")
@needs(SIGNED_IN)
def list_my_tasks(actor: CurrentActor, services: WithServices) -> Listing[Task]:
    """All that waits for the caller: what is late first, then what is due."""
    return Listing(items=tasks(services.database, actor))


@router.get("/principals", operation_id="list_principals")
@needs(Permission.IDENTITY_MANAGE)
def list_principals(actor: CurrentActor, services: WithServices) -> Listing[PrincipalRecord]:
    """People and service accounts."""
    return catalogue.principals(services.database, actor)


@router.post("/principals", status_code=201, operation_id="create_principal")
@needs(Permission.IDENTITY_MANAGE)
def create_principal(
    body: NewPrincipal, actor: CurrentActor, services: WithServices
) -> PrincipalRecord:
    """Add a person or a service account."""
    hashed = hash_password(body.password) if body.password is not None else None
    return identity.create_principal(
        services.database,
        actor,
        kind=body.kind,
        name=body.name,
        title=body.title,
        password_hash=hashed,
    )


@router.post("/principals/{principal_id}/role-bindings", status_code=201, operation_id="bind_role")
@needs(Permission.IDENTITY_MANAGE)
def bind_role(
    principal_id: uuid.UUID, body: NewRoleBinding, actor: CurrentActor, services: WithServices
) -> RoleBindingRecord:
    """Give a principal a role."""
    return identity.bind_role(
        services.database, actor, principal_id, role=body.role, project_id=body.project_id
    )


@router.post("/role-bindings/{binding_id}/revocations", status_code=204, operation_id="take_role")
@needs(Permission.IDENTITY_MANAGE)
def take_role(binding_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> None:
    """Take a role back at once."""
    identity.take_role(services.database, actor, binding_id)


@router.post(
    "/principals/{principal_id}/deactivations",
    status_code=201,
    operation_id="deactivate_principal",
)
@needs(Permission.IDENTITY_MANAGE)
def deactivate_principal(
    principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PrincipalRecord:
    """Close an account; its tokens and sessions die with it."""
    return identity.deactivate_principal(services.database, actor, principal_id)

"""People, service accounts and roles."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.actors import Actor
from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.operations import accounts, identity, one_time_links
from accredit_governance.questions import catalogue, tokens
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.questions.tasks import Task, tasks
from accredit_governance.registry.records import (
    PrincipalRecord,
    RoleBindingRecord,
)
from accredit_governance.registry.session_records import AddedPrincipal
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.auth.passwords import MAX_PASSWORD
from accredit_platform.auth.secrets import MAX_NAME, hash_password, new_secret

router = APIRouter(tags=["identity"])

AccountName = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Password = Annotated[str, Field(max_length=MAX_PASSWORD)]


class NewPrincipal(Body):
    """A person, or a service account, which has no password."""

    kind: Literal["user", "service"]
    name: AccountName
    title: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=320)] | None = None
    password: Password | None = None


class NewRoleBinding(Body):
    """A role on a model, in a project, or everywhere when both are left out."""

    role: Role
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    condition: Condition | None = None


@router.get("/me", operation_id="get_me")
@needs(SIGNED_IN)
def me(actor: CurrentActor, services: WithServices) -> Actor:
    """Who the caller is, with which roles."""
    return tokens.me(services.database, actor)


@router.get("/me/tasks", operation_id="list_my_tasks")
@needs(SIGNED_IN)
def list_my_tasks(page: WantedPart, actor: CurrentActor, services: WithServices) -> Listing[Task]:
    """All that waits for the caller: what is late first, then what is due."""
    return part_of(Listing(items=tasks(services.database, actor)), page)


@router.get("/principals", operation_id="list_principals")
@needs(Permission.IDENTITY_MANAGE)
def list_principals(
    page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[PrincipalRecord]:
    """People and service accounts."""
    return catalogue.principals(services.database, actor, page)


@router.post("/principals", status_code=201, operation_id="create_principal")
@needs(Permission.IDENTITY_MANAGE)
def create_principal(
    body: NewPrincipal, actor: CurrentActor, services: WithServices
) -> AddedPrincipal:
    """Add a service account, or a person, who sets a password by the link in `welcome`."""
    if body.kind == "user" and body.password is None:
        return one_time_links.invite(
            services.database,
            actor,
            name=body.name,
            title=body.title,
            email=body.email,
            secret=new_secret(),
        )
    hashed = None
    if body.password is not None:
        known = services.settings.known_passwords_file
        hashed = hash_password(body.password, name=body.name, known=known)
    added = identity.create_principal(
        services.database,
        actor,
        kind=body.kind,
        name=body.name,
        title=body.title,
        email=body.email,
        password_hash=hashed,
    )
    return AddedPrincipal(**added.model_dump())


@router.post("/principals/{principal_id}/role-bindings", status_code=201, operation_id="bind_role")
@needs(Permission.IDENTITY_MANAGE)
def bind_role(
    principal_id: uuid.UUID, body: NewRoleBinding, actor: CurrentActor, services: WithServices
) -> RoleBindingRecord:
    """Give a principal a role."""
    return identity.bind_role(services.database, actor, principal_id, **dict(body))


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


@router.post(
    "/principals/{principal_id}/reactivations",
    status_code=201,
    operation_id="reactivate_principal",
)
@needs(Permission.IDENTITY_MANAGE)
def reactivate_principal(
    principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PrincipalRecord:
    """Open a closed account again; its old tokens and sessions stay dead."""
    return accounts.reactivate_principal(services.database, actor, principal_id)

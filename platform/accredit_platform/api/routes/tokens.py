"""Tokens: for oneself, for service accounts; their successors and ends."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import api_tokens
from accredit_governance.questions import tokens
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.token_records import IssuedToken, TokenRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import PUBLIC, SIGNED_IN, needs
from accredit_platform.auth.passwords import MAX_PASSWORD
from accredit_platform.auth.secrets import MAX_NAME, new_token
from accredit_platform.auth.sign_in import who_signs_in

router = APIRouter(tags=["identity"])

TokenName = Annotated[str, Field(min_length=1, max_length=63)]
Scopes = Annotated[
    frozenset[Permission] | None,
    Field(
        min_length=1,
        description="permissions that the token is good for; left out: all that its holder may."
        " A scope only takes away",
    ),
]
Within = Annotated[
    uuid.UUID | None, Field(description="the one project that the token is good for")
]


class TokenRequest(Body):
    """Name and password in exchange for a token of one's own."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    password: Annotated[str, Field(max_length=MAX_PASSWORD)]
    token_name: TokenName = "api"  # noqa: S105  a name
    days: int = 30
    scopes: Scopes = None
    project_id: Within = None


class ServiceTokenRequest(Body):
    """A token for a service account."""

    token_name: TokenName = "api"  # noqa: S105  a name
    days: int = 90
    scopes: Scopes = None
    project_id: Within = None


class Rotation(Body):
    """How long the old token counts beside its successor."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


@router.post("/tokens", status_code=201, operation_id="create_token")
@needs(PUBLIC)
def create_token(body: TokenRequest, request: Request, services: WithServices) -> IssuedToken:
    """A token for oneself, in exchange for name and password; shown this once."""
    actor = who_signs_in(request, services, body.name, body.password)
    return api_tokens.issue_own_token(
        services.database,
        actor,
        name=body.token_name,
        secret=new_token(),
        days=body.days,
        scopes=body.scopes,
        project_id=body.project_id,
    )


@router.get("/tokens", operation_id="list_tokens")
@needs(Permission.IDENTITY_MANAGE)
def list_tokens(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    principal_id: Annotated[uuid.UUID | None, Query()] = None,
) -> Listing[TokenRecord]:
    """Everybody's tokens without their secrets; `principal_id` keeps those of one account."""
    return tokens.tokens(services.database, actor, page, principal_id=principal_id)


@router.get("/me/tokens", operation_id="list_my_tokens")
@needs(SIGNED_IN)
def list_my_tokens(
    page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[TokenRecord]:
    """The caller's own tokens without their secrets; a narrowed token sees only itself."""
    return part_of(tokens.own_tokens(services.database, actor), page)


@router.post("/me/tokens/{token_id}/revocations", status_code=204, operation_id="revoke_my_token")
@needs(SIGNED_IN)
def revoke_my_token(token_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> None:
    """End a token of one's own at once."""
    api_tokens.revoke_own_token(services.database, actor, token_id)


@router.post(
    "/principals/{principal_id}/tokens", status_code=201, operation_id="create_service_token"
)
@needs(Permission.IDENTITY_MANAGE)
def create_service_token(
    principal_id: uuid.UUID,
    body: ServiceTokenRequest,
    actor: CurrentActor,
    services: WithServices,
) -> IssuedToken:
    """A token for a service account; its secret is shown this once."""
    return api_tokens.issue_service_token(
        services.database,
        actor,
        principal_id,
        name=body.token_name,
        secret=new_token(),
        days=body.days,
        scopes=body.scopes,
        project_id=body.project_id,
    )


@router.post("/tokens/{token_id}/rotations", status_code=201, operation_id="rotate_token")
@needs(SIGNED_IN)
def rotate_token(
    token_id: uuid.UUID, body: Rotation, actor: CurrentActor, services: WithServices
) -> IssuedToken:
    """A successor as wide, for as long; a token rotates itself, an admin those of services."""
    return api_tokens.rotate_token(
        services.database,
        actor,
        token_id,
        mint=new_token,
        overlap=timedelta(hours=body.overlap_hours),
    )


@router.post("/tokens/{token_id}/revocations", status_code=204, operation_id="revoke_token")
@needs(Permission.IDENTITY_MANAGE)
def revoke_token(token_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> None:
    """End a token at once, and the access tokens that were got with it."""
    api_tokens.revoke_token(services.database, actor, token_id)

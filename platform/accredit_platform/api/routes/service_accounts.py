"""Service accounts: programs, and the people who answer for them."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.documents import Moment
from accredit_governance.operations import api_tokens, service_accounts
from accredit_governance.questions import tokens
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.token_records import IssuedToken, ServiceAccountRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.routes.tokens import ServiceTokenRequest
from accredit_platform.auth.guard import needs
from accredit_platform.auth.secrets import MAX_NAME, new_token

router = APIRouter(prefix="/service-accounts", tags=["identity"])


class NewServiceAccount(Body):
    """A program, the person who answers for it, and what it is for."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    owner_id: uuid.UUID
    purpose: Annotated[str, Field(min_length=1, max_length=4000)]
    expires_at: Moment | None = None


class NewAccountOwner(Body):
    """Who answers for a program from now on."""

    owner_id: uuid.UUID


class Renewal(Body):
    """Until when a program may act; left out: without end."""

    expires_at: Moment | None = None


@router.get("", operation_id="list_service_accounts")
@needs(Permission.IDENTITY_MANAGE)
def list_service_accounts(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    ownerless: Annotated[bool | None, Query()] = None,
) -> Listing[ServiceAccountRecord]:
    """Programs; `ownerless=true` keeps those that nobody active answers for."""
    return tokens.service_accounts(services.database, actor, page, ownerless=ownerless)


@router.post("", status_code=201, operation_id="create_service_account")
@needs(Permission.IDENTITY_MANAGE)
def create_service_account(
    body: NewServiceAccount, actor: CurrentActor, services: WithServices
) -> ServiceAccountRecord:
    """Add the account of a program; roles are bound to its `id` as to any principal's."""
    return service_accounts.create_service_account(
        services.database,
        actor,
        name=body.name,
        title=body.title,
        owner_id=body.owner_id,
        purpose=body.purpose,
        expires_at=body.expires_at,
    )


@router.get("/{account_id}", operation_id="get_service_account")
@needs(Permission.IDENTITY_MANAGE)
def get_service_account(
    account_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ServiceAccountRecord:
    """One program."""
    return tokens.service_account(services.database, actor, account_id)


@router.post("/{account_id}/owners", status_code=201, operation_id="give_service_account")
@needs(Permission.IDENTITY_MANAGE)
def give_service_account(
    account_id: uuid.UUID, body: NewAccountOwner, actor: CurrentActor, services: WithServices
) -> ServiceAccountRecord:
    """Let another person answer for a program."""
    return service_accounts.give_service_account(
        services.database, actor, account_id, owner_id=body.owner_id
    )


@router.post("/{account_id}/renewals", status_code=201, operation_id="renew_service_account")
@needs(Permission.IDENTITY_MANAGE)
def renew_service_account(
    account_id: uuid.UUID, body: Renewal, actor: CurrentActor, services: WithServices
) -> ServiceAccountRecord:
    """Set another end for a program."""
    return service_accounts.renew_service_account(
        services.database, actor, account_id, expires_at=body.expires_at
    )


@router.post("/{account_id}/client-secrets", status_code=201, operation_id="create_client_secret")
@needs(Permission.IDENTITY_MANAGE)
def create_client_secret(
    account_id: uuid.UUID, body: ServiceTokenRequest, actor: CurrentActor, services: WithServices
) -> IssuedToken:
    """A secret that gets access tokens from `POST /oauth/token`; it does not call the API."""
    return api_tokens.issue_service_token(
        services.database,
        actor,
        account_id,
        name=body.token_name,
        secret=new_token(TokenKind.CLIENT_SECRET),
        days=body.days,
        scopes=body.scopes,
        project_id=body.project_id,
    )

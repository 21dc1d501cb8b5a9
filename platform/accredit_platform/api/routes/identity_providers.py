"""Identity providers: who their subjects are here, and the end of sessions there."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document, Name
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import external_identities, provider_sign_ins
from accredit_governance.questions import external_identities as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.provider_records import ExternalIdentityRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.guard import PUBLIC, needs
from accredit_platform.auth.provider_sign_in import note_refusal
from accredit_platform.oidc.answers import signed_out
from accredit_platform.oidc.signed import MAX_TOKEN, TokenUnfit

router = APIRouter(tags=["identity"])


class NewExternalIdentity(Body):
    """A subject as a provider names it in its tokens."""

    provider: Name
    subject: Annotated[str, Field(min_length=1, max_length=external_identities.MAX_SUBJECT)]


class ProviderDescription(Document):
    """An identity provider by which people may sign in."""

    name: str
    title: str
    issuer: str
    takes_bearer_tokens: bool


@router.get("/identity-providers", operation_id="list_identity_providers")
@needs(PUBLIC)
def list_identity_providers(
    page: WantedPart, services: WithServices
) -> Listing[ProviderDescription]:
    """Identity providers of this installation; the sign-in page shows them to anybody."""
    found = Listing[ProviderDescription](
        items=tuple(
            ProviderDescription(
                name=provider.configured.name,
                title=provider.configured.label,
                issuer=provider.configured.issuer,
                takes_bearer_tokens=provider.configured.audience is not None,
            )
            for provider in services.providers.all
        )
    )
    return part_of(found, page)


@router.get("/principals/{principal_id}/external-identities", operation_id="list_identities")
@needs(Permission.IDENTITY_MANAGE)
def list_identities(
    principal_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[ExternalIdentityRecord]:
    """Subjects of identity providers that this principal is."""
    return part_of(questions.external_identities(services.database, actor, principal_id), page)


@router.post(
    "/principals/{principal_id}/external-identities",
    status_code=201,
    operation_id="link_identity",
)
@needs(Permission.IDENTITY_MANAGE)
def link_identity(
    principal_id: uuid.UUID,
    body: NewExternalIdentity,
    actor: CurrentActor,
    services: WithServices,
) -> ExternalIdentityRecord:
    """Say which service account a provider's subject is; people are linked by signing in."""
    issuer = services.providers.issuer_of(body.provider)
    return external_identities.link_service(
        services.database, actor, principal_id, issuer=issuer, subject=body.subject
    )


@router.post(
    "/external-identities/{identity_id}/removals",
    status_code=204,
    operation_id="unlink_identity",
)
@needs(Permission.IDENTITY_MANAGE)
def unlink_identity(identity_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> None:
    """Forget whom a provider's subject stands for, at once."""
    external_identities.unlink(services.database, actor, identity_id)


@router.post("/identity-providers/{name}/logouts", operation_id="end_provider_sessions")
@needs(PUBLIC)
def end_provider_sessions(
    name: str,
    logout_token: Annotated[str, Form(max_length=MAX_TOKEN)],
    request: Request,
    services: WithServices,
) -> None:
    """For the provider itself: somebody has signed out there (Back-Channel Logout 1.0).

    The logout token is signed by the provider and counts once.
    """
    provider = services.providers.named(name)
    configured = provider.configured
    try:
        told = signed_out(provider, logout_token, now=services.database.clock())
        if not provider_sign_ins.use_proof(
            services.database,
            "logout",
            configured.issuer,
            told.token_id,
            expires_at=told.expires_at,
        ):
            raise TokenUnfit("replayed", "this logout token was used already")
    except TokenUnfit as unfit:
        note_refusal(request, services, name, unfit.reason)
        raise InvalidInput(f"the logout token is refused: {unfit.message}") from unfit
    provider_sign_ins.end_provider_sessions(
        services.database,
        provider=name,
        issuer=configured.issuer,
        subject=told.subject,
        provider_session=told.session,
        request_id=request.state.request_id,
    )

"""Bearer tokens of identity providers: signed access tokens (RFC 9068) of services and people."""

import re
from datetime import datetime
from typing import Final

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.operations.provider_sign_ins import actor_of_subject
from accredit_platform.oidc.provider import Provider
from accredit_platform.oidc.signed import Opened, TokenUnfit
from accredit_platform.wiring import Services

DOTS: Final = 2
_CLIENT_CLAIMS: Final = ("client_id", "azp", "cid", "appid")
"""What names the client: RFC 9068, Keycloak and Entra ID, Okta, Entra ID of old."""
_OF_OTHER_TOKENS: Final = ("nonce", "at_hash", "c_hash", "events")
"""Claims that only ID tokens and logout tokens have."""
_PERMISSION_FORM: Final = re.compile(r"[^:/]+:[^:/]+")
"""One colon and no slash, which tells `run:create` from scopes that are addresses or URNs."""
_KNOWN: Final = frozenset(permission.value for permission in Permission)


def looks_signed(token: str) -> bool:
    """Whether a bearer token has the form of a provider's, not of ours."""
    return token.count(".") == DOTS


def actor_of_signed(services: Services, token: str, *, request_id: str | None) -> Actor:
    """Who shows this token of a provider.

    Permission names in its scope narrow what the roles of the holder allow.

    Raises:
        TokenUnfit: the reason says which rule it breaks.
        ProviderUnavailable: its signature cannot be checked now.
    """
    provider, opened = _opened(services, token)
    subject = opened.text(provider.configured.subject_claim)
    actor = (
        actor_of_subject(
            services.database, provider.configured.issuer, subject, request_id=request_id
        )
        if subject is not None
        else None
    )
    if actor is None:
        raise TokenUnfit("unknown_subject", "the token's subject is nobody here, or not active")
    if actor.kind == "user":
        opened.require_strength(provider.configured.acr_values, provider.configured.amr_values)
    return actor.model_copy(update={"scopes": _scopes(opened)})


def authentication_of(services: Services, token: str) -> tuple[str, datetime] | None:
    """Which authentication at the provider a token rests on, and when that was.

    Returns:
        None when the token does not say when.

    Raises:
        TokenUnfit, ProviderUnavailable: as for `actor_of_signed`.
    """
    provider, opened = _opened(services, token)
    at = opened.moment("auth_time", now=services.database.clock())
    return None if at is None else (opened.authentication(provider.configured.subject_claim), at)


def provider_name(services: Services, token: str) -> str | None:
    """Name of the provider that a token claims to be of, for the records; it is not believed."""
    try:
        found = services.providers.of_issuer(Opened(token).issuer)
    except TokenUnfit:
        return None
    return found.configured.name if found else None


def _opened(services: Services, token: str) -> tuple[Provider, Opened]:
    claimed = Opened(token)
    claimed.algorithm  # noqa: B018  refuses by itself
    provider = services.providers.of_issuer(claimed.issuer)
    if provider is None or provider.configured.audience is None:
        raise TokenUnfit("wrong_issuer", "tokens of this issuer are not taken here")
    opened = provider.open(token)
    if not provider.configured.takes_type(opened.header.get("typ")) or any(
        name in opened.claims for name in _OF_OTHER_TOKENS
    ):
        raise TokenUnfit("not_an_access_token", "this is no access token; an ID token is none")
    now = services.database.clock().timestamp()
    opened.check(issuer=provider.configured.issuer, audience=provider.configured.audience, now=now)
    if not any(opened.text(name) for name in _CLIENT_CLAIMS):
        raise TokenUnfit("not_an_access_token", "the token does not say which client it is for")
    return provider, opened


def _scopes(opened: Opened) -> frozenset[Permission] | None:
    """Permissions that the token is good for; None when its scope speaks of none.

    A word of the form `resource:action` speaks of one. If it is none that we know, the token is
    good for nothing by it, rather than for everything.

    Raises:
        TokenUnfit: the scope is neither text nor a list of texts.
    """
    stated = opened.claims.get("scope", opened.claims.get("scp"))
    words = (stated or "").split() if isinstance(stated, str | None) else stated
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TokenUnfit("malformed", "the scope of the token is no list of words")
    named = {word for word in words if _PERMISSION_FORM.fullmatch(word)}
    return frozenset(Permission(name) for name in named & _KNOWN) if named else None

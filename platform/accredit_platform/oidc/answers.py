"""What an identity provider answers when somebody has signed in or out there.

ID tokens after OpenID Connect Core 1.0 §3.1.3.7, logout tokens after Back-Channel Logout 1.0 §2.6,
mix-up after RFC 9207.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oidc.core.util import create_half_hash

from accredit_governance.registry.provider_records import Vouched
from accredit_platform.oidc.configured import IdentityProvider
from accredit_platform.oidc.provider import Provider
from accredit_platform.oidc.signed import Opened, TokenUnfit

_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_LIFE: Final = timedelta(hours=1)
_LOGOUT_TYPES: Final = frozenset({"logout+jwt", "jwt"})


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody whom a provider has identified just now.

    Attributes:
        authenticated_at: by the provider's word; None when it gave none.
        authentication: what tells this authentication from others of the person.
        session: the provider's name for its session.
        id_token: as it came, to be shown when they sign out.
    """

    vouched: Vouched
    authenticated_at: datetime | None
    authentication: str
    session: str | None
    id_token: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Somebody who has signed out at a provider: whose, which session, and the token's own name."""

    subject: str | None
    session: str | None
    token_id: str
    expires_at: datetime


def require_issuer(provider: Provider, stated: str | None) -> None:
    """Check who sent an answer, before its code is shown to anybody (RFC 9207 §2.4).

    Raises:
        TokenUnfit: it is another provider's, or does not say whose though this one always does.
        ProviderUnavailable: the provider does not answer.
    """
    always = provider.metadata().get("authorization_response_iss_parameter_supported") is True
    if stated != provider.configured.issuer and (stated is not None or always):
        raise TokenUnfit("wrong_issuer", "the answer is by another identity provider")


def identified(
    provider: Provider, tokens: Mapping[str, Any], *, nonce: str, now: datetime
) -> Identified:
    """Whom the ID token among the tokens speaks of.

    Raises:
        TokenUnfit: the reason names the rule that it breaks.
        ProviderUnavailable: the provider's keys cannot be had.
    """
    told = tokens.get("id_token")
    if not isinstance(told, str):
        raise TokenUnfit("malformed", "the identity provider sent no ID token")
    configured = provider.configured
    opened = provider.open(told)
    opened.check(issuer=configured.issuer, audience=configured.client_id, now=now.timestamp())
    _require_party(opened, configured.client_id)
    if opened.text("nonce") != nonce:
        raise TokenUnfit("wrong_nonce", "the ID token is no answer to this request")
    opened.require_strength(configured.acr_values, configured.amr_values)
    _require_access_token(opened, tokens.get("access_token"))
    return Identified(
        vouched=_vouched(configured, opened),
        authenticated_at=opened.moment("auth_time", now=now),
        authentication=opened.authentication(configured.subject_claim),
        session=(opened.text("sid") or "")[:255] or None,
        id_token=told,
    )


def signed_out(provider: Provider, token: str, *, now: datetime) -> SignedOut:
    """Who has signed out there, by a logout token.

    Raises:
        TokenUnfit: the reason names the rule that it breaks.
        ProviderUnavailable: the provider's keys cannot be had.
    """
    opened = provider.open(token)
    if str(opened.header.get("typ", "jwt")).lower() not in _LOGOUT_TYPES:
        raise TokenUnfit("malformed", "this is no logout token")
    configured = provider.configured
    opened.check(issuer=configured.issuer, audience=configured.client_id, now=now.timestamp())
    if opened.lasts_after(now + LOGOUT_LIFE):
        raise TokenUnfit("malformed", "a logout token is good for an hour at most")
    events = opened.claims.get("events")
    if not isinstance(events, dict) or _LOGOUT_EVENT not in events or "nonce" in opened.claims:
        raise TokenUnfit("malformed", "this is no logout token")
    token_id, session = opened.text("jti"), opened.text("sid")
    subject = opened.text(configured.subject_claim)
    if token_id is None or (session is None and subject is None):
        raise TokenUnfit("malformed", "the logout token does not say who has signed out")
    return SignedOut(
        subject=subject,
        session=session,
        token_id=token_id,
        expires_at=now + LOGOUT_LIFE + timedelta(minutes=1),
    )


def _require_party(opened: Opened, client_id: str) -> None:
    party = opened.claims.get("azp")
    several = isinstance(opened.claims.get("aud"), list) and len(opened.claims["aud"]) > 1
    if (party is not None and party != client_id) or (several and party is None):
        raise TokenUnfit("wrong_audience", "the ID token was made for another client")


def _require_access_token(opened: Opened, access_token: object) -> None:
    stated = opened.text("at_hash")
    if stated is None or not isinstance(access_token, str):
        return
    expected = create_half_hash(access_token, opened.algorithm)
    if expected is None or expected.decode() != stated:
        raise TokenUnfit("wrong_access_token", "the ID token belongs to another access token")


def _vouched(configured: IdentityProvider, opened: Opened) -> Vouched:
    subject = opened.text(configured.subject_claim)
    if subject is None or opened.text("sub") is None:
        raise TokenUnfit("malformed", "the ID token does not say whom it speaks of")
    name = opened.text(configured.name_claim)
    return Vouched(
        provider=configured.name,
        issuer=configured.issuer,
        subject=subject,
        preferred_name=name,
        directory_id=subject if configured.directory == "external_id" else None,
        directory_name=name if configured.directory == "user_name" else None,
        title=opened.text(configured.title_claim),
        email=opened.text(configured.email_claim),
        roles=configured.roles_of(_groups(configured, opened)),
    )


def _groups(configured: IdentityProvider, opened: Opened) -> frozenset[str]:
    name = configured.groups_claim
    found = opened.claims.get(name)
    elsewhere = opened.claims.get("_claim_names")
    if found is None and (
        opened.claims.get("hasgroups") is True
        or (isinstance(elsewhere, dict) and name in elsewhere)
    ):
        # Entra ID leaves groups out of a token when there are more than 200 of them.
        raise TokenUnfit(
            "groups_left_out",
            "the identity provider left your groups out because there are too many; have it send "
            "only those that are assigned to the application",
        )
    if isinstance(found, str):
        return frozenset({found})
    if found is not None and not isinstance(found, list):
        raise TokenUnfit("malformed", f"{name} in the ID token is no list of groups")
    return frozenset(item for item in found or () if isinstance(item, str))

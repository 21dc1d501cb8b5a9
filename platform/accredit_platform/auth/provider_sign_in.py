"""The way to an identity provider and back: who signs in there, who proves again who they are.

1. The browser is given a secret; nonce and PKCE verifier are made from it. Only its hash and that
   of the state are kept, once, for ten minutes.
2. An answer is taken from the browser that asked, for the provider that it asked, once.
3. A signature takes an authentication that is newer than the request for it, by the person who is
   signed in, and gives a ticket over the digest that they asked for.
"""

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from accredit_governance.access.actors import Actor
from accredit_governance.errors import Conflict, NotAllowed, ReauthenticationRequired
from accredit_governance.operations import provider_sign_ins, tickets
from accredit_governance.operations.identity import actor_of_principal, system_actor
from accredit_governance.operations.tickets import require_digest
from accredit_governance.registry.provider_records import ProviderRequest
from accredit_platform.auth.attempts import Attempts
from accredit_platform.auth.browsers import address_of
from accredit_platform.auth.secrets import new_secret, new_ticket
from accredit_platform.errors import PlatformError
from accredit_platform.oidc.answers import Identified, identified, require_issuer
from accredit_platform.oidc.provider import Provider
from accredit_platform.oidc.signed import LEEWAY_S, TokenUnfit
from accredit_platform.wiring import Services

ADDRESS: Final = "/sign-in/providers"
BROWSER_COOKIE: Final = "__Host-accredit_provider"
TICKET_COOKIE: Final = "__Host-accredit_ticket"
MAX_BACK: Final = 2000
NOTED_PER_MINUTE: Final = 20


class SignInRefused(PlatformError):
    """An identity provider's answer lets nobody in; the message says why."""

    code = "sign_in_refused"


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser goes, and the secret that it is told for the way."""

    url: str
    browser: str


def depart(
    services: Services,
    provider: Provider,
    *,
    back: str,
    signer: uuid.UUID | None = None,
    subject_digest: str | None = None,
) -> Departure:
    """Send somebody to a provider; with a signer, to prove anew who they are.

    Raises:
        ProviderUnavailable: the provider does not answer.
        InvalidInput: what will be signed is no digest.
    """
    if subject_digest is not None:
        require_digest(subject_digest)
    state, browser = new_secret(), new_secret()
    url = provider.authorization_url(
        redirect_uri=_callback(services, provider),
        state=state,
        nonce=_derived(browser, "nonce"),
        verifier=_derived(browser, "verifier"),
        anew=signer is not None,
    )
    provider_sign_ins.begin_request(
        services.database,
        state=state,
        browser=browser,
        provider=provider.configured.name,
        back=back if len(back) <= MAX_BACK else "/",
        purpose="sign_in" if signer is None else "sign",
        principal_id=signer,
        subject_digest=subject_digest,
    )
    return Departure(url, browser)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from a provider, who they are there and here.

    Attributes:
        ticket: for the signature that they went for; None: they went to sign in.
    """

    request: ProviderRequest
    identified: Identified
    actor: Actor
    ticket: str | None


def arrive(request: Request, services: Services, provider: Provider) -> Arrival:
    """Take a provider's answer from the address that it sent a browser to.

    Raises:
        SignInRefused: the answer is not good; that is recorded, with the reason.
        ProviderUnavailable: the provider does not answer.
        GovernanceError: the account is closed, or is nobody who signs.
    """
    request_id = request.state.request_id
    name = provider.configured.name
    try:
        asked, found = _answer(request, services, provider)
        if asked.purpose == "sign":
            return _prove(services, asked, found, request_id)
    except TokenUnfit as unfit:
        note_refusal(request, services, name, unfit.reason)
        raise SignInRefused(f"{provider.configured.label}: {unfit.message}") from unfit
    if found.authenticated_at is not None:
        # Whoever signs in signs nothing with that: a signature takes another authentication.
        _use_up(services, found, found.authenticated_at)
    person = _sign_in(services, found, request_id)
    actor = actor_of_principal(services.database, person, request_id=request_id)
    if actor is None:
        raise NotAllowed("this account is not active")
    return Arrival(asked, found, actor, None)


def _sign_in(services: Services, found: Identified, request_id: str | None) -> uuid.UUID:
    system = _system(services, request_id)
    try:
        return provider_sign_ins.sign_in_vouched(services.database, system, found.vouched)
    except Conflict:  # somebody of the same name, or the same person, was a moment earlier
        return provider_sign_ins.sign_in_vouched(services.database, system, found.vouched)


def _answer(
    request: Request, services: Services, provider: Provider
) -> tuple[ProviderRequest, Identified]:
    given = request.query_params
    browser = request.cookies.get(BROWSER_COOKIE, "")
    asked = provider_sign_ins.take_request(
        services.database,
        state=given.get("state", ""),
        browser=browser,
        provider=provider.configured.name,
    )
    if asked is None:
        raise TokenUnfit(
            "unknown_state",
            "this answer is to no request of this browser, is too old, or was used already; "
            "begin again",
        )
    require_issuer(provider, given.get("iss"))
    if "error" in given:
        word = given["error"]
        shown = word if word.isascii() and word.replace("_", "").isalpha() else "an error"
        raise TokenUnfit("provider_refused", f"it let you not in: {shown[:40]}")
    tokens = provider.exchange(
        code=given.get("code", ""),
        verifier=_derived(browser, "verifier"),
        redirect_uri=_callback(services, provider),
    )
    now = services.database.clock()
    return asked, identified(provider, tokens, nonce=_derived(browser, "nonce"), now=now)


def _prove(
    services: Services, asked: ProviderRequest, found: Identified, request_id: str | None
) -> Arrival:
    at = found.authenticated_at
    vouched = found.vouched
    actor = provider_sign_ins.actor_of_subject(
        services.database, vouched.issuer, vouched.subject, request_id=request_id
    )
    if actor is None or actor.id != asked.principal_id:
        raise TokenUnfit("another_person", "somebody else authenticated there; nothing was signed")
    if at is None or at < asked.created_at - timedelta(seconds=LEEWAY_S):
        raise TokenUnfit(
            "not_fresh",
            "it did not have you authenticate anew (auth_time is missing or too old); nothing was "
            "signed",
        )
    if not _use_up(services, found, at):
        raise TokenUnfit("replayed", "this authentication was used already; nothing was signed")
    ticket = new_ticket()
    tickets.issue_ticket(
        services.database,
        actor,
        secret=ticket,
        subject_digest=asked.subject_digest or "",
        method="oidc",
        authenticated_at=at,
    )
    return Arrival(asked, found, actor, ticket)


def _use_up(services: Services, found: Identified, at: datetime) -> bool:
    return provider_sign_ins.use_proof(
        services.database,
        provider_sign_ins.SIGNATURE,
        found.authentication,
        expires_at=at + provider_sign_ins.PROOF_KEPT,
    )


def ticket_over(request: Request, subject_digest: str) -> str:
    """The ticket that this browser came back with, for one signature over a digest.

    Raises:
        ReauthenticationRequired: it has none for it.
    """
    digest, _, ticket = request.cookies.get(TICKET_COOKIE, "").partition(".")
    if not ticket or digest != subject_digest:
        raise ReauthenticationRequired(
            "prove again who you are, with the button in the form, before you sign"
        )
    return ticket


def ticket_digest(request: Request) -> str | None:
    """What this browser has a ticket for; whether it still holds is seen when it is used."""
    return request.cookies.get(TICKET_COOKIE, "").partition(".")[0] or None


def give_browser(answer: Response, secret: str) -> None:
    """Have a browser keep its secret for the way to a provider and back."""
    _set_cookie(answer, BROWSER_COOKIE, secret, provider_sign_ins.REQUEST_LIFE)


def take_browser(answer: Response) -> None:
    """Have a browser forget its secret."""
    _set_cookie(answer, BROWSER_COOKIE, "", timedelta(0))


def give_ticket(answer: Response, subject_digest: str, ticket: str) -> None:
    """Have a browser keep a ticket as long as it is good."""
    _set_cookie(answer, TICKET_COOKIE, f"{subject_digest}.{ticket}", tickets.TICKET_LIFE)


def _set_cookie(answer: Response, name: str, value: str, life: timedelta) -> None:
    # Lax: the way back from a provider is a navigation from another site.
    answer.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=True,
    )


def _callback(services: Services, provider: Provider) -> str:
    name = provider.configured.name
    return f"{services.settings.resolved_public_url}{ADDRESS}/{name}/callback"


def _derived(browser: str, purpose: str) -> str:
    made = hashlib.sha256(f"{purpose}:{browser}".encode()).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _system(services: Services, request_id: str | None) -> Actor:
    actor = system_actor(services.database)
    return actor.model_copy(update={"request_id": request_id})


def note_refusal(request: Request, services: Services, provider: str, reason: str) -> None:
    """Record a refusal, but no more than twenty of an address in a minute."""
    notes: Attempts = request.app.state.refusal_notes
    if notes.admit(address_of(request) or "unknown") is None:
        provider_sign_ins.record_refused_answer(
            services.database,
            provider=provider,
            reason=reason,
            request_id=request.state.request_id,
        )

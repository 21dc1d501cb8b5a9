"""Signing in by an identity provider, and proving again who one is before a signature."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import ReauthenticationRequired
from accredit_governance.operations import provider_sign_ins
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth import provider_sign_in
from accredit_platform.auth.browsers import open_session
from accredit_platform.auth.guard import (
    PUBLIC,
    needs,
)
from accredit_platform.auth.provider_sign_in import ADDRESS, Departure
from accredit_platform.web.addresses import local_path
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.rendering import render
from accredit_platform.web.sign_in import OpenForm
from accredit_platform.web.signing import proof_of

router = APIRouter(prefix=ADDRESS)


@router.post("/{name}")
@needs(PUBLIC)
def leave_to_sign_in(
    request: Request, name: str, form: OpenForm, services: WithServices
) -> Response:
    """Go to a provider to sign in."""
    provider = services.providers.named(name)
    departure = provider_sign_in.depart(services, provider, back=local_path(form.secret("next")))
    return leaving(request, provider.configured.label, departure)


@router.post("/{name}/proofs")
@needs(Permission.SIGNING_TICKET_CREATE)
def leave_to_prove(
    request: Request, name: str, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Go to the provider of this session to prove again who one is, for one signature."""
    proof = proof_of(request)
    if proof is None or proof.provider != name:
        raise ReauthenticationRequired("you did not sign in by this identity provider")
    provider = services.providers.named(name)
    departure = provider_sign_in.depart(
        services,
        provider,
        back=local_path(form.secret("back")),
        signer=actor.id,
        subject_digest=form.text("proved_digest"),
    )
    return leaving(request, provider.configured.label, departure)


@router.get("/{name}/callback")
@needs(PUBLIC)
def come_back(request: Request, name: str, services: WithServices) -> Response:
    """Take a provider's answer: open a session, or give a ticket for a signature."""
    arrival = provider_sign_in.arrive(request, services, services.providers.named(name))
    answer = RedirectResponse(local_path(arrival.request.back), status_code=303)
    answer.headers["Cache-Control"] = "no-store"
    provider_sign_in.take_browser(answer)
    if arrival.ticket is not None:
        digest = arrival.request.subject_digest or ""
        provider_sign_in.give_ticket(answer, digest, arrival.ticket)
        return answer
    found = arrival.identified
    provider_sign_ins.keep_provider_session(
        services.database,
        arrival.actor,
        provider=name,
        provider_session=found.session,
        id_token=found.id_token,
    )
    stolen = open_session(
        request,
        services,
        arrival.actor,
        method="oidc",
        authenticated_at=found.authenticated_at,
        provider=name,
        provider_session=found.session,
    )
    if stolen:
        answer.headers["Location"] = "/account?done=session-stolen"
    return answer


def leaving(request: Request, label: str, departure: Departure) -> Response:
    """A page that goes on by itself.

    Answers to forms may not lead elsewhere under our content security policy, so the browser is
    not redirected.
    """
    answer = render(request, "leaving.html", url=departure.url, label=label)
    provider_sign_in.give_browser(answer, departure.browser)
    return answer

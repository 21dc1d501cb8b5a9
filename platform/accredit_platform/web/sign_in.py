"""Signing in and out with a browser."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAllowed
from accredit_governance.operations import provider_sign_ins, sessions
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.api.problems import problem
from accredit_platform.auth.guard import PUBLIC, SESSION_COOKIE, SIGNED_IN, needs, same_origin
from accredit_platform.auth.secrets import MAX_NAME, new_secret
from accredit_platform.auth.sign_in import TooManyAttempts, who_signs_in
from accredit_platform.web.addresses import local_path
from accredit_platform.web.forms import CheckedForm, Form, read_form
from accredit_platform.web.rendering import STATIC, render
from accredit_platform.wiring import Services

router = APIRouter()

SIGNED_OUT: Final = "/sign-in?done=signed-out"
_MISFIT: Final = "Name and password do not fit. Both are case-sensitive."
OpenForm = Annotated[Form, Depends(read_form)]


@router.get("/favicon.ico")
@needs(PUBLIC)
def favicon() -> FileResponse:
    """The sign in the browser's tab."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


@router.get("/sign-in")
@needs(PUBLIC)
def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002  name in the address
    """Ask for name and password."""
    return _ask(request, next=local_path(next), name="", refusal=None)


@router.post("/sign-in")
@needs(PUBLIC)
def sign_in(request: Request, form: OpenForm, services: WithServices) -> Response:
    """Open a session for whoever knows the password; an older session of the browser ends.

    There is no session to take a token from yet, so a form counts as ours by its origin.
    """
    if not same_origin(request):
        return problem(request, 403, "cross_site", "forms are accepted from our own pages only")
    name, target = form.text("name"), local_path(form.secret("next"))
    try:
        actor = who_signs_in(request, services, name, form.secret("password"))
    except NotAllowed:
        return _refused(request, name, target, refusal=_MISFIT)
    except TooManyAttempts as error:
        refusal = f"Too many attempts in the last minute. Try again in {error.wait_s} seconds."
        return _refused(request, name, target, refusal=refusal, wait_s=error.wait_s)
    answer = RedirectResponse(target, status_code=303)
    open_session(request, services, actor, answer)
    return answer


def open_session(
    request: Request,
    services: Services,
    actor: Actor,
    answer: Response,
    *,
    method: str = "password",
    authenticated_at: datetime | None = None,
    provider: str | None = None,
    provider_session: str | None = None,
) -> None:
    """Let a browser in that has just shown whose it is; an older session of it ends."""
    _end_present(request, services)
    secret = new_secret()
    sessions.start_session(
        services.database,
        actor,
        secret=secret,
        csrf_token=new_secret(),
        method=method,
        authenticated_at=authenticated_at,
        provider=provider,
        provider_session=provider_session,
    )
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.settings.secure_cookies,
    )


@router.post("/sign-out")
@needs(SIGNED_IN)
def sign_out(
    request: Request,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End the session."""
    secret = request.cookies[SESSION_COOKIE]
    onward = _provider_sign_out(services, actor, secret)
    sessions.end_session(services.database, actor, secret=secret)
    answer: Response = RedirectResponse(SIGNED_OUT, status_code=303)
    if onward is not None:
        request.state.actor = None
        answer = render(request, "leaving.html", url=onward[0], label=onward[1])
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


def _provider_sign_out(services: Services, actor: Actor, secret: str) -> tuple[str, str] | None:
    """Where somebody who came by a provider goes to sign out there, and what it is called."""
    found = provider_sign_ins.provider_of_session(services.database, secret)
    if found is None:
        return None
    id_token = provider_sign_ins.forget_provider_session(
        services.database, actor, provider=found[0], provider_session=found[1]
    )
    provider = services.providers.named(found[0])
    back = services.settings.resolved_public_url + SIGNED_OUT
    url = provider.end_session_url(id_token=id_token, back=back)
    return None if url is None else (url, provider.configured.label)


def _end_present(request: Request, services: Services) -> None:
    secret = request.cookies.get(SESSION_COOKIE)
    found = (
        sessions.actor_of_session(services.database, secret, request_id=request.state.request_id)
        if secret
        else None
    )
    if secret and found:
        sessions.end_session(services.database, found[0], secret=secret)


def _refused(
    request: Request, name: str, target: str, *, refusal: str, wait_s: int | None = None
) -> Response:
    return _ask(
        request,
        status=403 if wait_s is None else 429,
        headers={} if wait_s is None else {"Retry-After": str(wait_s)},
        next=target,
        name=name if len(name) <= MAX_NAME else "",
        refusal=refusal,
    )


def _ask(
    request: Request,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> Response:
    services: Services = request.app.state.services
    return render(
        request,
        "sign_in.html",
        status=status,
        headers=headers,
        providers=[provider.configured for provider in services.providers.all],
        password_sign_in=services.settings.password_sign_in,
        **context,
    )

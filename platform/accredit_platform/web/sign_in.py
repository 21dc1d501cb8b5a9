"""Signing in and out with a browser."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from accredit_governance.errors import NotAllowed
from accredit_governance.operations import sessions
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
    return render(request, "sign_in.html", next=local_path(next), name="", refusal=None)


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
    _end_present(request, services)
    secret = new_secret()
    sessions.start_session(services.database, actor, secret=secret, csrf_token=new_secret())
    answer = RedirectResponse(target, status_code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.settings.secure_cookies,
    )
    return answer


@router.post("/sign-out")
@needs(SIGNED_IN)
def sign_out(
    request: Request,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End the session."""
    sessions.end_session(services.database, actor, secret=request.cookies[SESSION_COOKIE])
    answer = RedirectResponse("/sign-in?done=signed-out", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return answer


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
    return render(
        request,
        "sign_in.html",
        status=403 if wait_s is None else 429,
        headers={} if wait_s is None else {"Retry-After": str(wait_s)},
        next=target,
        name=name if len(name) <= MAX_NAME else "",
        refusal=refusal,
    )

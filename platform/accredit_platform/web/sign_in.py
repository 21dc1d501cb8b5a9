"""Signing in and out with a browser."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAllowed
from accredit_governance.operations import provider_sign_ins
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.browsers import close_session, open_session
from accredit_platform.auth.guard import PUBLIC, SIGNED_IN, needs
from accredit_platform.auth.secrets import MAX_NAME
from accredit_platform.auth.sign_in import TooManyAttempts, who_signs_in
from accredit_platform.web.addresses import local_path
from accredit_platform.web.forms import CheckedForm, Form, read_form
from accredit_platform.web.notices import done
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
    return _ask(request, next=local_path(next), name="", refusal=None)


@router.post("/sign-in")
@needs(PUBLIC)
def sign_in(request: Request, form: OpenForm, services: WithServices) -> Response:
    """Open a session for whoever knows the password; an older session of the browser ends.

    There is no session to take a token from yet, so a form counts as ours by its origin, which the
    guard looks at.
    """
    name, target = form.text("name"), local_path(form.secret("next"))
    try:
        actor = who_signs_in(request, services, name, form.secret("password"))
    except NotAllowed:
        return _refused(request, name, target, refusal=_MISFIT)
    except TooManyAttempts as error:
        refusal = f"Too many attempts in the last minute. Try again in {error.wait_s} seconds."
        return _refused(request, name, target, refusal=refusal, wait_s=error.wait_s)
    stolen = open_session(request, services, actor)
    if stolen:
        return done("/account", "session-stolen")
    return RedirectResponse(target, status_code=303)


@router.post("/sign-out")
@needs(SIGNED_IN)
def sign_out(
    request: Request,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End the session, and let the browser forget what it kept.

    Whoever came by an identity provider goes on to sign out there as well.
    """
    onward = _provider_sign_out(request, services, actor)
    close_session(request, services)
    answer: Response = done("/sign-in", "signed-out")
    if onward is not None:
        request.state.actor = None  # the page that goes on is nobody's
        answer = render(request, "leaving.html", url=onward[0], label=onward[1])
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _provider_sign_out(
    request: Request, services: Services, actor: Actor
) -> tuple[str, str] | None:
    """Where somebody who came by a provider goes to sign out there, and what it is called."""
    found = provider_sign_ins.provider_of_session(services.database, request.state.session_id)
    if found is None:
        return None
    id_token = provider_sign_ins.forget_provider_session(
        services.database, actor, provider=found[0], provider_session=found[1]
    )
    provider = services.providers.find(found[0])
    if provider is None:  # it was taken out of the settings since
        return None
    back = f"{services.settings.resolved_public_url}/sign-in?done=signed-out"
    url = provider.end_session_url(id_token=id_token, back=back)
    return None if url is None else (url, provider.configured.label)


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

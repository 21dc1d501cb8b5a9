"""Links that work once: the first admin's account, and a password of one's own choosing.

The secret in the link stands for a session: whoever has it may send the form.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from accredit_governance.errors import InvalidInput
from accredit_governance.operations import one_time_links
from accredit_platform.api.dependencies import WithServices
from accredit_platform.auth.guard import PUBLIC, needs
from accredit_platform.auth.passwords import MIN_PASSWORD
from accredit_platform.auth.secrets import MAX_NAME, hash_password
from accredit_platform.web.forms import Form, read_form
from accredit_platform.web.notices import done
from accredit_platform.web.rendering import render
from accredit_platform.wiring import Services

router = APIRouter()

MAX_TITLE = 200
OpenForm = Annotated[Form, Depends(read_form)]


@router.get("/first-run")
@needs(PUBLIC)
def first_run(request: Request, services: WithServices, code: str = "") -> Response:
    """Ask for the account of the first admin."""
    one_time_links.require_first_admin_link(services.database, code)
    return _first_run(request, code)


@router.post("/first-run")
@needs(PUBLIC)
def become_first_admin(request: Request, form: OpenForm, services: WithServices) -> Response:
    """Make the account of the first admin; the link is used up."""
    code, name, title = form.secret("code"), form.text("name"), form.text("title")
    one_time_links.require_first_admin_link(services.database, code)
    try:
        _check_title(title)
        one_time_links.become_first_admin(
            services.database,
            secret=code,
            name=name,
            title=title,
            password_hash=hash_password(
                typed_twice(form), name=name, known=services.settings.known_passwords_file
            ),
            request_id=request.state.request_id,
        )
    except InvalidInput as error:
        return _first_run(request, code, name=name, title=title, refusal=error.message)
    return done("/sign-in", "first-admin")


@router.get("/welcome")
@needs(PUBLIC)
def welcome(request: Request, services: WithServices, code: str = "") -> Response:
    """Ask for a password."""
    return _welcome(request, services, code)


@router.post("/welcome")
@needs(PUBLIC)
def set_password(request: Request, form: OpenForm, services: WithServices) -> Response:
    """Set the password; the link is used up, and sessions of the account end."""
    code = form.secret("code")
    name = one_time_links.holder_of_link(services.database, code)
    try:
        hashed = hash_password(
            typed_twice(form), name=name, known=services.settings.known_passwords_file
        )
    except InvalidInput as error:
        return _welcome(request, services, code, refusal=error.message)
    one_time_links.set_password_by_link(
        services.database,
        secret=code,
        password_hash=hashed,
        request_id=request.state.request_id,
    )
    return done("/sign-in", "password-set")


def typed_twice(form: Form) -> str:
    """A new password, when both fields hold the same one.

    Raises:
        InvalidInput: they do not.
    """
    new = form.secret("new_password")
    if new != form.secret("new_password_again"):
        message = "the two new passwords differ; type the same one twice"
        raise InvalidInput(message, [{"pointer": "/new_password_again", "detail": message}])
    return new


def _check_title(title: str) -> None:
    if not 1 <= len(title) <= MAX_TITLE:
        message = f"a full name has 1 to {MAX_TITLE} characters"
        raise InvalidInput(message, [{"pointer": "/title", "detail": message}])


def _first_run(
    request: Request, code: str, *, name: str = "", title: str = "", refusal: str | None = None
) -> Response:
    return render(
        request,
        "first_run.html",
        status=200 if refusal is None else 422,
        code=code,
        name=name[:MAX_NAME],
        person=title[:MAX_TITLE],
        refusal=refusal,
        shortest=MIN_PASSWORD,
    )


def _welcome(
    request: Request, services: Services, code: str, *, refusal: str | None = None
) -> Response:
    return render(
        request,
        "welcome.html",
        status=200 if refusal is None else 422,
        code=code,
        name=one_time_links.holder_of_link(services.database, code),
        refusal=refusal,
        shortest=MIN_PASSWORD,
    )

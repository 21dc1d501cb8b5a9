"""Invitations: an admin adds a person, or hands out a link for another password.

The link is on the page that answers the form, and nowhere else afterwards.
"""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import one_time_links, own_sessions
from accredit_governance.questions import catalogue
from accredit_governance.registry.session_records import PasswordLinkRecord
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.auth.secrets import new_secret
from accredit_platform.web.forms import CheckedForm, Form
from accredit_platform.web.notices import done
from accredit_platform.web.rendering import render
from accredit_platform.web.welcome import MAX_TITLE
from accredit_platform.wiring import Services

router = APIRouter(prefix="/invitations")


@router.get("")
@needs(Permission.IDENTITY_MANAGE)
def invitations(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """The form for another person, and the people that there are."""
    return _page(request, services, actor)


@router.post("")
@needs(Permission.IDENTITY_MANAGE)
def invite(
    request: Request, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Add a person and show the link by which they set their password."""
    added = one_time_links.invite(
        services.database,
        actor,
        name=form.text("name"),
        title=_text(form, "title", MAX_TITLE),
        email=form.text("email") or None,
        secret=new_secret(),
    )
    return _page(request, services, actor, name=added.name, link=added.welcome)


@router.post("/{principal_id}/password-links")
@needs(Permission.IDENTITY_MANAGE)
def password_link(
    principal_id: uuid.UUID,
    request: Request,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Show a link by which a person sets another password."""
    link = one_time_links.issue_password_link(
        services.database, actor, principal_id, secret=new_secret()
    )
    return _page(request, services, actor, name=form.text("name"), link=link)


@router.post("/{principal_id}/session-endings")
@needs(Permission.IDENTITY_MANAGE)
def end_sessions(
    principal_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End all browser sessions of a person."""
    own_sessions.end_sessions(services.database, actor, principal_id)
    return done("/invitations", "their-sessions-ended")


def _page(
    request: Request,
    services: Services,
    actor: Actor,
    *,
    name: str = "",
    link: PasswordLinkRecord | None = None,
) -> Response:
    found = catalogue.principals(services.database, actor).items
    people = [person for person in found if person.kind == "user" and person.active]
    address = f"{request.url.scheme}://{request.url.netloc}{link.path}" if link else None
    return render(
        request,
        "invitations.html",
        status=200 if link is None else 201,
        people=people,
        name=name,
        link=link,
        address=address,
    )


def _text(form: Form, name: str, longest: int) -> str:
    """A field that must hold something.

    Raises:
        InvalidInput: it is empty or too long.
    """
    text = form.text(name)
    if not 1 <= len(text) <= longest:
        message = f"{name} has 1 to {longest} characters"
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}])
    return text

"""Broken glass: a role for hours, asked for by one person and granted by another one."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import BREAKABLE, Permission, Role
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import break_glass as operations
from accredit_governance.questions import catalogue
from accredit_governance.questions import permissions as questions
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, a_count, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.signing import fresh_ticket

router = APIRouter(prefix="/break-glass-requests")
_ADDRESS = "/break-glass-requests"


@router.get("")
@needs(Permission.PROJECT_LIST)
def requests(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Requests that one made or may read, and the form to ask."""
    database = services.database
    found = questions.break_glass_requests(database, actor, page)
    people = {person for r in found.items for person in (r.asked_by, r.granted_by) if person}
    projects = catalogue.projects(database, actor, Page(size=MAX_PAGE)).items
    asks = Permission.BREAK_GLASS_REQUEST
    return render(
        request,
        "break_glass.html",
        items=found.items,
        next_page=found.next_page_token,
        grants={
            r.id: actor.may(Permission.BREAK_GLASS_GRANT, r.project_id, r.model_id)
            for r in found.items
        },
        roles=[role for role in Role if role in BREAKABLE],
        projects=[each for each in projects if actor.may(asks, each.id)],
        everywhere=actor.may_throughout(asks),
        max_minutes=operations.MAX_MINUTES,
        names=names_of(services, actor, people),
        project_names={each.id: each.title for each in projects},
    )


@router.post("")
@needs(Permission.BREAK_GLASS_REQUEST)
def ask(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Ask for a role for oneself."""
    project = form.text("project_id")
    operations.ask_to_break_glass(
        services.database,
        actor,
        role=_role(form.text("role")),
        project_id=an_id(project, "project_id") if project else None,
        minutes=a_count(form.text("minutes"), "minutes") or 0,
        reason=form.text("reason"),
    )
    return done(_ADDRESS, "glass-asked")


@router.post("/{break_glass_id}/grants")
@needs(Permission.BREAK_GLASS_GRANT)
def grant(
    request: Request,
    break_glass_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Lend the role, with the password typed once more."""
    digest = form.text("subject_digest")
    operations.grant_broken_glass(
        services.database,
        actor,
        break_glass_id,
        subject_digest=digest,
        ticket=fresh_ticket(request, services, actor, form, digest),
    )
    return done(_ADDRESS, "glass-broken")


@router.post("/{break_glass_id}/endings")
@needs(Permission.BREAK_GLASS_REQUEST)
def end(
    break_glass_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End it, take it back, or refuse it."""
    operations.end_broken_glass(services.database, actor, break_glass_id)
    return done(_ADDRESS, "glass-ended")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        message = "choose the role that you need"
        raise InvalidInput(message, [{"pointer": "/role", "detail": message}]) from error

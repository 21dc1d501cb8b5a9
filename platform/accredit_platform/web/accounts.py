"""People, service accounts and groups, for those who administer them.

A link by which a person sets their password is on the page that answers the form, and nowhere else
afterwards.
"""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import FOR_PEOPLE, ROLE_PERMISSIONS, Permission, Role
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import accounts, groups, identity, one_time_links, own_sessions
from accredit_governance.questions import catalogue
from accredit_governance.questions import groups as asked
from accredit_governance.questions import people as questions
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.registry.records import ProjectRecord
from accredit_governance.registry.session_records import AddedPrincipal, PasswordLinkRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.auth.secrets import new_secret
from accredit_platform.web.forms import CheckedForm, Form, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.rendering import render
from accredit_platform.web.welcome import MAX_TITLE
from accredit_platform.wiring import Services

router = APIRouter()

MANAGE = Permission.IDENTITY_MANAGE
_FOR_PEOPLE = tuple(role for role in Role if role not in {Role.SYSTEM, Role.PROVISIONER})
_FOR_SERVICES = tuple(
    role for role in Role if role is not Role.SYSTEM and not ROLE_PERMISSIONS[role] & FOR_PEOPLE
)


@router.get("/people")
@needs(MANAGE)
def people(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    find: str = "",
) -> Response:
    """Who there is, and which groups."""
    return _people(request, services, actor, page, find=find.strip())


@router.post("/people")
@needs(MANAGE)
def invite(
    request: Request, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Add a person and show the link by which they set their password."""
    added = one_time_links.invite(
        services.database,
        actor,
        name=form.text("name"),
        title=_title(form),
        email=form.text("email") or None,
        secret=new_secret(),
    )
    return _people(request, services, actor, Page(), invited=added)


@router.get("/people/{principal_id}")
@needs(MANAGE)
def person(
    request: Request, principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One of them, with roles and groups."""
    return _person(request, services, actor, principal_id)


@router.post("/people/{principal_id}/password-links")
@needs(MANAGE)
def password_link(
    principal_id: uuid.UUID,
    request: Request,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Show a link by which a person sets another password."""
    link = one_time_links.issue_password_link(
        services.database, actor, principal_id, secret=new_secret()
    )
    return _person(request, services, actor, principal_id, link=link)


@router.post("/people/{principal_id}/session-endings")
@needs(MANAGE)
def end_sessions(
    principal_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End all browser sessions of a person."""
    own_sessions.end_sessions(services.database, actor, principal_id)
    return done(f"/people/{principal_id}", "their-sessions-ended")


@router.post("/people/{principal_id}/deactivations")
@needs(MANAGE)
def deactivate(
    principal_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Close an account."""
    identity.deactivate_principal(services.database, actor, principal_id)
    return done(f"/people/{principal_id}", "account-closed")


@router.post("/people/{principal_id}/reactivations")
@needs(MANAGE)
def reactivate(
    principal_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Open an account again."""
    accounts.reactivate_principal(services.database, actor, principal_id)
    return done(f"/people/{principal_id}", "account-opened")


@router.post("/people/{principal_id}/role-bindings")
@needs(MANAGE)
def bind_role(
    principal_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Give somebody a role."""
    role, project_id = _role(form)
    identity.bind_role(services.database, actor, principal_id, role=role, project_id=project_id)
    return done(f"/people/{principal_id}", "role-bound")


@router.post("/people/{principal_id}/role-bindings/{binding_id}/revocations")
@needs(MANAGE)
def take_role(
    principal_id: uuid.UUID,
    binding_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take a role of somebody back."""
    identity.take_role(services.database, actor, binding_id)
    return done(f"/people/{principal_id}", "role-taken")


@router.post("/groups")
@needs(MANAGE)
def create_group(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Make a group."""
    made = groups.create_group(services.database, actor, name=form.text("name"))
    return done(f"/groups/{made.id}", "group-made")


@router.get("/groups/{group_id}")
@needs(MANAGE)
def group(
    request: Request,
    group_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """A group with its members and roles."""
    database = services.database
    members = asked.members(database, actor, group_id, page)
    return render(
        request,
        "group.html",
        found=asked.group(database, actor, group_id),
        members=members.items,
        next_page=members.next_page_token,
        people=questions.possible_members(database, actor, group_id),
        roles=_FOR_PEOPLE,
        projects=_projects(services, actor),
    )


@router.post("/groups/{group_id}/renamings")
@needs(MANAGE)
def rename_group(
    group_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Give a group another name."""
    groups.rename_group(services.database, actor, group_id, name=form.text("name"))
    return done(f"/groups/{group_id}", "group-renamed")


@router.post("/groups/{group_id}/dissolutions")
@needs(MANAGE)
def dissolve_group(
    group_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End a group."""
    groups.dissolve_group(services.database, actor, group_id)
    return done("/people", "group-dissolved")


@router.post("/groups/{group_id}/members")
@needs(MANAGE)
def add_member(
    group_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Bring somebody into a group."""
    groups.add_member(
        services.database,
        actor,
        group_id,
        principal_id=an_id(form.text("principal_id"), "principal_id"),
    )
    return done(f"/groups/{group_id}", "member-added")


@router.post("/groups/{group_id}/members/{principal_id}/removals")
@needs(MANAGE)
def remove_member(
    group_id: uuid.UUID,
    principal_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take somebody out of a group."""
    groups.remove_member(services.database, actor, group_id, principal_id)
    return done(f"/groups/{group_id}", "member-removed")


@router.post("/groups/{group_id}/role-bindings")
@needs(MANAGE)
def bind_role_to_group(
    group_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Give everybody in a group a role."""
    role, project_id = _role(form)
    groups.bind_role_to_group(services.database, actor, group_id, role=role, project_id=project_id)
    return done(f"/groups/{group_id}", "role-bound")


@router.post("/groups/{group_id}/role-bindings/{binding_id}/revocations")
@needs(MANAGE)
def take_role_of_group(
    group_id: uuid.UUID,
    binding_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take a role of a group back."""
    identity.take_role(services.database, actor, binding_id)
    return done(f"/groups/{group_id}", "role-taken")


def _people(
    request: Request,
    services: Services,
    actor: Actor,
    page: Page,
    *,
    find: str = "",
    invited: AddedPrincipal | None = None,
) -> Response:
    found = questions.people(services.database, actor, page, find=find)
    return render(
        request,
        "people.html",
        status=200 if invited is None else 201,
        items=found.items,
        next_page=found.next_page_token,
        find=find,
        groups=asked.groups(services.database, actor, Page(size=MAX_PAGE)).items,
        invited=invited,
        link=None if invited is None else invited.welcome,
        host=_host(request),
    )


def _person(
    request: Request,
    services: Services,
    actor: Actor,
    principal_id: uuid.UUID,
    *,
    link: PasswordLinkRecord | None = None,
) -> Response:
    found = questions.person(services.database, actor, principal_id)
    return render(
        request,
        "person.html",
        status=200 if link is None else 201,
        found=found,
        principal=found.principal,
        roles=_FOR_PEOPLE if found.principal.kind == "user" else _FOR_SERVICES,
        projects=_projects(services, actor),
        link=link,
        host=_host(request),
    )


def _host(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _title(form: Form) -> str:
    title = form.text("title")
    if not 1 <= len(title) <= MAX_TITLE:
        message = f"title has 1 to {MAX_TITLE} characters"
        raise InvalidInput(message, [{"pointer": "/title", "detail": message}])
    return title


def _projects(services: Services, actor: Actor) -> dict[uuid.UUID, ProjectRecord]:
    found = catalogue.projects(services.database, actor, Page(size=MAX_PAGE)).items
    return {project.id: project for project in found}


def _role(form: Form) -> tuple[Role, uuid.UUID | None]:
    try:
        role = Role(form.text("role"))
    except ValueError as error:
        message = "choose one of the roles"
        raise InvalidInput(message, [{"pointer": "/role", "detail": message}]) from error
    project = form.text("project_id")
    return role, an_id(project, "project_id") if project else None

"""Delegations: who signs in whose stead, and the form to lend one's signature."""

import uuid
from datetime import UTC, datetime, time

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import (
    DELEGABLE,
    ROLE_PERMISSIONS,
    Permission,
    Role,
)
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import delegations as operations
from accredit_governance.questions import approvals as questions
from accredit_governance.questions import catalogue
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, a_day, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/delegations")


@router.get("")
@needs(Permission.PROJECT_READ)
def delegations(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Delegations that one gave or holds, and the form to give another one."""
    database = services.database
    found = questions.delegations(database, actor).items
    signs = actor.may_anywhere(Permission.APPROVAL_SIGN)
    people = [person for d in found for person in (d.delegator_id, d.delegate_id)]
    return render(
        request,
        "delegations.html",
        items=found,
        now=database.clock(),
        roles=_roles(actor),
        delegates=questions.possible_delegates(database, actor) if signs else {},
        projects=catalogue.projects(database, actor, page).items,
        names=names_of(services, actor, people),
    )


def _roles(actor: Actor) -> list[Role]:
    """Roles of one's own that sign."""
    held = {b.role for b in actor.bindings if b.break_glass_id is None}
    return [role for role in Role if role in held and ROLE_PERMISSIONS[role] >= DELEGABLE]


@router.post("")
@needs(Permission.APPROVAL_SIGN)
def delegate(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Lend one's signature, from the morning of a day to the evening of another."""
    project = form.text("project_id")
    starts_on = a_day(form.text("from"), "from")
    operations.give_delegation(
        services.database,
        actor,
        an_id(form.text("delegate_id"), "delegate_id"),
        role=_role(form.text("role")),
        project_id=an_id(project, "project_id") if project else None,
        starts_at=datetime.combine(starts_on, time(), tzinfo=UTC),
        ends_at=form.end_of_day("until"),
        reason=form.text("reason"),
    )
    return done("/delegations", "delegated")


@router.post("/{delegation_id}/revocations")
@needs(Permission.PROJECT_READ)
def revoke(
    delegation_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End a delegation."""
    operations.revoke_delegation(services.database, actor, delegation_id)
    return done("/delegations", "delegation-revoked")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        message = "choose the role that is signed for"
        raise InvalidInput(message, [{"pointer": "/role", "detail": message}]) from error

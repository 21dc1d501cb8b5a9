"""What somebody may and why, what is denied, and broken glass."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from accredit_governance.access.explanations import Explanation
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.documents import Digest, Moment
from accredit_governance.operations import break_glass, denials
from accredit_governance.operations.denials import Denied
from accredit_governance.questions import permissions as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.questions.permissions import Asked
from accredit_governance.registry.permission_records import (
    BreakGlassRecord,
    HeldPermissions,
    PermissionDenialRecord,
)
from accredit_platform.api.bodies import Body, Ticket
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs

router = APIRouter(tags=["permissions"])

Prose = Annotated[str, Field(max_length=4000)]
Question = Annotated[Asked, Query()]


class NewPermissionDenial(Body):
    """A permission, or all that a role holds, denied to a principal or a group in a place."""

    principal_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    permission: Permission | None = None
    role: Role | None = None
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    until: Moment | None = None
    reason: Prose


class NewBreakGlassRequest(Body):
    """A role for oneself, for minutes from when somebody else grants it."""

    role: Role
    project_id: uuid.UUID | None = None
    model_id: uuid.UUID | None = None
    minutes: Annotated[int, Field(description="1 to 240")]
    reason: Prose


class NewBreakGlassGrant(Body):
    """The digest of the request that was read; the ticket is over the same digest."""

    subject_digest: Digest
    ticket: Ticket = ""


@router.get("/me/permissions", operation_id="list_my_permissions")
@needs(SIGNED_IN)
def list_my_permissions(
    page: WantedPart,
    actor: CurrentActor,
    services: WithServices,
    project_id: uuid.UUID | None = None,
    model_id: uuid.UUID | None = None,
) -> Listing[HeldPermissions]:
    """All that the caller may: in each place that their roles name, or in the one asked for."""
    found = questions.my_permissions(
        services.database, actor, project_id=project_id, model_id=model_id
    )
    return part_of(Listing(items=found), page)


@router.get("/me/permission-explanations", operation_id="explain_my_permission")
@needs(SIGNED_IN)
def explain_my_permission(
    actor: CurrentActor, services: WithServices, asked: Question
) -> Explanation:
    """Why the caller may, or may not."""
    return questions.my_explanation(services.database, actor, asked)


@router.get("/principals/{principal_id}/permission-explanations", operation_id="explain_permission")
@needs(Permission.IDENTITY_MANAGE)
def explain_permission(
    principal_id: uuid.UUID, actor: CurrentActor, services: WithServices, asked: Question
) -> Explanation:
    """Why somebody may, or may not."""
    return questions.explanation(services.database, actor, principal_id, asked)


@router.get("/permission-denials", operation_id="list_permission_denials")
@needs(Permission.IDENTITY_MANAGE)
def list_permission_denials(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    principal_id: uuid.UUID | None = None,
    group_id: uuid.UUID | None = None,
) -> Listing[PermissionDenialRecord]:
    """Denials, newest first, those that have ended included."""
    return questions.denials(
        services.database, actor, page, principal_id=principal_id, group_id=group_id
    )


@router.post("/permission-denials", status_code=201, operation_id="create_permission_denial")
@needs(Permission.IDENTITY_MANAGE)
def create_permission_denial(
    body: NewPermissionDenial, actor: CurrentActor, services: WithServices
) -> PermissionDenialRecord:
    """Deny something to somebody, whatever their roles say."""
    given = dict(body)
    reason = given.pop("reason")
    return denials.deny(services.database, actor, Denied(**given), reason=reason)


@router.get("/permission-denials/{denial_id}", operation_id="get_permission_denial")
@needs(Permission.IDENTITY_MANAGE)
def get_permission_denial(
    denial_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PermissionDenialRecord:
    """One denial."""
    return questions.denial(services.database, actor, denial_id)


@router.post(
    "/permission-denials/{denial_id}/endings",
    status_code=201,
    operation_id="lift_permission_denial",
)
@needs(Permission.IDENTITY_MANAGE)
def lift_permission_denial(
    denial_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PermissionDenialRecord:
    """End a denial at once."""
    return denials.lift_denial(services.database, actor, denial_id)


@router.get("/break-glass-requests", operation_id="list_break_glass_requests")
@needs(Permission.PROJECT_LIST)
def list_break_glass_requests(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    is_open: Annotated[
        bool | None, Query(alias="open", description="`true` leaves out what is over")
    ] = None,
) -> Listing[BreakGlassRecord]:
    """Requests that the caller made or may read, newest first."""
    return questions.break_glass_requests(services.database, actor, page, is_open=is_open)


@router.post("/break-glass-requests", status_code=201, operation_id="create_break_glass_request")
@needs(Permission.BREAK_GLASS_REQUEST)
def create_break_glass_request(
    body: NewBreakGlassRequest, actor: CurrentActor, services: WithServices
) -> BreakGlassRecord:
    """Ask for a role for oneself, for four hours at most."""
    return break_glass.ask_to_break_glass(services.database, actor, **dict(body))


@router.get("/break-glass-requests/{break_glass_id}", operation_id="get_break_glass_request")
@needs(Permission.PROJECT_LIST)
def get_break_glass_request(
    break_glass_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> BreakGlassRecord:
    """One request, with the digest that a grant has to name."""
    return questions.break_glass_request(services.database, actor, break_glass_id)


@router.post(
    "/break-glass-requests/{break_glass_id}/grants",
    status_code=201,
    operation_id="grant_break_glass_request",
)
@needs(Permission.BREAK_GLASS_GRANT)
def grant_break_glass_request(
    break_glass_id: uuid.UUID,
    body: NewBreakGlassGrant,
    actor: CurrentActor,
    services: WithServices,
) -> BreakGlassRecord:
    """Lend the role that another person asked for."""
    return break_glass.grant_broken_glass(services.database, actor, break_glass_id, **dict(body))


@router.post(
    "/break-glass-requests/{break_glass_id}/endings",
    status_code=201,
    operation_id="end_break_glass_request",
)
@needs(Permission.BREAK_GLASS_REQUEST)
def end_break_glass_request(
    break_glass_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> BreakGlassRecord:
    """End the role at once; before it is granted, take the request back or refuse it."""
    return break_glass.end_broken_glass(services.database, actor, break_glass_id)

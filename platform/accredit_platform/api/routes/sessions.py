"""Browser sessions and passwords: one's own, and those of others as far as an admin may."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import one_time_links, own_sessions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.session_records import (
    PasswordLinkRecord,
    SessionRecord,
    SessionsEndedRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.browsers import terms_of
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.auth.passwords import MAX_PASSWORD
from accredit_platform.auth.secrets import new_secret
from accredit_platform.auth.sign_in import change_password

router = APIRouter(tags=["identity"])


class PasswordChange(Body):
    """The present password and another one."""

    old_password: Annotated[str, Field(max_length=MAX_PASSWORD)]
    new_password: Annotated[str, Field(max_length=MAX_PASSWORD)]


@router.get("/me/sessions", operation_id="list_my_sessions")
@needs(SIGNED_IN)
def list_my_sessions(
    page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[SessionRecord]:
    """One's own open browser sessions, and those that were stolen in the last 30 days."""
    found = own_sessions.own_sessions(
        services.database, actor, current=None, terms=terms_of(services.settings)
    )
    return part_of(Listing(items=found), page)


@router.post("/me/sessions/{session_id}/endings", status_code=204, operation_id="end_my_session")
@needs(SIGNED_IN)
def end_my_session(session_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> None:
    """End a browser session of one's own at once."""
    own_sessions.end_own_session(services.database, actor, session_id)


@router.post("/me/session-endings", status_code=201, operation_id="end_my_sessions")
@needs(SIGNED_IN)
def end_my_sessions(actor: CurrentActor, services: WithServices) -> SessionsEndedRecord:
    """End all browser sessions of one's own at once."""
    return own_sessions.end_own_sessions(services.database, actor, keep=None)


@router.post("/me/password-changes", status_code=204, operation_id="change_my_password")
@needs(SIGNED_IN)
def change_my_password(
    body: PasswordChange, request: Request, actor: CurrentActor, services: WithServices
) -> None:
    """Choose another password; browser sessions end, tokens stay."""
    change_password(request, services, actor, old=body.old_password, new=body.new_password)


@router.post(
    "/principals/{principal_id}/session-endings", status_code=201, operation_id="end_sessions"
)
@needs(Permission.IDENTITY_MANAGE)
def end_sessions(
    principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> SessionsEndedRecord:
    """End all browser sessions of a person at once; their tokens stay."""
    return own_sessions.end_sessions(services.database, actor, principal_id)


@router.post(
    "/principals/{principal_id}/password-links",
    status_code=201,
    operation_id="create_password_link",
)
@needs(Permission.IDENTITY_MANAGE)
def create_password_link(
    principal_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PasswordLinkRecord:
    """A link by which a person sets a new password: good for a day, works once."""
    return one_time_links.issue_password_link(
        services.database, actor, principal_id, secret=new_secret()
    )

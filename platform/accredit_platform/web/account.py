"""One's own account: where one is signed in, and the password."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.operations import own_sessions, sessions
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.browsers import terms_of
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.auth.passwords import MIN_PASSWORD
from accredit_platform.auth.sign_in import change_password
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.notices import done
from accredit_platform.web.rendering import render
from accredit_platform.web.welcome import typed_twice

router = APIRouter(prefix="/account")


@router.get("")
@needs(SIGNED_IN)
def account(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """Open sessions of one's own, each with a way to end it, and a form for another password."""
    found = own_sessions.own_sessions(
        services.database,
        actor,
        current=request.state.session_id,
        terms=terms_of(services.settings),
    )
    return render(
        request,
        "account.html",
        sessions=found,
        has_password=sessions.password_hash_of(services.database, actor.name) is not None,
        shortest=MIN_PASSWORD,
    )


@router.post("/sessions/{session_id}/endings")
@needs(SIGNED_IN)
def end_session(
    session_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End one session."""
    own_sessions.end_own_session(services.database, actor, session_id)
    return done("/account", "session-ended")


@router.post("/session-endings")
@needs(SIGNED_IN)
def end_sessions(
    request: Request,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End all sessions but this one."""
    own_sessions.end_own_sessions(services.database, actor, keep=request.state.session_id)
    return done("/account", "sessions-ended")


@router.post("/password-changes")
@needs(SIGNED_IN)
def password_change(
    request: Request, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Choose another password; sessions other than this one end."""
    new = typed_twice(form)
    change_password(request, services, actor, old=form.secret("old_password"), new=new)
    return done("/account", "password-changed")

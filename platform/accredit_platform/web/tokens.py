"""One's own tokens: what there is, another one for who types their password, an end to each."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import api_tokens
from accredit_governance.questions.tokens import own_tokens
from accredit_governance.registry.token_records import IssuedToken
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.auth.secrets import new_token
from accredit_platform.auth.sign_in import prove_again
from accredit_platform.web.forms import CheckedForm, a_count, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/account/tokens")

_MAX_NAME = 63


@router.get("")
@needs(SIGNED_IN)
def tokens(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """Tokens of one's own, and the form for another one."""
    return _page(request, actor, services, issued=None)


@router.post("")
@needs(SIGNED_IN)
def create_token(
    request: Request, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Make a token for who types their password once more, and show it this once."""
    scopes, project = _scopes(form.text("scopes")), form.text("project_id")
    name, days = _name(form.text("name")), a_count(form.text("days"), "days") or 0
    prove_again(request, services, actor, form.secret("password"))
    issued = api_tokens.issue_own_token(
        services.database,
        actor,
        name=name,
        secret=new_token(),
        days=days,
        scopes=scopes,
        project_id=an_id(project, "project_id") if project else None,
    )
    return _page(request, actor, services, issued=issued)


@router.post("/{token_id}/revocations")
@needs(SIGNED_IN)
def revoke_token(
    token_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End a token at once."""
    api_tokens.revoke_own_token(services.database, actor, token_id)
    return done("/account/tokens", "token-revoked")


def _page(
    request: Request, actor: CurrentActor, services: WithServices, *, issued: IssuedToken | None
) -> Response:
    items = own_tokens(services.database, actor).items
    return render(
        request,
        "tokens.html",
        items=items,
        issued=issued,
        longest=api_tokens.MAX_TOKEN_DAYS,
        permissions=list(Permission),
    )


def _name(text: str) -> str:
    if not 1 <= len(text) <= _MAX_NAME:
        message = f"name must have 1 to {_MAX_NAME} characters"
        raise InvalidInput(message, [{"pointer": "/name", "detail": message}])
    return text


def _scopes(text: str) -> frozenset[Permission] | None:
    names = text.split()
    unknown = sorted(set(names) - set(Permission))
    if unknown:
        message = f"there is no such scope; scopes are {', '.join(Permission)}"
        raise InvalidInput(message, [{"pointer": "/scopes", "detail": message}])
    return frozenset(map(Permission, names)) or None

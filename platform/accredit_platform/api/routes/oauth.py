"""OAuth 2.0 for programs: client credentials (RFC 6749 §4.4), revocation (RFC 7009), metadata.

Refusals here are in the words of RFC 6749 section 5.2, as clients of that standard expect, and no
problems. Thus the metadata describes these routes, and the OpenAPI document does not.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import JSONResponse

from accredit_governance.access.permissions import Permission
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.documents import Document
from accredit_governance.errors import NotAllowed, NotAuthenticated
from accredit_governance.operations import client_credentials
from accredit_platform.api.dependencies import WithServices
from accredit_platform.auth.clients import (
    INVALID_CLIENT,
    OAuthRefused,
    client_shown,
    wanted_scopes,
)
from accredit_platform.auth.guard import PUBLIC, needs
from accredit_platform.auth.secrets import new_token

router = APIRouter(prefix="/oauth", include_in_schema=False)
metadata = APIRouter(include_in_schema=False)

Text = Annotated[str, Form(max_length=4000)]


class AccessToken(Document):
    """An access token (RFC 6749 section 5.1).

    Attributes:
        expires_in: seconds that it counts.
        scope: what it is good for; left out: whatever the account may.
    """

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  a word of the standard
    expires_in: int
    scope: str | None = None


@router.post("/token", operation_id="create_access_token", response_model=AccessToken)
@needs(PUBLIC)
def create_access_token(
    request: Request,
    services: WithServices,
    grant_type: Text = "",
    client_id: Text = "",
    client_secret: Text = "",
    scope: Text = "",
) -> Response:
    """A token for at most an hour, for a service account that shows its client secret."""
    try:
        if grant_type != "client_credentials":
            error = "unsupported_grant_type" if grant_type else "invalid_request"
            raise OAuthRefused(error, "grant_type must be client_credentials, in a form body")
        client = client_shown(request, services, client_id, client_secret)
        issued = client_credentials.issue_access_token(
            services.database,
            client,
            secret=new_token(TokenKind.ACCESS),
            scopes=wanted_scopes(scope),
        )
    except OAuthRefused as refusal:
        return _refused(request, refusal.error, str(refusal))
    except NotAllowed as refusal:
        return _refused(request, "invalid_scope", refusal.message)
    except NotAuthenticated as refusal:
        return _refused(request, INVALID_CLIENT, refusal.message)
    answer = AccessToken(
        access_token=issued.token,
        expires_in=_seconds(services.database.clock(), issued.expires_at),
        scope=None if issued.scopes is None else " ".join(issued.scopes),
    )
    return JSONResponse(answer.model_dump(exclude_none=True), headers={"Cache-Control": "no-store"})


@router.post("/revoke", operation_id="revoke_access_token")
@needs(PUBLIC)
def revoke_access_token(
    request: Request,
    services: WithServices,
    token: Text = "",
    client_id: Text = "",
    client_secret: Text = "",
) -> Response:
    """End an access token of one's own; an unknown one is as good as ended (RFC 7009)."""
    try:
        client = client_shown(request, services, client_id, client_secret)
        if not token:
            raise OAuthRefused("invalid_request", "say which token")
        client_credentials.give_back(services.database, client, token)
    except OAuthRefused as refusal:
        return _refused(request, refusal.error, str(refusal))
    return JSONResponse({}, headers={"Cache-Control": "no-store"})


@metadata.get("/.well-known/oauth-authorization-server")
@needs(PUBLIC)
def describe_authorization_server(request: Request) -> dict[str, Any]:
    """Where programs get tokens (RFC 8414)."""
    issuer = str(request.base_url).rstrip("/")
    methods = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "token_endpoint": str(request.url_for("create_access_token")),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": str(request.url_for("revoke_access_token")),
        "revocation_endpoint_auth_methods_supported": methods,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": [permission.value for permission in Permission],
    }


def _seconds(now: datetime, until: datetime) -> int:
    return max(0, int((until - now).total_seconds()))


def _refused(request: Request, error: str, why: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    status = 400
    if error == INVALID_CLIENT and "authorization" in request.headers:
        status, headers["WWW-Authenticate"] = 401, 'Basic realm="accredit"'
    body = {"error": error, "error_description": why}
    return JSONResponse(body, status_code=status, headers=headers)

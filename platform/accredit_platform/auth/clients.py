"""OAuth clients: which credentials a request to the token endpoint carries (RFC 6749 §2.3)."""

import base64
import binascii
from collections.abc import Sequence
from typing import ClassVar, Final
from urllib.parse import unquote_plus

from starlette.requests import Request

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.client_credentials import client_of
from accredit_platform.auth.refusals import RefusedTokens
from accredit_platform.errors import PlatformError
from accredit_platform.wiring import Services

INVALID_CLIENT: Final = "invalid_client"


class OAuthRefused(PlatformError):
    """A refusal in the words of RFC 6749 section 5.2; `error` is one of its codes."""

    code: ClassVar[str] = "oauth_refused"

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


def client_shown(request: Request, services: Services, client_id: str, client_secret: str) -> Actor:
    """The service account that a request shows the secret of, in its header or in its body.

    Args:
        request: with the header.
        services: with the records.
        client_id: as the body says; empty: it does not.
        client_secret: likewise.

    Raises:
        OAuthRefused: `invalid_request` when both say something, `invalid_client` when what is
            shown is worth nothing, which is recorded.
    """
    basic = _basic(request)
    if basic is not None and (client_secret or client_id not in {"", basic[0]}):
        raise OAuthRefused("invalid_request", "show the client secret once: header or body")
    name, secret = basic or (client_id, client_secret)
    if not name or not secret:
        raise OAuthRefused(INVALID_CLIENT, "show client_id and client_secret")
    try:
        return client_of(services.database, name, secret, request_id=request.state.request_id)
    except NotAuthenticated as error:
        refused: RefusedTokens = request.app.state.refused_tokens
        refused.record(request, error)
        raise OAuthRefused(INVALID_CLIENT, error.message) from error


def wanted_scopes(scope: str) -> frozenset[Permission] | None:
    """Permissions in a `scope` parameter; None: it is empty.

    Raises:
        OAuthRefused: `invalid_scope`, some of them are none.
    """
    names: Sequence[str] = scope.split()
    unknown = sorted(set(names) - set(Permission))
    if unknown:
        raise OAuthRefused(
            "invalid_scope", f"there is no such scope; scopes are {', '.join(Permission)}"
        )
    return frozenset(map(Permission, names)) or None


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthRefused(INVALID_CLIENT, "the header Authorization cannot be read") from error
    if not colon:
        raise OAuthRefused(INVALID_CLIENT, "the header Authorization cannot be read")
    return unquote_plus(name), unquote_plus(secret)

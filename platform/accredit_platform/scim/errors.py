"""Refusals as SCIM says them (RFC 7644 §3.12).

Every refusal is made in one place (`api/problems.py`) as an RFC 9457 document, whether the guard,
an operation or a limit refused. Under `/scim/` this layer says the same in SCIM's form.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.errors import PlatformError

MEDIA_TYPE: Final = "application/scim+json"
PREFIX: Final = "/scim/"
ERROR_URN: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bad_request": "invalidSyntax",
        "conflict": "uniqueness",
        "immutable_attribute": "mutability",
        "invalid_filter": "invalidFilter",
        "invalid_input": "invalidValue",
        "invalid_path": "invalidPath",
        "invalid_syntax": "invalidSyntax",
        "no_target": "noTarget",
    }
)
_UNPROCESSABLE: Final = 422
_KEPT: Final = ("allow", "retry-after", "www-authenticate")


class InvalidSyntax(PlatformError):
    """A SCIM message is not built as it should be."""

    code = "invalid_syntax"


class InvalidPath(PlatformError):
    """A SCIM path names nothing that a user or group has."""

    code = "invalid_path"


class NoTarget(PlatformError):
    """A SCIM path fits no value."""

    code = "no_target"


class ImmutableAttribute(PlatformError):
    """A SCIM client may read this attribute, not write it."""

    code = "immutable_attribute"


class NotSupported(PlatformError):
    """A part of SCIM that this service does not offer."""

    code = "not_supported"


class ScimErrors:
    """ASGI layer that answers problems under `/scim/` as SCIM errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; say a problem in SCIM's words."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body", False):
                    await _error(held)(scope, receive, send)

        await self.app(scope, receive, watched)


def _is_problem(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return kind.startswith("application/problem+json")


def _error(held: list[Message]) -> JSONResponse:
    facts: dict[str, Any] = json.loads(b"".join(m.get("body", b"") for m in held[1:]))
    status = 400 if facts["status"] == _UNPROCESSABLE else facts["status"]
    headers = Headers(raw=held[0]["headers"])
    scim_type = _TYPES.get(facts["code"])
    body = {
        "schemas": [ERROR_URN],
        "status": str(status),
        **({"scimType": scim_type} if scim_type else {}),
        "detail": f"{facts['detail']} (request {facts['request_id']})",
    }
    return JSONResponse(
        body,
        status_code=status,
        headers={name: headers[name] for name in _KEPT if name in headers},
        media_type=MEDIA_TYPE,
    )

"""Bounds and headers that hold for every request."""

import re
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.api.problems import internal_error, problem
from accredit_platform.settings import Settings

_UPLOAD: Final = re.compile(r"^/api/v1/(datasets/[^/]+/versions|models/[^/]+/files)$")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class _TooLarge(HTTPException):
    """The body went over the bound while it was read.

    Readers of a body turn any other exception into a complaint about its form.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit))


class BodyLimit:
    """Refuses bodies over the bound; uploads have a bound of their own."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.limit = settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http" or _UPLOAD.match(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self.limit:
            await self._refuse(request, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise _TooLarge(self.limit)
            return message

        await self.app(scope, counted, send)

    async def _refuse(self, request: Request, receive: Receive, send: Send) -> None:
        answer = problem(request, 413, "too_large", _too_large(self.limit))
        await answer(request.scope, receive, send)


def _too_large(limit: int) -> str:
    return f"the request body is larger than {limit:,} bytes"


class SecurityHeaders:
    """Puts the same protective headers on every answer; a route may set a stricter policy.

    As the outermost layer it also answers for failures of the layers below.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                if scope["path"].startswith(("/api/", "/scim/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Exception as error:
            if started:
                raise
            await internal_error(Request(scope), error)(scope, receive, guarded)

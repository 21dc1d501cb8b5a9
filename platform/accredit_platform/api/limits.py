"""Bounds that hold for every request: its form, its size, and how long it may take to arrive."""

import asyncio
import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.api.problems import problem
from accredit_platform.settings import Settings

_UPLOAD: Final = re.compile(r"^/api/v1/(datasets/[^/]+/versions|models/[^/]+/files)$")
MAX_QUERY_BYTES: Final = 8 * 1024
MAX_HEADER_BYTES: Final = 32 * 1024
MAX_PAUSE_S: Final = 30.0


class RequestForm:
    """Refuses requests whose head cannot be right, before anybody asks who sends them."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.names = settings.host_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
            return
        status, code, message = refusal
        await problem(Request(scope), status, code, message)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Status, code and reason."""
        if len(scope["query_string"]) > MAX_QUERY_BYTES or len(scope["path"]) > MAX_QUERY_BYTES:
            message = f"the address is longer than {MAX_QUERY_BYTES:,} bytes"
            return 414, "address_too_long", message
        size, host, coding = 0, "", b""
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"host":
                host = value.decode("latin-1")
            elif name == b"content-encoding":
                coding = value.strip().lower()
        if size > MAX_HEADER_BYTES:
            return (
                431,
                "headers_too_large",
                f"the head has more than {MAX_HEADER_BYTES:,} bytes",
            )
        if coding not in {b"", b"identity"}:
            # What is small here may be huge once it is unpacked.
            return (
                415,
                "compressed_body",
                "send the body as it is, uncompressed",
            )
        if self.names and _name_of(host) not in self.names:
            return 421, "unknown_host", "this installation does not go by the name in `Host`"
        return None


class _TooLarge(HTTPException):
    """The body went over the bound while it was read.

    Readers of a body turn any other exception into a complaint about its form.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit))


class BodyLimit:
    """Refuses bodies over the bound, and those that stop coming; uploads have their own bound."""

    def __init__(
        self, app: ASGIApp, settings: Settings, *, max_pause_s: float = MAX_PAUSE_S
    ) -> None:
        self.app = app
        self.limit = settings.max_body_bytes
        self.max_pause_s = max_pause_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its bytes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = None if _UPLOAD.match(scope["path"]) else self.limit
        request = Request(scope)
        declared = request.headers.get("content-length", "")
        if limit is not None and declared.isdigit() and int(declared) > limit:
            await problem(request, 413, "too_large", _too_large(limit))(scope, receive, send)
            return
        seen, is_whole = 0, False

        async def counted() -> Message:
            nonlocal seen, is_whole
            if (
                is_whole
            ):  # what comes now is the caller's leaving, which may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout(self.max_pause_s):
                    message = await receive()
            except TimeoutError as error:
                stalled = f"nothing of the body came for {self.max_pause_s:g} seconds"
                raise HTTPException(408, stalled) from error
            is_whole = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if limit is not None and seen > limit:
                raise _TooLarge(limit)
            return message

        await self.app(scope, counted, send)


def _name_of(host: str) -> str:
    """Name in a `Host` header, without the port."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()


def _too_large(limit: int) -> str:
    return f"the request body is larger than {limit:,} bytes"

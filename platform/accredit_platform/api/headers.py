"""Protective headers on every answer."""

from types import MappingProxyType
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.api.problems import internal_error

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=()",
}
_OVER_TLS: Final = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
FRAMED: Final = MappingProxyType({"X-Frame-Options": "SAMEORIGIN"})
"""Of pages that others of ours show in a frame; their policy names them as ancestors."""


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
                if scope["scheme"] == "https":
                    headers.update(_OVER_TLS)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Exception as error:
            if started:
                raise
            await internal_error(Request(scope), error)(scope, receive, guarded)

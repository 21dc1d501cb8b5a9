"""What every answer carries, and the methods that no route spells out.

1. `HEAD` is `GET` without the body, `OPTIONS` tells the methods, a slash too many is redirected.
2. One resource carries its `ETag`; who holds it already is told so (304).
3. Long work (202) carries `Location`, where it is followed, and `Retry-After`.
4. A list that goes on carries `Link: …; rel="next"`.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.api.etags import named_in, tag_of_json
from accredit_platform.api.operations import ASK_AGAIN_S, PREFIX, address
from accredit_platform.auth.guard import Entry

_NEXT: Final = re.compile(rb'"next_page_token":"([^"\\]+)"\}$')
_BROWSERS: Final = frozenset({"origin", "sec-fetch-site", "access-control-request-method"})
_ITSELF: Final = re.compile(rf"^{PREFIX}/(operations|jobs)/")


class Answers:
    """ASGI layer outside of the guard."""

    def __init__(self, app: ASGIApp, table: list[Entry]) -> None:
        self.app = app
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and dress its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = self._own_answer(scope)
        if own is not None:
            await own(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head and any("GET" in e.methods for e in self._at(scope["path"])):
            scope = {**scope, "method": "GET"}
        state = scope.setdefault("state", {})
        await self.app(scope, receive, _Dressed(scope, state, send, is_head=is_head))

    def _own_answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if scope["method"] == "OPTIONS":
            # What a browser asks for another site is refused behind us: no route is open to those.
            programs = path.startswith(PREFIX) and _BROWSERS.isdisjoint(Headers(scope=scope))
            methods = _told(self._at(path)) if programs else ""
            return Response(status_code=204, headers={"Allow": methods}) if methods else None
        if len(path) > 1 and path.endswith("/") and not self._at(path):
            shorter = path.rstrip("/")
            if self._at(shorter):
                query = scope["query_string"].decode("latin-1")
                return RedirectResponse(shorter + (f"?{query}" if query else ""), status_code=308)
        return None

    def _at(self, path: str) -> list[Entry]:
        return [entry for entry in self.table if entry.path.match(path)]


class _Dressed:
    """The sending half of one answer."""

    def __init__(
        self, scope: Scope, state: dict[str, Any], send: Send, *, is_head: bool
    ) -> None:  # Any: what layers below left there
        self._scope = scope
        self._state = state
        self._send = send
        self._is_head = is_head
        self._start: Message | None = None
        self._is_over = False

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer on."""
        if self._is_over:
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        body: bytes = message.get("body", b"")
        if self._start is not None:
            start, self._start = self._start, None
            body = self._dress(start, body, whole=not message.get("more_body", False))
            await self._send(start)
        if self._is_head:
            self._is_over = True
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send({**message, "body": body})

    def _dress(self, start: Message, body: bytes, *, whole: bool) -> bytes:
        """Add the headers; the body to be sent, which is empty if the caller has it."""
        headers = MutableHeaders(scope=start)
        for name, value in self._state.get("extra_headers", {}).items():
            headers.append(name, value)
        if start["status"] == 405 and "GET" in headers.get("allow", ""):
            headers["Allow"] = _told_of(headers["allow"].split(", "))
        is_json = headers.get("content-type") == "application/json"
        if not (whole and is_json and start["status"] < 300):
            return body
        if start["status"] == 202:
            self._locate(headers, body)
        if (found := _NEXT.search(body[-2000:])) is not None:
            headers.append("Link", f'<{self._next(found[1].decode())}>; rel="next"')
        if not self._state.get("tagged", False):
            return body
        tag = headers.setdefault("ETag", tag_of_json(body))
        held = Headers(scope=self._scope).get("if-none-match")
        if self._scope["method"] == "GET" and held and named_in(held, tag, strong=False):
            start["status"] = 304
            for name in ("content-length", "content-type"):
                del headers[name]
            return b""
        return body

    def _locate(self, headers: MutableHeaders, body: bytes) -> None:
        answer = json.loads(body)
        followed = answer.get("job_id")
        if followed is None and _ITSELF.match(self._scope["path"]):
            followed = answer.get("id")
        if followed is not None:
            headers["Location"] = address(followed)
            headers["Retry-After"] = str(ASK_AGAIN_S)

    def _next(self, token: str) -> str:
        query = QueryParams(self._scope["query_string"])
        pairs = [(name, value) for name, value in query.multi_items() if name != "page_token"]
        return f"{self._scope['path']}?{urlencode([*pairs, ('page_token', token)])}"


def _told(entries: Iterable[Entry]) -> str:
    methods = {method for entry in entries for method in entry.methods}
    return _told_of(methods) if methods else ""


def _told_of(methods: Iterable[str]) -> str:
    known = {*methods, "OPTIONS"}
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))

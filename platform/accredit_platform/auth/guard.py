"""The outermost layer: every route says what it needs, or the service does not start.

A request for a path that no route declared never reaches the application, whatever was mounted
there. Who is calling is established here, once, from a bearer token or a browser session.
"""

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from accredit_governance.access.actors import Actor
from accredit_governance.access.explanations import refusal
from accredit_governance.access.permissions import Permission
from accredit_governance.operations.door import record_refusal
from accredit_platform.api.problems import problem
from accredit_platform.auth.bearer import Bearers, TokenRefused
from accredit_platform.auth.browsers import visit_of, with_cookie
from accredit_platform.auth.throttle import Throttle, with_rate
from accredit_platform.wiring import Services

F = TypeVar("F", bound=Callable[..., object])
PUBLIC: Final = "public"
SIGNED_IN: Final = "signed_in"
_SAFE: Final = frozenset({"GET", "HEAD"})


def needs(permission: Permission | str) -> Callable[[F], F]:
    """Declare what a route needs: a permission, `SIGNED_IN`, or `PUBLIC`."""

    def mark(endpoint: F) -> F:
        endpoint.needs = permission  # type: ignore[attr-defined] # read when the table is built
        return endpoint

    return mark


@dataclass(frozen=True, slots=True)
class Entry:
    """What one route needs."""

    path: re.Pattern[str]
    methods: frozenset[str]
    needs: Permission | str
    template: str
    operation: str


class UndeclaredRoute(RuntimeError):
    """A route does not say what it needs."""


def access_table(routes: Iterable[BaseRoute], *, public_mounts: frozenset[str]) -> list[Entry]:
    """What every route needs.

    Args:
        routes: of the application.
        public_mounts: mounted paths that anybody may read, such as static files.

    Raises:
        UndeclaredRoute: some route or mount declares nothing.
    """
    table = []
    for context in iter_route_contexts(list(routes)):
        path = str(context.path)
        if isinstance(context.original_route, Mount):
            if path not in public_mounts:
                raise UndeclaredRoute(f"the mount {path} is not declared")
            pattern = re.compile(f"^{re.escape(path)}/.*$")
            table.append(Entry(pattern, frozenset({"GET", "HEAD"}), PUBLIC, path, "read_file"))
            continue
        declared = getattr(context.endpoint, "needs", None)
        if declared is None:
            raise UndeclaredRoute(f"the route {path} does not say what it needs")
        methods = frozenset(context.methods or ())
        name = str(getattr(context.endpoint, "__name__", path))
        table.append(Entry(compile_path(path)[0], methods, declared, path, name))
    return table


class Guard:
    """ASGI layer in front of everything."""

    def __init__(self, app: ASGIApp, *, services: Services, table: list[Entry]) -> None:
        self.app = app
        self.services = services
        self.table = table
        self.bearers = Bearers(services)
        self.throttle = Throttle(services.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = uuid.uuid4().hex
        refusal = await run_in_threadpool(self._refusal, request)
        send = with_rate(request, with_cookie(request, send))
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        """Answer to a request that may not pass; None lets it through."""
        found = [entry for entry in self.table if entry.path.match(request.url.path)]
        if not found:
            return self.throttle.stranger(request) or problem(
                request, 404, "not_found", "there is nothing at this address"
            )
        entry = next((e for e in found if request.method in e.methods), None)
        if entry is None:
            allowed = sorted(set().union(*(e.methods for e in found)))
            message = f"{request.method} is not possible here; {', '.join(allowed)} is"
            answer = problem(request, 405, "method_not_allowed", message)
            answer.headers["Allow"] = ", ".join(allowed)
            return answer
        if request.method not in _SAFE and not same_origin(request):
            return problem(request, 403, "cross_site", "forms are accepted from our own pages only")
        if entry.needs == PUBLIC:
            return self.throttle.stranger(request, entry.template)
        is_page = not request.url.path.startswith("/api/")
        try:
            actor = self._page_actor(request) if is_page else self._bearer(request)
        except TokenRefused as refusal:
            return self.throttle.stranger(request) or _not_authenticated(request, refusal)
        if actor is None:
            return self.throttle.stranger(request) or _to_sign_in(request)
        request.state.actor = actor
        refused = self.throttle.member(request, actor, entry.template)
        if refused is not None:
            return refused
        if isinstance(entry.needs, Permission) and not actor.may_anywhere(entry.needs):
            return self._forbidden(request, actor, entry, entry.needs)
        return None

    def _forbidden(
        self, request: Request, actor: Actor, entry: Entry, permission: Permission
    ) -> Response:
        """Answer to somebody who lacks the permission; an attempt at a change is written down."""
        error = refusal(actor.why_nowhere(permission), permission)
        if request.method not in _SAFE:
            named = entry.path.match(request.url.path)
            identifiers = tuple(map(_identifier, named.groupdict().values() if named else ()))
            record_refusal(self.services.database, actor, entry.operation, error, identifiers)
        return problem(request, 403, error.code, error.message, **error.facts)

    def _bearer(self, request: Request) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        shown = token.strip() if scheme.lower() == "bearer" else ""
        return self.bearers.actor(shown, request_id=request.state.request_id)

    def _page_actor(self, request: Request) -> Actor | None:
        visit = visit_of(request, self.services)
        return visit.actor if visit is not None else None


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def same_origin(request: Request) -> bool:
    """Whether a browser says that a form came from our own pages; the CSRF token is checked too."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def _to_sign_in(request: Request) -> Response:
    # Whoever comes back after signing in can read a page, not send a form again.
    back = request.url.path if request.method in _SAFE else "/"
    query = f"?{request.url.query}" if back != "/" and request.url.query else ""
    return RedirectResponse(f"/sign-in?next={quote(back + query)}", status_code=303)


def _not_authenticated(request: Request, refusal: TokenRefused) -> Response:
    answer = problem(request, 401, refusal.code, refusal.message)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer

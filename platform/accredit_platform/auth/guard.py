"""The outermost layer: every route says what it needs, or the service does not start.

A request for a path that no route declared never reaches the application, whatever was mounted
there. Who is calling is established here, once, from a bearer token or a browser session.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
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
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.door import record_refusal
from accredit_platform.api.problems import STATUS, challenge, problem
from accredit_platform.auth.bearer import Bearers
from accredit_platform.auth.browsers import visit_of, with_cookie
from accredit_platform.auth.refusals import RefusedTokens
from accredit_platform.auth.throttle import Throttle, with_rate
from accredit_platform.oidc.wire import ProviderUnavailable
from accredit_platform.wiring import Services

F = TypeVar("F", bound=Callable[..., object])
_Key = tuple[int, str | None, str | None]
BEARER_PATHS: Final = ("/api/", "/scim/")
"""Where programs call, with a token; a browser's session counts everywhere else."""
PUBLIC: Final = "public"
SIGNED_IN: Final = "signed_in"
_SAFE: Final = frozenset({"GET", "HEAD"})
_TOKEN_IN_ADDRESS: Final = b"access_token="
_IN_ADDRESS: Final = (
    "a token in an address ends up in logs; send it in the header `Authorization`, "
    "and revoke this one"
)
_CROSS_SITE: Final = "forms are accepted from our own pages only"


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


class EntryIndex:
    """Finds the entries that fit a path by its number of parts, its fourth part and its last one.

    That leaves one or two of the patterns to try. What can swallow a slash is always tried.
    """

    def __init__(self, table: Iterable[Entry]) -> None:
        self._found: dict[_Key, list[tuple[int, Entry]]] = {}
        self._anywhere: list[tuple[int, Entry]] = []
        for placed in enumerate(table):
            entry = placed[1]
            if ":path}" in entry.template or "/.*" in entry.path.pattern:
                self._anywhere.append(placed)
                continue
            fixed = [None if "{" in part else part for part in entry.template.split("/")]
            key = (len(fixed), _fourth(fixed), fixed[-1])
            self._found.setdefault(key, []).append(placed)

    def fitting(self, path: str) -> list[Entry]:
        """All entries whose pattern a path has, in the order of the table."""
        parts = path.split("/")
        count, fourth, last = len(parts), _fourth(parts), parts[-1]
        keys = {(count, f, z) for f in (fourth, None) for z in (last, None)}
        likely = [placed for key in keys for placed in self._found.get(key, ())]
        fit = [placed for placed in (*likely, *self._anywhere) if placed[1].path.match(path)]
        if len(fit) > 1:
            fit.sort(key=_position)
        return [entry for _, entry in fit]


def _fourth(parts: Sequence[str | None]) -> str | None:
    """The noun of an address of the API: what comes after `/api/v1/`."""
    return parts[3] if len(parts) > 3 else None


def _position(placed: tuple[int, Entry]) -> int:
    return placed[0]


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
        self.index = EntryIndex(table)
        self.bearers = Bearers(services)
        self.refused = RefusedTokens(services.database)
        self.throttle = Throttle(services.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = uuid.uuid4().hex
        found = self.index.fitting(scope["path"])
        entry = next((e for e in found if scope["method"] in e.methods), None)
        refusal: Response | None
        if entry is None:
            refusal = self._no_such_route(request, found)
        elif scope["method"] not in _SAFE and not same_origin(request):
            refusal = problem(request, 403, "cross_site", _CROSS_SITE)
        elif entry.needs == PUBLIC:
            refusal = self.throttle.stranger(request, entry.template)
        elif (known := self._known(request, entry)) is not None:
            request.state.actor = known
            refusal = self.throttle.member(request, known, entry.template)
        else:
            refusal = await run_in_threadpool(self._refusal, request, entry)
        send = with_rate(request, with_cookie(request, send))
        await (refusal or self.app)(scope, receive, send)

    def _known(self, request: Request, entry: Entry) -> Actor | None:
        """Who held the permission a moment ago by this token; the door looks again.

        A route that takes no permission may have no door, so that the records are asked for it.
        """
        in_address = _TOKEN_IN_ADDRESS in request.scope["query_string"]
        if in_address or not isinstance(entry.needs, Permission) or not _is_api(request):
            return None
        actor = self.bearers.known(_token(request), entry.needs)
        if actor is None:
            return None
        return actor.model_copy(update={"request_id": request.state.request_id})

    def _refusal(self, request: Request, entry: Entry) -> Response | None:
        """Answer to a request that may not pass; None lets it through."""
        try:
            actor = self._bearer(request) if _is_api(request) else self._page_actor(request)
        except NotAuthenticated as refusal:
            self.refused.record(request, refusal)
            return self.throttle.stranger(request) or _not_authenticated(request, refusal)
        except ProviderUnavailable as error:
            return problem(request, STATUS[error.code], error.code, error.message)
        if actor is None:
            return self.throttle.stranger(request) or _to_sign_in(request)
        request.state.actor = actor
        refused = self.throttle.member(request, actor, entry.template)
        if refused is not None:
            return refused
        if isinstance(entry.needs, Permission) and not actor.may_anywhere(entry.needs):
            return self._forbidden(request, actor, entry, entry.needs)
        return None

    def _no_such_route(self, request: Request, found: list[Entry]) -> Response:
        if not found:
            return self.throttle.stranger(request) or problem(
                request, 404, "not_found", "there is nothing at this address"
            )
        allowed = sorted(set().union(*(e.methods for e in found)))
        message = f"{request.method} is not possible here; {', '.join(allowed)} is"
        answer = problem(request, 405, "method_not_allowed", message)
        answer.headers["Allow"] = ", ".join(allowed)
        return answer

    def _forbidden(
        self, request: Request, actor: Actor, entry: Entry, permission: Permission
    ) -> Response:
        """Answer to somebody who lacks the permission; an attempt at a change is written down."""
        error = refusal(actor.why_nowhere(permission), permission)
        if request.method not in _SAFE:
            named = entry.path.match(request.url.path)
            identifiers = tuple(map(_identifier, named.groupdict().values() if named else ()))
            record_refusal(self.services.database, actor, entry.operation, error, identifiers)
        return problem(
            request,
            403,
            error.code,
            error.message,
            permission=permission.value,
            reason=error.facts["reason"],
        )

    def _bearer(self, request: Request) -> Actor:
        if _TOKEN_IN_ADDRESS in request.scope["query_string"]:
            raise NotAuthenticated(_IN_ADDRESS, reason="in_address")
        return self.bearers.actor(_token(request), request_id=request.state.request_id)

    def _page_actor(self, request: Request) -> Actor | None:
        visit = visit_of(request, self.services)
        return visit.actor if visit is not None else None


def _is_api(request: Request) -> bool:
    return bool(request.scope["path"].startswith(BEARER_PATHS))


def _token(request: Request) -> str:
    """The bearer token of a request; empty: none was shown."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


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


def _not_authenticated(request: Request, refusal: NotAuthenticated) -> Response:
    """RFC 6750 section 3.1: whoever showed nothing is told what to show, and no error."""
    shown = refusal.reason != "missing"
    facts = {"reason": refusal.reason} if shown else {}
    answer = problem(request, 401, refusal.code, refusal.message, errors=(), **facts)
    answer.headers["WWW-Authenticate"] = challenge(refusal.message if shown else None)
    return answer

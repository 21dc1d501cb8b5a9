"""What holds for every request to the API, before its route is entered.

1. A query parameter that the route does not know is refused: a misspelt filter filters nothing.
2. A body is JSON where the route takes JSON (415), and the caller takes what it answers (406).
3. `If-Match` is compared in the transaction of the change; `PUT` and `PATCH` do not go without.
4. `Idempotency-Key` makes a change once.
5. Answers of routes that will go say so.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, ClassVar, Final, get_origin

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.routing import BaseRoute

from accredit_governance.errors import InvalidInput
from accredit_governance.operations.calls import CALL, Call
from accredit_governance.questions.pages import Listing
from accredit_platform.api import repeats
from accredit_platform.api.deprecation import DEPRECATED
from accredit_platform.api.etags import PreconditionRequired, demand_of, may_read
from accredit_platform.api.facts import Facts
from accredit_platform.errors import PlatformError

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
REPLACING: Final = frozenset({"PUT", "PATCH"})
_JSON: Final = "application/json"


class UnsupportedMediaType(PlatformError):
    """The body is not of the media type that the route reads."""

    code: ClassVar[str] = "unsupported_media_type"


class NotAcceptable(PlatformError):
    """The caller takes none of the media types that the route answers with."""

    code: ClassVar[str] = "not_acceptable"


class Manners:
    """Facts of every route of the API, by method and endpoint."""

    def __init__(self, routes: Iterable[BaseRoute], prefix: str) -> None:
        found = [
            (str(c.path).removeprefix(prefix), c.original_route)
            for c in iter_route_contexts(list(routes))
            if isinstance(c.original_route, APIRoute) and str(c.path).startswith(prefix)
        ]
        self._prefix = prefix
        self._readers = {
            path: route
            for path, route in found
            if "GET" in (route.methods or ()) and _is_one(route) and may_read(route.endpoint)
        }
        models = {id(r.response_model) for p, r in found if p in self._readers}
        self._facts: dict[Callable[..., Any], Facts] = {
            route.endpoint: self._of(path, route, models) for path, route in found
        }

    def of(self, endpoint: Callable[..., Any]) -> Facts:
        """Facts of a route."""
        return self._facts[endpoint]

    def readers(self) -> Iterable[APIRoute]:
        """Routes that read one thing."""
        return self._readers.values()

    def reader_of(self, path: str) -> APIRoute | None:
        """The route that reads what a path is about: the nearest resource above it."""
        parts = path.split("/")
        for end in range(len(parts), 1, -1):
            if (found := self._readers.get("/".join(parts[:end]))) is not None:
                return found
        last = next((part for part in reversed(parts) if part.startswith("{")), None)
        named = [r for p, r in self._readers.items() if last and p.endswith(last)]
        return named[0] if len(named) == 1 else None

    def _of(self, path: str, route: APIRoute, models: set[int]) -> Facts:
        method = next(iter(route.methods or ()))
        media_type = getattr(route.response_class, "media_type", _JSON)
        reads = method == "GET"
        reader = None if reads else self.reader_of(path)
        queries = list(_queries(route.dependant))
        return Facts(
            queries=tuple(name for name, _ in queries),
            lists=frozenset(name for name, kind in queries if get_origin(kind) in {list, tuple}),
            status=route.status_code or 200,
            media_type=_JSON if not isinstance(route.response_class, type) else media_type,
            takes_json=_takes_json(route),
            streams="requestBody" in (route.openapi_extra or {}),
            tagged=_is_one(route) if reads else id(route.response_model) in models,
            reader=None if reader is None else reader.endpoint,
            deprecated=DEPRECATED.get((method, path)),
        )


async def mannered(request: Request) -> AsyncIterator[None]:
    """Hold a request to the manners, and carry it out under what it demands.

    Raises:
        InvalidInput: a query parameter or a header is unusable.
        UnsupportedMediaType, NotAcceptable: body or answer would be of the wrong type.
        PreconditionRequired: `If-Match` is missing.
        RuntimeError: the change was made by something that asks no `Call`, behind the back of what
            the caller demanded. The answer has gone out by then; a test sees it.
    """
    state = request.app.state
    facts: Facts = state.manners.of(request.scope["endpoint"])
    request.state.tagged = facts.tagged
    if facts.deprecated is not None:
        headers = facts.deprecated.headers(state.api_prefix, request.path_params)
        request.state.extra_headers = headers
    _refuse_unknown(request, facts)
    await _refuse_media(request, facts)
    actor = getattr(request.state, "actor", None)
    if request.method in SAFE or actor is None:
        yield
        return
    expected = request.headers.get("if-match")
    if expected is None and request.method in REPLACING:
        raise PreconditionRequired(
            "this replaces what is there: read it first, and send its ETag as If-Match"
        )
    call = Call(principal_id=actor.id, status=facts.status)
    CALL.set(call)
    if expected is not None:
        call.demand = demand_of(expected, facts.reader, request.path_params, state.services, actor)
    if repeats.HEADER not in request.headers:
        yield
    else:
        async with state.repeats.carried_out(
            request, state.services, actor, call, streams=facts.streams
        ):
            yield
    if (call.key or call.demand) and not call.begun:
        raise RuntimeError(f"{request.url.path} overlooks Idempotency-Key and If-Match")


def install(app: FastAPI, prefix: str) -> None:
    """Learn the routes; call it once all of them are there."""
    app.state.manners = Manners(app.routes, prefix)
    repeats.install(app)


def _refuse_unknown(request: Request, facts: Facts) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    twice = sorted({name for name in names if names.count(name) > 1} - facts.lists)
    if twice:
        raise InvalidInput(
            f"say it once: {', '.join(twice)}",
            [{"pointer": f"/{name}", "detail": "given more than once"} for name in twice],
        )
    unknown = sorted({name for name in request.query_params if name not in facts.queries})
    if unknown:
        known = ", ".join(facts.queries) or "none"
        raise InvalidInput(
            f"there is no query parameter {', '.join(unknown)} here; there is: {known}",
            [{"pointer": f"/{name}", "detail": "no such query parameter"} for name in unknown],
        )


async def _refuse_media(request: Request, facts: Facts) -> None:
    accepted = request.headers.get("accept")
    if accepted is not None and not _accepts(accepted, facts.media_type):
        raise NotAcceptable(f"this answers with {facts.media_type}, which Accept leaves out")
    if facts.takes_json and await request.body():
        sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent != _JSON and not (sent.startswith("application/") and sent.endswith("+json")):
            raise UnsupportedMediaType(f"the body must be {_JSON}, not {sent or 'of no type'}")


def _accepts(header: str, media_type: str | None) -> bool:
    if media_type is None or not header.strip():
        return True
    family = media_type.partition("/")[0]
    fitting = {media_type, f"{family}/*", "*/*"}
    for part in header.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in fitting and not {"q=0", "q=0.0", "q=0.00", "q=0.000"} & set(parameters):
            return True
    return False


def _takes_json(route: APIRoute) -> bool:
    return route.body_field is not None and not isinstance(route.body_field.field_info, Form)


def _is_one(route: APIRoute) -> bool:
    """Whether a route answers with one thing, as JSON."""
    model = route.response_model
    if model is None:
        return False
    return not (isinstance(model, type) and issubclass(model, Listing))


def _queries(dependant: Dependant) -> Iterable[tuple[str, object]]:
    """Names of query parameters, and what each is read as."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, stated in kind.model_fields.items():
                yield stated.alias or name, stated.annotation
        else:
            yield field.alias, kind
    for inner in dependant.dependencies:
        yield from _queries(inner)

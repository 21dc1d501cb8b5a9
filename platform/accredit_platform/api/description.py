"""The OpenAPI document: what the application says of itself, and what holds for every route."""

import copy
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import ConfigDict
from pydantic.json_schema import models_json_schema

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_platform.api.examples import Examples
from accredit_platform.api.facts import Facts

ALWAYS: Final = (400, 401, 403, 404, 406, 409, 413, 422, 429, 503)
"""Statuses of refusals that any route may answer with."""
PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 visible ASCII characters of your choice. The same request under the"
    " same key is carried out once, for 24 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    "example": "2f1c1d7e-5d0b-4c8e-9d53-7b1f2f0f9a11",
}
TAG: Final = '"6b1f3b0b7f6d4a1e8c52d1a90e3f7c44"'

_SCHEMAS: Final = "#/components/schemas/"


class FieldProblem(Document):
    """What is wrong with one field."""

    pointer: str
    detail: str


class Problem(Document):
    """RFC 9457 problem; further members are the values that `detail` speaks of."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str | None
    errors: tuple[FieldProblem, ...] = ()


def described(app: FastAPI) -> bytes:
    """The document as JSON; the same bytes for one application."""
    known: bytes | None = getattr(app.state, "description", None)
    if known is None:
        known = app.state.description = json.dumps(document_of(app), ensure_ascii=False).encode()
    return known


def document_of(app: FastAPI) -> dict[str, Any]:
    """OpenAPI document of an application; refusals are `application/problem+json`."""
    document: dict[str, Any] = copy.deepcopy(app.openapi())
    document["servers"] = [{"url": "/", "description": "this installation"}]
    document["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, or a token of a configured identity provider.",
        }
    }
    document["components"]["responses"] = {
        _name(status): {"description": HTTPStatus(status).phrase, "content": PROBLEM}
        for status in (*ALWAYS, 412, 415, 428)
    }
    stated = models_json_schema([(Problem, "serialization")], ref_template=_SCHEMAS + "{model}")
    document["components"]["schemas"].update(stated[1]["$defs"])
    examples = Examples(document["components"]["schemas"])
    for (method, path), route in routes_of(app):
        operation = document["paths"][path][method.lower()]
        _describe(operation, app, method, route)
        _show(operation, examples)
    return document


def routes_of(app: FastAPI) -> Iterator[tuple[tuple[str, str], APIRoute]]:
    """Method and path of every route of the API, and the route."""
    for context in iter_route_contexts(list(app.routes)):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        if str(context.path).startswith("/api/"):
            for method in sorted(route.methods or ()):
                yield (method, str(context.path)), route


def _describe(operation: dict[str, Any], app: FastAPI, method: str, route: APIRoute) -> None:
    """Put on an operation what its route does not say itself."""
    facts: Facts = app.state.manners.of(route.endpoint)
    needed = route.endpoint.needs  # type: ignore[attr-defined] # the guard demands it
    operation["summary"] = operation["description"].split("\n")[0].rstrip(".")
    operation["security"] = [] if needed == "public" else [{"token": []}]
    if isinstance(needed, Permission):
        operation["x-permission"] = needed.value
    if facts.deprecated is not None:
        operation["deprecated"] = True
    parameters = [*operation.get("parameters", ()), *_headers(method, facts, str(needed))]
    if parameters:
        operation["parameters"] = parameters
    refusals = [*ALWAYS, *_refusals(method, facts)]
    answers = {s: r for s, r in operation["responses"].items() if int(s) < 400}
    _dress(answers[str(facts.status)], facts)
    if method == "GET" and facts.tagged:
        answers["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    refused = {str(s): {"$ref": f"#/components/responses/{_name(s)}"} for s in sorted(refusals)}
    operation["responses"] = answers | refused


def _headers(method: str, facts: Facts, needed: str) -> Iterator[dict[str, Any]]:
    """Headers that the manners read, as parameters."""
    if method != "GET" and needed != "public":
        yield KEY
    if facts.reader is not None:
        must = method in {"PUT", "PATCH"}
        yield _header("If-Match", "what you have read is still so", required=must)
    if method == "GET" and facts.tagged:
        yield _header("If-None-Match", "answer 304 if this is still so")


def _refusals(method: str, facts: Facts) -> Iterator[int]:
    """Statuses that only routes of some kind refuse with."""
    if facts.reader is not None:
        yield 412
    if facts.takes_json:
        yield 415
    if method in {"PUT", "PATCH"}:
        yield 428


def _dress(answer: dict[str, Any], facts: Facts) -> None:
    """Headers of what is answered when all goes well."""
    headers = {}
    if facts.tagged:
        headers["ETag"] = {"schema": {"type": "string"}, "example": TAG}
    if facts.status == HTTPStatus.ACCEPTED:
        headers["Location"] = {"schema": {"type": "string"}, "description": "of the operation"}
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "seconds"}
    if headers:
        answer["headers"] = headers


def _header(name: str, meaning: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": f"an `ETag`: {meaning}",
        "schema": {"type": "string"},
        "example": TAG,
    }


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")


def _show(operation: Mapping[str, Any], examples: Examples) -> None:
    """Put examples on body and answer."""
    shown = [operation.get("requestBody", {}).get("content", {})]
    shown += [
        response.get("content", {})
        for status, response in operation["responses"].items()
        if status[0] == "2"
    ]
    for content in shown:
        for media in content.values():
            if media.get("schema"):
                media["example"] = examples.of(media["schema"])

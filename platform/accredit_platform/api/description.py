"""The OpenAPI document: what the application says of itself, with problems as they are sent."""

import copy
from typing import Any, Final

from fastapi import FastAPI
from pydantic import ConfigDict

from accredit_governance.documents import Document

ALWAYS: Final = (400, 401, 403, 404, 406, 409, 413, 422, 429, 503)
"""Statuses of refusals that any route may answer with."""


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


def described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI document of an application; refusals are `application/problem+json`."""
    document: dict[str, Any] = copy.deepcopy(app.openapi())
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
                    response["content"] = {"application/problem+json": {"schema": schema}}
    return document

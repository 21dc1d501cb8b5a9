"""The OpenAPI document: what the application says of itself, with problems as they are sent."""

import copy
from typing import Any, Final

from fastapi import FastAPI
from pydantic import ConfigDict
from pydantic.json_schema import models_json_schema

from accredit_governance.documents import Document

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


def described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI document of an application; refusals are `application/problem+json`."""
    document: dict[str, Any] = copy.deepcopy(app.openapi())
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    stated = models_json_schema([(Problem, "serialization")], ref_template=_SCHEMAS + "{model}")
    schemas.update(stated[1]["$defs"])
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = {"$ref": f"{_SCHEMAS}{Problem.__name__}"}
                    response["content"] = {"application/problem+json": {"schema": schema}}
    return document

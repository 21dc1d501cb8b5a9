"""The reference of the API: every operation, as the document describes it."""

import json
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from accredit_platform.api.description import described
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.web.rendering import render

router = APIRouter()

_METHODS: Final = ("get", "post", "put", "patch", "delete")


@router.get("/reference")
@needs(SIGNED_IN)
def reference(request: Request) -> Response:
    """What programs can ask and do here."""
    document = json.loads(described(request.app))
    found = sorted(_operations(document), key=lambda operation: operation["tag"])
    told = {tag["name"]: tag["description"] for tag in document["tags"]}
    groups = [
        (name, told[name], list(operations))
        for name, operations in groupby(found, key=lambda operation: operation["tag"])
    ]
    return render(request, "reference.html", groups=groups)


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:  # Any: plain JSON data
    return [
        {
            "method": method.upper(),
            "path": path,
            "tag": operation["tags"][0],
            "name": operation["operationId"],
            "summary": operation["summary"],
            "needs": operation.get("x-permission"),
            "public": not operation["security"],
            "deprecated": operation.get("deprecated", False),
            "parameters": operation.get("parameters", []),
            "example": _example(operation),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    ]


def _example(operation: dict[str, Any]) -> str | None:
    """The body to send, as one reads it."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        example = media.get("example")
        if isinstance(example, str):
            return example
        return json.dumps(example, indent=2, ensure_ascii=False)
    return None

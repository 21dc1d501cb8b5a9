"""The least that a request may say, made from the schemas that the API publishes."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]


def least_body(document: Json, operation: Json, known: Mapping[str, str] | None = None) -> Any:
    """Body of an operation with what it must say.

    Args:
        document: the OpenAPI document.
        operation: of the document.
        known: identifiers by the name of the field that they belong in; others are unknown ones.
    """
    stated = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return _least(document, stated["schema"], known or {}, "") if stated else {}


def _least(document: Json, schema: Json, known: Mapping[str, str], field: str) -> Any:
    if "$ref" in schema:
        named = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        return _least(document, named, known, field)
    if "anyOf" in schema or "oneOf" in schema:
        return _least(document, (schema.get("anyOf") or schema["oneOf"])[0], known, field)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {
                name: _least(document, schema["properties"][name], known, name)
                for name in schema.get("required", ())
            }
        case "array":
            item = _least(document, schema["items"], known, field)
            return [item] * schema.get("minItems", 0)
        case "integer" | "number":
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 0.5)
        case "boolean":
            return False
    return _text(schema, known, field)


def _text(schema: Json, known: Mapping[str, str], field: str) -> str:
    soon = datetime.now(UTC) + timedelta(days=30)
    formats = {
        "uuid": known.get(field, str(uuid.uuid4())),
        "date-time": soon.isoformat(),
        "date": soon.date().isoformat(),
    }
    if "format" in schema:
        return formats.get(schema["format"], "x")
    if "64" in schema.get("pattern", ""):
        return "0" * 64
    return "x" * max(schema.get("minLength", 1), min(20, schema.get("maxLength", 20)))

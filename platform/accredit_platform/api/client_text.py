"""Types of the Python client, as they are written from JSON Schemas."""

import enum
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel

FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "uuid": ("UUID", "str"),
    "date-time": ("datetime", "str"),
    "date": ("date", "str"),
}
PLAIN: Final[Mapping[str, str]] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "Mapping[str, Any]",
    "null": "None",
}
KINDS: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}


class Known:
    """Classes of governance that schemas may be named after."""

    def __init__(self) -> None:
        self.classes: dict[str, type] = {}
        self._seen: set[Any] = set()

    def learn(self, hint: Any) -> None:  # Any: a type
        """Remember the documents and closed sets that a type speaks of."""
        if hint in self._seen:
            return
        self._seen.add(hint)
        if isinstance(hint, type) and issubclass(hint, BaseModel | enum.Enum):
            if hint.__module__.startswith("accredit_governance."):
                self.classes.setdefault(hint.__name__, hint)
            if issubclass(hint, BaseModel):
                for field in hint.model_fields.values():
                    self.learn(field.annotation)
        for inner in get_args(hint):
            if not isinstance(inner, list | str | int | float | dict):
                self.learn(inner)


def python_type(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], known: Known
) -> tuple[str, ...]:
    """What a caller may give for a schema: the members of a union."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        found = known.classes.get(name)
        if found is None:
            inner = schemas[name]
            return ("Record",) if "properties" in inner else python_type(inner, schemas, known)
        return (name, "str" if issubclass(found, enum.Enum) else "Record")
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            members = [python_type(part, schemas, known) for part in schema[union]]
            return tuple(dict.fromkeys(name for member in members for name in member))
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices:
        return (f"Literal[{', '.join(map(literal, choices))}]",)
    kind = schema.get("type")
    if kind == "array":
        inner = python_type(schema.get("items", {}), schemas, known)
        return (f"Sequence[{' | '.join(inner)}]",)
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return (PLAIN.get(str(kind), "Any"),)


def kind_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """How a value is read from a command line."""
    if "$ref" in schema:
        return kind_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            kinds = {kind_of(part, schemas) for part in schema[union] if part.get("type") != "null"}
            return kinds.pop() if len(kinds) == 1 else "json"
    if schema.get("enum") or "const" in schema:
        return "text"
    kind = str(schema.get("type"))
    if kind == "array":
        return "list" if kind_of(schema.get("items", {}), schemas) == "text" else "json"
    return KINDS.get(kind, "json")


def literal(value: object) -> str:
    """A value as Python source, in double quotes, on one line."""
    if not isinstance(value, str):
        return repr(value)
    text = " ".join(value.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

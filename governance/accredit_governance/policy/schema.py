"""JSON Schema of a policy, for editors: they complete fields, and explain them, from docstrings."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel

from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy

SCHEMA_FILE: Final = "policy.schema.json"
"""Where the shipped policies lie, so that their first line can name it."""


def policy_schema() -> dict[str, Any]:  # JSON Schema is open by nature
    """JSON Schema (2020-12) of a policy file, with a description of every field."""
    schema = Policy.model_json_schema()
    described = {model.__name__: model for model in _models(Policy)} | {
        spec.__name__: spec for spec in CHECKS.values()
    }
    for name, model in described.items():
        part = schema if model is Policy else schema["$defs"][name]
        part["description"] = _summary(model)
        texts = field_descriptions(model)
        for field, told in part["properties"].items():
            told.pop("title", None)
            if field in texts:
                told["description"] = texts[field]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Accredit policy",
        **{key: part for key, part in schema.items() if key != "title"},
    }


def schema_text() -> str:
    """The schema as the file that is shipped."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """What the docstrings of a model and of those it builds on say about each field."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            found |= dict(_attributes(vars(kind).get("__doc__") or ""))
    return found


def _attributes(docstring: str) -> Iterator[tuple[str, str]]:
    """Entries of the section `Attributes:`, each as one line."""
    _, _, section = inspect.cleandoc(docstring).partition("\nAttributes:\n")
    section = re.split(r"\n(?=\S)", section)[0]
    for entry in re.split(r"\n(?= {4}\w)", f"\n{section}"):
        name, colon, text = entry.strip().partition(":")
        if colon:
            yield name, " ".join(text.split())


def _summary(model: type[BaseModel]) -> str:
    """The docstring of a model without its list of fields."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\nAttributes:")[0].split())


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and those inside it, the checks left out."""
    yield model
    for name, field in model.model_fields.items():
        if name != "gates":
            for inner in _named(field.annotation):
                yield from _models(inner)


def _named(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _named(inner)

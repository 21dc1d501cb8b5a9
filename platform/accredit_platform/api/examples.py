"""Examples in the document: one for each body and answer, made from its schema.

Values follow the names of fields, so that an example reads like a record of the mortgage desk that
the demo plays; where a schema says more than its form, `WHOLE` holds the example as it is. A test
validates every one of them against the model that it is an example of.
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]  # Any: JSON Schema

DEEPEST: Final = 12
TIME: Final = "2026-11-22T10:30:00Z"
DAY: Final = "2027-03-31"
NAME_PATTERN: Final = "^[a-z0-9][a-z0-9._-]{0,62}$"
WORDS: Final[Mapping[str, Any]] = {
    "action": "model_version.approved",
    "alias": "champion",
    "code": "not_found",
    "column": "debt_to_income",
    "comment": "Read and agreed.",
    "description": "The loan desk asks for a second opinion on thin files.",
    "detail": "there is nothing at this address",
    "domain": "consumer_credit",
    "email": "vera@bank.example",
    "environment": "production",
    "family": "lightgbm",
    "feature": "debt_to_income",
    "instance": "/api/v1/projects/01a2064a-c972-71dc-b2a6-d166170b4d78",
    "kind": "train",
    "message": "Fold 3 of 5",
    "metric": "roc_auc",
    "model": "mortgage-approval",
    "model_name": "mortgage-approval",
    "name": "mortgage-approval",
    "password": "correct horse battery staple",
    "pointer": "/name",
    "purpose": "Decide on applications for mortgages.",
    "rationale": "All gates passed; limits are stated on the card.",
    "reason": "A newer version takes its place.",
    "resource": "/api/v1/runs/01a2064a-c972-71dc-b2a6-d166170b4d78",
    "role": "validator",
    "share": 0.5,
    "state": "active",
    "target": "approved",
    "text": "Looks right to me.",
    "ticket": "sgt_6lZb3nUO1rYw8Wc0",
    "title": "Mortgage approvals",
    "token": "acc_1fJx8Qm2",
    "token_name": "nightly-scoring",
    "type": "urn:accredit:problem:not_found",
}
"""What a field of this name is likely to hold."""
WHOLE: Final[Mapping[str, Any]] = {
    "UseCaseTerms": {
        "title": "Mortgage approvals",
        "purpose": "Recommend whether to grant a mortgage; a loan officer decides.",
        "prohibited_uses": ["Pricing", "Marketing"],
        "permitted_purposes": ["origination"],
        "domain": "consumer_credit",
        "jurisdictions": ["us", "us-ca"],
        "task": "binary",
        "target": "approved",
        "favourable": 1,
        "sensitive_features": [{"column": "race", "origin": "self_reported"}],
    },
    "ExternalTerms": {
        "kind": "lightgbm",
        "origin": {
            "author": "Northwind Scoring, Inc.",
            "tool": "LightGBM 4.6",
            "statement": "Trained in May 2026 on applications of 2023 to 2025.",
        },
        "contract": {
            "columns": [{"name": "debt_to_income", "kind": "numeric"}],
            "classes": [0, 1],
            "threshold": 0.5,
        },
    },
    "RunSpec": {
        "metric": "roc_auc",
        "time_budget_s": 600,
        "families": ["linear", "boosting"],
        "monotone": {"debt_to_income": -1},
        "class_weight": "balanced",
        "holdout_share": 0.25,
    },
}
"""Examples of schemas, by their name, that cannot be made from the form alone."""


class Examples:
    """Makes examples for the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def of(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """A value that the schema describes.

        Args:
            schema: JSON Schema as FastAPI writes it.
            name: of the field that holds the value.
            depth: how far inside the example it lies.
        """
        if "$ref" in schema:
            title = str(schema["$ref"]).rsplit("/", 1)[-1]
            if title in WHOLE:
                return WHOLE[title]
            return self.of(self._schemas[title], name, depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            wanted = WORDS.get(name)
            return wanted if wanted in schema["enum"] else schema["enum"][0]
        if schema.get("examples"):
            return schema["examples"][0]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self._of_choice(schema[choice], name, depth)
        return self._of_type(schema, name, depth)

    def _of_choice(self, choices: list[Schema], name: str, depth: int) -> Any:
        real = [choice for choice in choices if choice.get("type") != "null"]
        if len(real) < len(choices) and depth > DEEPEST:
            return None
        return self.of(real[0], name, depth)

    def _of_type(self, schema: Schema, name: str, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._of_object(schema, depth)
            case "array":
                return self._of_array(schema, name, depth)
            case "string":
                return _text(schema, name)
            case "integer":
                return _number(schema, name, 1)
            case "number":
                return _number(schema, name, 0.5)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return {}

    def _of_object(self, schema: Schema, depth: int) -> Any:
        if "properties" in schema:
            needed = schema.get("required", ()) if depth > DEEPEST else schema["properties"]
            return {
                name: self.of(inner, name, depth + 1)
                for name, inner in schema["properties"].items()
                if name in needed
            }
        inner = schema.get("additionalProperties")
        if not isinstance(inner, Mapping) or not inner:
            return {"debt_to_income": 31.5} if inner else {}
        names = schema.get("propertyNames", {})
        names = self._schemas[names["$ref"].rsplit("/", 1)[-1]] if "$ref" in names else names
        name = names.get("enum", [names.get("const", "debt_to_income")])[0]
        return {name: self.of(inner, "value", depth + 1)}

    def _of_array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.of(inner, name, depth + 1) for inner in schema["prefixItems"]]
        count = max(int(schema.get("minItems", 1)), 0 if depth > DEEPEST else 1)
        return [self.of(schema.get("items", {}), name, depth + 1)] * count


def _text(schema: Schema, name: str) -> str:
    match schema.get("format"):
        case "uuid":
            return _identifier(name)
        case "date-time":
            return TIME
        case "date":
            return DAY
        case "binary":
            return "debt_to_income,loan_to_value\n31.5,0.8\n"
    pattern = schema.get("pattern", "")
    if "[0-9a-f]{64}" in pattern:
        return hashlib.sha256(name.encode()).hexdigest()
    if pattern == NAME_PATTERN and not isinstance(WORDS.get(name), str):
        return name.replace("_", "-") or "first"
    text = WORDS.get(name, name.replace("_", " ") or "text")
    shown = text if isinstance(text, str) else str(text)
    return shown.ljust(int(schema.get("minLength", 0)), ".")[: schema.get("maxLength")]


def _number(schema: Schema, name: str, usual: float) -> Any:
    wanted = WORDS.get(name, usual)
    value = wanted if isinstance(wanted, int | float) else usual
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is not None and value <= least:
        value = least if "minimum" in schema else least + 1
    if most is not None and value >= most:
        value = most if "maximum" in schema else (most + (least or 0)) / 2
    return int(value) if schema.get("type") == "integer" else value


def _identifier(name: str) -> str:
    """A UUIDv7 that is the same for fields of one name."""
    rest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    whole = (0x01A2064AC972 << 80) | (rest & ((1 << 80) - 1))
    whole = (whole & ~(0xF << 76)) | (0x7 << 76)
    return str(uuid.UUID(int=(whole & ~(0x3 << 62)) | (0x2 << 62)))

"""What the Python client's methods are written from: each operation of the API, as it is described.

An operation belongs to the noun that
its path ends with where that noun has addresses of its own (`/projects/{id}/use-cases` makes
`use_cases`), else to the noun that its path begins with. Its method is the operation's name
without that noun (`create_use_case` makes `use_cases.create`).
"""

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_type_hints

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from accredit_platform.api.client_text import Known, kind_of, python_type
from accredit_platform.api.deprecation import DEPRECATED
from accredit_platform.app import RESOURCES

OTHER_PROTOCOLS: Final = ("/scim", "/oauth", "/.well-known")
"""Spoken by programs of others; not by this client's methods."""
CALLS: Final[Mapping[str, str]] = {
    "bind_role": "role_bindings.create",
    "change_alias": "alias_changes.create",
    "create_approval_comment": "approval_requests.create_comment",
    "decide_access": "access_requests.decide",
    "deploy": "deployments.create",
    "export_audit_trail": "audit_exports.create",
    "get_checkpoint": "audit_checkpoints.get",
    "get_latest_checkpoint": "audit_checkpoints.get_latest",
    "get_model_card": "model_versions.get_card",
    "get_model_card_html": "model_versions.get_card_html",
    "get_model_card_markdown": "model_versions.get_card_markdown",
    "list_approval_comments": "approval_requests.list_comments",
    "list_my_tasks": "me.tasks",
    "list_version_conditions": "model_versions.list_conditions",
    "predict": "deployments.predict_rows",
    "predict_by_champion": "models.predict_rows",
    "repeat_gates": "model_versions.repeat_gates",
    "request_access": "access_requests.create",
    "resolve_policy": "policies.resolve",
    "revoke_access": "access_grants.revoke",
    "simulate_policy": "policy_simulations.create",
    "take_role": "role_bindings.revoke",
    "upload_dataset_version": "dataset_versions.upload",
}
"""Methods with a name of their own."""
OWN: Final[Mapping[str, str]] = {"Operation": "accredit_platform.client.operations"}
"""Documents of the platform that the client has a class of its own for, and its module."""
PAGED: Final = frozenset({"page_token"})


@dataclass(frozen=True, slots=True)
class Answered:
    """Class that the client reads an answer into."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One value that a method takes."""

    name: str
    place: str
    kind: str
    types: tuple[str, ...]
    required: bool
    about: str

    @property
    def argument(self) -> str:
        """Its name in Python."""
        return _name(self.name)

    @property
    def parameter(self) -> str:
        """As it stands in a signature."""
        types = self.types if self.required else (*self.types, "None")
        unique = dict.fromkeys(types)
        return f"{self.argument}: {' | '.join(unique)}" + ("" if self.required else " = None")


@dataclass(frozen=True, slots=True)
class Described:
    """One operation, as the modules are written from it."""

    id: str
    method: str
    path: str
    about: str
    group: str
    name: str
    form: str
    answer: Answered | None
    deprecated: bool
    taken: tuple[Taken, ...] = ()
    media: tuple[str, ...] = ()

    @property
    def constant(self) -> str:
        """Name in the table."""
        return self.id.upper()

    @property
    def type_of_answer(self) -> str:
        """What the method answers, or what its list holds."""
        plain = {"json": "Record", "bytes": "bytes", "nothing": "None"}
        if self.answer is not None:
            return self.answer.name
        return plain.get(self.form, "Record")


def operations(known: Known) -> Iterator[Described]:
    """Every operation that the client has a method for; `known` learns the classes they name."""
    app = FastAPI()
    api = APIRouter()
    for module in RESOURCES:
        api.include_router(module.router)
    app.include_router(api)
    document = app.openapi()
    endpoints = {
        route.operation_id: route.endpoint
        for module in RESOURCES
        for route in module.router.routes
        if isinstance(route, APIRoute)
    }
    nouns = {path.split("/")[1] for path in document["paths"]}
    for path, methods in document["paths"].items():
        if path.startswith(OTHER_PROTOCOLS):
            continue
        for method, operation in methods.items():
            if method == "head" or _is_stream(operation):
                continue
            hints = get_type_hints(endpoints[operation["operationId"]])
            for hint in hints.values():
                known.learn(hint)
            yield _described(method, path, operation, hints.get("return"), document, nouns, known)


def _is_stream(operation: Mapping[str, Any]) -> bool:
    return any("text/event-stream" in r.get("content", {}) for r in operation["responses"].values())


def _described(
    method: str,
    path: str,
    operation: Mapping[str, Any],
    answer: Any,  # Any: a type
    document: Mapping[str, Any],
    nouns: set[str],
    known: Known,
) -> Described:
    group, name = _call(path, operation["operationId"], nouns)
    form, item = _answer(answer)
    parts = [operation.get("summary", ""), operation.get("description", "")]
    return Described(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        about=next((part for part in reversed(parts) if part), "").strip(),
        group=group,
        name=name,
        form=form,
        answer=item,
        deprecated=(method.upper(), path) in DEPRECATED,
        taken=tuple(_taken(operation, document, known)),
        media=_media(operation),
    )


def _call(path: str, operation_id: str, nouns: set[str]) -> tuple[str, str]:
    """Group and method of an operation."""
    if operation_id in CALLS:
        group, _, name = CALLS[operation_id].partition(".")
        return group, name
    words = (step.partition(".")[0] for step in path.split("/"))
    steps = [word for word in words if word and not word.startswith("{")]
    first, last = steps[0], steps[-1]
    compound = f"{_singular(first)}-{last}"
    own = next((noun for noun in (compound, last) if noun in nouns and first != "me"), first)
    group = own.replace("-", "_")
    name = operation_id
    for noun in (group, _singular(group)):
        name = re.sub(rf"_{noun}(?=_|$)", "", name)
    if group == "me":
        name = name.replace("_my_", "_")
    return group, _name(name)


def _name(word: str) -> str:
    return f"{word}_" if keyword.iskeyword(word) else word


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith("sses") else noun.removesuffix("s")


def _answer(answer: Any) -> tuple[str, Answered | None]:  # Any: a type
    """Form of an answer, and its document class where governance has one."""
    if answer is None or answer is type(None):
        return "nothing", None
    if not isinstance(answer, type):
        return "json", None
    if issubclass(answer, BaseModel):
        if {"items", "next_page_token"} <= set(answer.model_fields):
            (item,) = get_args(answer.model_fields["items"].annotation)[:1]
            return "page", _class_of(item)
        found = _class_of(answer)
        return ("document", found) if found else ("json", None)
    return ("json", None) if issubclass(answer, dict) else ("bytes", None)


def _class_of(answer: Any) -> Answered | None:  # Any: a type
    """Class that the client reads an answer into; None: it stays plain JSON."""
    module, name = str(getattr(answer, "__module__", "")), str(getattr(answer, "__name__", ""))
    if module.startswith("accredit_governance."):
        return Answered(module, name)
    is_own = module.startswith("accredit_platform.api.") and name in OWN
    return Answered(OWN[name], name) if is_own else None


def _media(operation: Mapping[str, Any]) -> tuple[str, ...]:
    """Media types of the file that an operation takes; none when it takes JSON."""
    content = tuple(operation.get("requestBody", {}).get("content", ()))
    return () if "application/json" in content else content


def _taken(
    operation: Mapping[str, Any], document: Mapping[str, Any], known: Known
) -> Iterator[Taken]:
    schemas = document["components"]["schemas"]
    seen: set[str] = set()
    for parameter in operation.get("parameters", ()):
        if parameter["in"] in {"path", "query"} and parameter["name"] not in PAGED:
            seen.add(parameter["name"])
            yield _value(
                parameter["name"],
                parameter["in"],
                parameter["schema"],
                schemas,
                known,
                required=bool(parameter.get("required")),
                about=parameter.get("description", ""),
            )
    if _media(operation):
        types = ("bytes", "PathLike[str]")
        yield Taken("content", "content", "text", types, required=True, about="the file")
        return
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    body = schemas[body["$ref"].rsplit("/", 1)[1]] if "$ref" in body else body
    demanded = set(body.get("required", ()))
    for name, schema in body.get("properties", {}).items():
        if name not in seen:
            yield _value(name, "body", schema, schemas, known, required=name in demanded)


def _value(
    name: str,
    place: str,
    schema: Mapping[str, Any],
    schemas: Mapping[str, Any],
    known: Known,
    *,
    required: bool,
    about: str = "",
) -> Taken:
    types = python_type(schema, schemas, known)
    about = about or str(schema.get("description", ""))
    if not about and types[0] in known.classes and "Record" in types:
        about = f"fields of `{types[0]}`"
    return Taken(name, place, kind_of(schema, schemas), types, required, about)

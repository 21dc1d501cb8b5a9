"""The source of the Python client's methods, written from the routes of the API.

`make client` writes it; a test demands that it is current. An operation belongs to the noun that
its path ends with where that noun has addresses of its own (`/projects/{id}/use-cases` makes
`use_cases`), else to the noun that its path begins with. Its method is the operation's name
without that noun (`create_use_case` makes `use_cases.create`).
"""

import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from accredit_platform.api.client_text import Known, kind_of, literal, python_type
from accredit_platform.api.description import described
from accredit_platform.app import RESOURCES

FOLDER: Final = Path(__file__).parents[1] / "client"
HEAD: Final = '"""{}\n\nWritten by `make client` from the routes; do not change it by hand.\n"""\n'
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


def written() -> dict[Path, str]:
    """The generated modules: file and text."""
    known = Known()
    operations = sorted(_operations(known), key=lambda found: (found.group, found.name))
    calls = [f"{found.group}.{found.name}" for found in operations]
    if twice := sorted({call for call in calls if calls.count(call) > 1}):
        raise ValueError(f"two operations would be {', '.join(twice)}; name one in CALLS")
    texts = {
        "table.py": _table(operations),
        "resources.py": _resources(operations, known, asynchronous=False),
        "async_resources.py": _resources(operations, known, asynchronous=True),
    }
    return {FOLDER / name: _formatted(text, name) for name, text in texts.items()}


def _operations(known: Known) -> Iterator[Described]:
    app = FastAPI()
    api = APIRouter()
    for module in RESOURCES:
        api.include_router(module.router)
    app.include_router(api)
    document = described(app)
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


def _described(  # noqa: PLR0913, RUF100  everything that is said of one operation
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
        deprecated=bool(operation.get("deprecated")),
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
                bool(parameter.get("required")),
                schemas,
                known,
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
            yield _value(name, "body", schema, name in demanded, schemas, known)


def _value(
    name: str,
    place: str,
    schema: Mapping[str, Any],
    required: bool,  # noqa: FBT001, RUF100  said once, just above
    schemas: Mapping[str, Any],
    known: Known,
    about: str = "",
) -> Taken:
    types = python_type(schema, schemas, known)
    kind = kind_of(schema, schemas)
    return Taken(name, place, kind, types, required, about or str(schema.get("description", "")))


def _table(operations: list[Described]) -> str:
    imports: dict[str, set[str]] = {}
    lines = []
    for found in operations:
        if found.answer is not None:
            imports.setdefault(found.answer.module, set()).add(found.answer.name)
        values = ", ".join(_entry(taken) for taken in found.taken)
        answer = f"{found.answer.module}:{found.answer.name}" if found.answer else ""
        words = [
            repr(found.id),
            repr(found.method),
            repr(found.path),
            f"about={literal(found.about)}",
            f'call="{found.group}.{found.name}"',
            f"form={found.form!r}",
            f"answer={answer!r}" if answer else "",
            f"values=({values},)" if values else "",
            f"media={found.media!r}" if found.media else "",
            "deprecated=True" if found.deprecated else "",
        ]
        body = ", ".join(word for word in words if word)
        lines.append(
            f"{found.constant}: Final[Endpoint[{found.type_of_answer}]] = Endpoint({body})"
        )
    names = ", ".join(found.constant for found in operations)
    return (
        HEAD.format("Every endpoint of the API: where its values go, and what it answers.")
        + "from __future__ import annotations\n"
        + "from typing import TYPE_CHECKING, Any, Final\n"
        + "from accredit_platform.client.endpoint import Endpoint, Record, Value\n"
        + _imports(imports)
        + "\n".join(lines)
        + "\nENDPOINTS: Final[dict[str, Endpoint[Any]]] = "
        + f"{{endpoint.id: endpoint for endpoint in ({names})}}\n"
    )


def _entry(taken: Taken) -> str:
    words = [repr(taken.name), repr(taken.place)]
    if taken.kind != "text":
        words.append(repr(taken.kind))
    if taken.required:
        words.append("required=True")
    if taken.about:
        words.append(f"about={literal(taken.about)}")
    return f"Value({', '.join(words)})"


def _imports(imports: Mapping[str, set[str]]) -> str:
    lines = [
        f"    from {module} import {', '.join(sorted(names))}"
        for module, names in sorted(imports.items())
    ]
    return "if TYPE_CHECKING:\n" + "\n".join(lines) + "\n\n"


def _resources(operations: list[Described], known: Known, *, asynchronous: bool) -> str:
    prefix = "Async" if asynchronous else ""
    groups: dict[str, list[Described]] = {}
    for found in operations:
        groups.setdefault(found.group, []).append(found)
    text = "\n\n".join(_class(group, members, prefix) for group, members in groups.items())
    slots = "\n".join(f"        self.{group} = {prefix}{_title(group)}(calls)" for group in groups)
    imports: dict[str, set[str]] = {}
    answers = [found.answer for found in operations if found.answer is not None]
    classes = [Answered(cls.__module__, cls.__name__) for cls in known.classes.values()]
    for known_class in [*answers, *classes]:
        if re.search(rf"(?<![\"'`])\b{known_class.name}\b", text):
            imports.setdefault(known_class.module, set()).add(known_class.name)
    imports.setdefault("accredit_platform.client.endpoint", set()).add("Record")
    imports.setdefault("accredit_platform.client.listing", set()).add(f"{prefix}Listed")
    imports.setdefault("accredit_platform.client.calls", set()).add(f"{prefix}Calls")
    for word, module in {
        "UUID": "uuid",
        "datetime": "datetime",
        "date": "datetime",
        "PathLike": "os",
        "Sequence": "collections.abc",
        "Mapping": "collections.abc",
    }.items():
        if re.search(rf"\b{word}\b", text):
            imports.setdefault(module, set()).add(word)
    typing = sorted({"TYPE_CHECKING"} | set(re.findall(r"\b(Any|Literal)\b", text)))
    return (
        HEAD.format(f"What the {'asynchronous ' if asynchronous else ''}client can do, by noun.")
        + "from __future__ import annotations\n"
        + f"from typing import {', '.join(typing)}\n"
        + "from accredit_platform.client import table\n"
        + _imports(imports)
        + text
        + f'\n\nclass {prefix}Resources:\n    """Everything that can be called, by noun."""\n\n'
        + f"    def __init__(self, calls: {prefix}Calls) -> None:\n{slots}\n"
    )


def _class(group: str, operations: list[Described], prefix: str) -> str:
    words = group.replace("_", " ")
    methods = "\n\n".join(_method(found, prefix) for found in operations)
    return (
        f'class {prefix}{_title(group)}:\n    """{words.capitalize()}."""\n\n'
        f"    def __init__(self, calls: {prefix}Calls) -> None:\n        self._calls = calls\n\n"
        f"{methods}"
    )


def _method(found: Described, prefix: str) -> str:
    leading = [t for t in found.taken if t.place in {"path", "content"}]
    named = sorted(
        (t for t in found.taken if t.place in {"query", "body"}), key=lambda t: not t.required
    )
    parameters = ["self", *(t.parameter for t in leading)]
    if named:
        parameters += ["*", *(t.parameter for t in named)]
    values = ", ".join(f"{t.name!r}: {t.argument}" for t in found.taken)
    given = f"table.{found.constant}, {{{values}}}"
    is_list = found.form == "page"
    answer = f"{prefix}Listed[{found.type_of_answer}]" if is_list else found.type_of_answer
    start = "async def" if prefix and not is_list else "def"
    wait = "await " if prefix and not is_list else ""
    act = "list" if is_list else "send"
    call = f"self._calls.{act}({given})"
    body = f"{wait}{call}" if answer == "None" else f"return {wait}{call}"
    return (
        f"    {start} {found.name}({', '.join(parameters)}) -> {answer}:\n"
        f"        {_docstring(found)}\n        {body}"
    )


def _docstring(found: Described) -> str:
    about = _wrapped(found.about + (" Deprecated." if found.deprecated else ""))
    notes = [f"{t.argument}: {t.about}" for t in found.taken if t.about and t.place != "content"]
    lines = [*about, "", f"`{found.method} {found.path}`"]
    if notes:
        lines += ["", "Args:"] + [
            f"    {line}" for note in notes for line in _wrapped(note, 80, hanging="    ")
        ]
    text = "\n        ".join(line.replace("\\", "\\\\") for line in lines)
    return f'"""{text}\n        """'.replace("        \n", "\n")


def _wrapped(text: str, width: int = 84, *, hanging: str = "") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _title(group: str) -> str:
    return "".join(word.capitalize() for word in group.split("_"))


def _formatted(text: str, name: str) -> str:
    # Our own tool on our own text, both fixed.
    for command in (["check", "--fix", "--select", "I,F401", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(FOLDER / name), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name} cannot be formatted: {done.stderr}")
        text = done.stdout
    return text


def main() -> None:
    """Write the modules."""
    for file, text in written().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

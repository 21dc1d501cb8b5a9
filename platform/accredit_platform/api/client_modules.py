"""The modules of the Python client that are written from the routes of the API.

`make client` writes them; a test demands that they are current.
"""

import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from accredit_platform.api.client_source import Answered, Described, Taken, operations
from accredit_platform.api.client_text import Known, literal

FOLDER: Final = Path(__file__).parents[1] / "client"
HEAD: Final = '"""{}\n\nWritten by `make client` from the routes; do not change it by hand.\n"""\n'


def written() -> dict[Path, str]:
    """The generated modules: file and text."""
    known = Known()
    found = sorted(operations(known), key=lambda one: (one.group, one.name))
    calls = [f"{one.group}.{one.name}" for one in found]
    if twice := sorted({call for call in calls if calls.count(call) > 1}):
        raise ValueError(f"two operations would be {', '.join(twice)}; name one in CALLS")
    texts = {
        "table.py": _table(found),
        "resources.py": _resources(found, known, asynchronous=False),
        "async_resources.py": _resources(found, known, asynchronous=True),
    }
    return {FOLDER / name: _formatted(text, name) for name, text in texts.items()}


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

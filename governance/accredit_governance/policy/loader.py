"""From YAML to a policy.

Rules:
1. YAML 1.2 core scalars: only `true` and `false` are booleans; `no`, `on`, `off`, `yes` are text,
   and so is Norway. Dates stay text until the policy reads them.
2. A key occurs once. PyYAML would keep the last one silently.
3. No anchors, aliases or tags: a policy reads as it is written, and cannot grow when expanded.
4. At most `MAX_BYTES` long and `MAX_DEPTH` deep.
5. Every text is shown as it is: no control characters, no marks of direction.
"""

import itertools
import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from accredit_governance.errors import PolicyInvalid
from accredit_governance.policy.document import Policy
from accredit_governance.policy.problems import Loc, pointer, problems_of

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 12
_HIDDEN: Final = "holds characters that are not shown, such as escapes or marks of direction"


def parse(text: str | bytes) -> Policy:
    """The policy written in one YAML document.

    Raises:
        PolicyInvalid: it is no YAML, breaks a rule of this module, or is no valid policy; every
            problem is listed with its place.
    """
    return read(_plain(text))


def read(data: object) -> Policy:
    """The policy in plain data, as parsed from YAML or JSON.

    Raises:
        PolicyInvalid: the data is no valid policy; every problem is listed with its place.
    """
    if not isinstance(data, dict):
        raise _invalid("", "a policy is a mapping of fields, not a list, text or number")
    if hidden := list(_hidden(data, ())):
        raise PolicyInvalid(f"policy is invalid at {hidden[0]['pointer']}: {_HIDDEN}", hidden)
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        found = problems_of(error)
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        first = found[0]
        raise PolicyInvalid(
            f"policy is invalid at {first['pointer'] or '/'}: {first['detail']}{more}", found
        ) from error


def load(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        PolicyInvalid: see `parse`; the message names the file.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > MAX_BYTES:
        raise _invalid("", f"{path.name}: longer than {MAX_BYTES} bytes")
    try:
        return parse(path.read_bytes())
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{path.name}: {error.message}", error.problems) from error


def load_folder(path: Path) -> tuple[Policy, ...]:
    """All policies (`*.yaml`) of a folder, by name and version.

    Raises:
        PolicyInvalid: a file is invalid, two files hold the same name and version, or there is
            no policy at all.
    """
    policies = sorted((load(file) for file in sorted(path.glob("*.yaml"))), key=_identity)
    if not policies:
        raise _invalid("", f"no policy (*.yaml) in {path.name}")
    for first, second in itertools.pairwise(policies):
        if _identity(first) == _identity(second):
            raise _invalid("", f"policy {first.name} version {first.version} is there twice")
    return tuple(policies)


def _hidden(value: object, at: Loc) -> Iterator[Mapping[str, str]]:
    """Places whose text would not be seen as it is: control and direction characters.

    They could hide a change from the person who reads it in a terminal before publishing.
    """
    if isinstance(value, str) and not value.replace("\n", "").isprintable():
        yield {"pointer": pointer(at), "detail": _HIDDEN}
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _hidden(str(key), (*at, repr(str(key))))
            yield from _hidden(inner, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _hidden(inner, (*at, place))


def _identity(policy: Policy) -> tuple[str, int]:
    return policy.name, policy.version


def _invalid(pointer: str, detail: str) -> PolicyInvalid:
    return PolicyInvalid(f"policy is invalid: {detail}", [{"pointer": pointer, "detail": detail}])


def _plain(text: str | bytes) -> object:
    """Plain data of one YAML document."""
    size = len(text.encode()) if isinstance(text, str) else len(text)
    if size > MAX_BYTES:
        raise _invalid("", f"it is {size} bytes long; at most {MAX_BYTES} are allowed")
    try:
        loader = _StrictLoader(text)
        try:
            # One document of plain data; the type stubs leave the result open.
            data: object = loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise _invalid("", f"it is not readable YAML: {_where(error)}") from error
    return data


def _where(error: Exception) -> str:
    """What is wrong with the YAML, with line and column counted from 1."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader held to the rules of this module."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 -- replaces the table of YAML 1.1
    depth = 0

    def compose_node(
        self, parent: yaml.Node | None, index: yaml.Node | int | None
    ) -> yaml.Node | None:
        """Compose a node; aliases, anchors, tags and deep nesting are refused."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # untyped in the stubs
        if getattr(event, "anchor", None) is not None:
            raise _refused("anchors and aliases are not allowed in a policy", event)
        if getattr(event, "tag", None) is not None:
            raise _refused(f"tag {event.tag} is not allowed in a policy", event)
        if self.depth >= MAX_DEPTH:
            raise _refused(f"nested deeper than {MAX_DEPTH} levels", event)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)  # type: ignore[arg-type] # the stubs forbid the None that PyYAML itself passes
        self.depth -= 1
        return node

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: ARG002 -- PyYAML's signature; policies are always built deep
    ) -> dict[Hashable, object]:
        """Plain dictionary with text keys, each once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused("a key must be text", key)
            if key.value in seen:
                raise _refused(f"key '{key.value}' occurs twice", key)
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _refused(problem: str, at: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    mark: Any = at.start_mark  # the stubs keep two unrelated classes of marks
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _resolve(tag: str, pattern: str, first: str) -> None:
    _StrictLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first)
    )


def _decimal(loader: _StrictLoader, node: yaml.ScalarNode) -> int:
    """Integers are decimal; PyYAML would read 010 as eight."""
    return int(str(loader.construct_scalar(node)), 10)


_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN")
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
_resolve("int", r"^[-+]?[0-9]{1,18}$", "-+0123456789")
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _decimal)

"""PATCH of SCIM (RFC 7644 §3.5.2) on a resource as JSON: all operations, or none.

Beyond the RFC, because Entra ID and Okta do so: names of operations in any case; a value without
a path, whose keys may be paths themselves; `members` removed by a list of values.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from accredit_governance.directory.filters import (
    Both,
    Compare,
    Filter,
    InvalidFilter,
    Operator,
    fits,
    parse,
    parse_path,
)
from accredit_platform.scim.errors import ImmutableAttribute, InvalidPath, InvalidSyntax, NoTarget
from accredit_platform.scim.resources import GROUP_URN, USER_URN, Json, elements

MAX_OPERATIONS: Final = 250


@dataclass(frozen=True, slots=True)
class Kind:
    """What a resource consists of: names in lower case → as they are written.

    Attributes:
        simple: attributes with one value.
        parts: parts of attributes that have some.
        many: those of them that have many values.
        fixed: what clients only read.
        unused: what the schema knows and we read over.
    """

    urn: str
    simple: Mapping[str, str]
    parts: Mapping[str, Mapping[str, str]]
    many: frozenset[str]
    fixed: frozenset[str]
    unused: frozenset[str]


def _names(*names: str) -> Mapping[str, str]:
    return MappingProxyType({name.lower(): name for name in names})


USER: Final = Kind(
    urn=USER_URN,
    simple=_names("userName", "externalId", "displayName", "active"),
    parts=MappingProxyType(
        {
            "name": _names(
                "formatted",
                "givenName",
                "familyName",
                "middleName",
                "honorificPrefix",
                "honorificSuffix",
            ),
            "emails": _names("value", "type", "primary", "display"),
        }
    ),
    many=frozenset({"emails"}),
    fixed=frozenset({"id", "meta", "groups", "schemas"}),
    unused=frozenset(
        name.lower()
        for name in (
            *("nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale"),
            *("timezone", "password", "phoneNumbers", "ims", "photos", "addresses"),
            *("entitlements", "roles", "x509Certificates"),
        )
    ),
)
GROUP: Final = Kind(
    urn=GROUP_URN,
    simple=_names("externalId", "displayName"),
    parts=MappingProxyType({"members": _names("value", "type", "display", "$ref")}),
    many=frozenset({"members"}),
    fixed=frozenset({"id", "meta", "schemas"}),
    unused=frozenset(),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points to."""

    attribute: str
    chosen: Filter | None
    part: str | None


def patched(resource: Json, message: Mapping[str, Any], kind: Kind) -> Json:
    """The resource as it is after all operations of a PATCH message; the given one stays.

    Raises:
        InvalidSyntax: the message is no list of at most 250 operations.
        InvalidPath, InvalidFilter: a path names nothing that there is.
        NoTarget: a path fits no value, or a removal has no path.
        ImmutableAttribute: a path names what clients only read.
        InvalidInput: a value is unusable.
    """
    operations = {name.lower(): value for name, value in message.items()}.get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= MAX_OPERATIONS:
        raise InvalidSyntax(f"Operations is a list of 1 to {MAX_OPERATIONS} operations")
    changed = copy.deepcopy(resource)
    for operation in operations:
        if not isinstance(operation, dict):
            raise InvalidSyntax("an operation is an object with `op`, `path` and `value`")
        given = {name.lower(): value for name, value in operation.items()}
        _carry_out(changed, given, kind)
    return changed


def _carry_out(resource: Json, given: Mapping[str, Any], kind: Kind) -> None:
    verb, path, value = given.get("op"), given.get("path"), given.get("value")
    if not isinstance(verb, str) or verb.lower() not in {"add", "replace", "remove"}:
        raise InvalidSyntax("`op` is add, replace or remove")
    if path is not None and not isinstance(path, str):
        raise InvalidPath("`path` is a text")
    if path:
        target = _target(path, kind, explicit=True)
        if target is not None:
            _change(resource, verb.lower(), target, value, kind)
        return
    if verb.lower() == "remove":
        raise NoTarget("a removal names a path")
    if not isinstance(value, dict):
        raise InvalidSyntax("without a `path`, the `value` is an object")
    for name, part in value.items():
        target = _target(name, kind, explicit=False)
        if target is not None:
            _change(resource, verb.lower(), target, part, kind)


def _target(path: str, kind: Kind, *, explicit: bool) -> Target | None:
    """What a path points to; None: something that is read over."""
    head, bracket, rest = path.strip().partition("[")
    inside, closing, tail = rest.rpartition("]")
    if bracket and (not closing or (tail and not tail.startswith("."))):
        raise InvalidPath(f"the path {path[:100]} does not end its bracket")
    try:
        named = parse_path(f"{head}{tail}")
    except InvalidFilter as error:
        raise InvalidPath(f"the path {path[:100]} is none") from error
    if named.schema not in ("", kind.urn.lower()) or named.attribute in kind.unused:
        return None
    if named.attribute in kind.fixed:
        if explicit:
            raise ImmutableAttribute(f"{named.attribute} cannot be written")
        return None
    parts = kind.parts.get(named.attribute, {})
    known = named.attribute in kind.simple or named.attribute in kind.parts
    fitting = (named.sub is None or named.sub in parts) and (
        not bracket or named.attribute in kind.many
    )
    if not known and not explicit:
        return None
    if not known or not fitting:
        raise InvalidPath(f"there is nothing at the path {path[:100]}")
    return Target(
        attribute=named.attribute,
        chosen=parse(inside) if bracket else None,
        part=None if named.sub is None else parts[named.sub],
    )


def _change(resource: Json, verb: str, target: Target, value: Any, kind: Kind) -> None:
    if target.attribute in kind.simple:
        _put(resource, kind.simple[target.attribute], None if verb == "remove" else value)
    elif target.attribute in kind.many:
        held: list[Json] = list(resource.get(target.attribute, ()))
        change = _change_all if target.chosen is None else _change_chosen
        resource[target.attribute] = change(held, verb, target, value)
    elif target.part is not None:
        whole = resource.setdefault(target.attribute, {})
        _put(whole, target.part, None if verb == "remove" else value)
    elif verb == "remove":
        resource.pop(target.attribute, None)
    elif isinstance(value, dict):
        names = kind.parts[target.attribute]
        whole = resource.setdefault(target.attribute, {})
        for name, text in value.items():
            _put(whole, names.get(name.lower(), name), text)
    else:
        raise InvalidSyntax(f"the value of {target.attribute} is an object")


def _change_all(held: list[Json], verb: str, target: Target, value: Any) -> list[Json]:
    """All values of an attribute after an operation without a filter."""
    if target.part is not None:
        if not held and verb == "add":
            held = [{}]
        for element in held:
            _put(element, target.part, None if verb == "remove" else value)
        return held
    given = elements(value, target.attribute)
    if verb == "replace":
        return given
    keys = {element.get("value") for element in (held if verb == "add" else given)}
    if verb == "add":
        return held + [element for element in given if element.get("value") not in keys]
    return [element for element in held if element.get("value") not in keys] if given else []


def _change_chosen(held: list[Json], verb: str, target: Target, value: Any) -> list[Json]:
    """All values of an attribute after an operation on those that fit a filter."""
    if target.chosen is None:
        raise ValueError("the target has a filter")
    chosen = [element for element in held if fits(target.chosen, element)]
    if verb == "remove" and target.part is None:
        left = {id(element) for element in chosen}
        return [element for element in held if id(element) not in left]
    if not chosen and verb == "replace":
        raise NoTarget(f"no value of {target.attribute} fits the filter")
    if not chosen and verb == "add":
        chosen = [_asked_for(target.chosen)]
        held = held + chosen
    for element in chosen:
        if target.part is not None:
            _put(element, target.part, None if verb == "remove" else value)
            continue
        if not isinstance(value, dict):
            raise InvalidSyntax(f"a value of {target.attribute} is an object")
        if verb == "replace":
            element.clear()
        element.update(value)
    return held


def _asked_for(tree: Filter) -> Json:
    """An element that fits a filter of equations; of other filters, one without parts."""
    match tree:
        case Both(left, right):
            return _asked_for(left) | _asked_for(right)
        case Compare(path, Operator.EQ, value):
            return {path.attribute: value}
        case _:
            return {}


def _put(whole: Json, name: str, value: Any) -> None:
    if value is None:
        whole.pop(name, None)
    else:
        whole[name] = value

"""Which attributes of a resource are answered (RFC 7644 §3.9)."""

from collections.abc import Callable
from typing import Any, Final

from accredit_platform.scim.resources import Json

_ALWAYS: Final = frozenset({"id", "schemas"})


def projected(resource: Json, *, attributes: str | None, excluded: str | None) -> Json:
    """The part of a resource that is asked for.

    Args:
        resource: as JSON.
        attributes: names to answer, with commas; None: all.
        excluded: names to leave out, where `attributes` says nothing.
    """
    if attributes:
        return _only(resource, _names(attributes), always=_ALWAYS)
    if excluded:
        return _without(resource, _names(excluded))
    return resource


def _names(text: str) -> frozenset[str]:
    """Names in lower case, without their schema."""
    return frozenset(name.strip().lower().rpartition(":")[2] for name in text.split(","))


def _only(value: Json, names: frozenset[str], *, always: frozenset[str] = frozenset()) -> Json:
    found: Json = {}
    for name, held in value.items():
        inner = _inside(name, names)
        if name.lower() in names | always:
            found[name] = held
        elif inner:
            found[name] = _each(held, _only, inner)
    return found


def _without(value: Json, names: frozenset[str]) -> Json:
    return {
        name: _each(held, _without, inner) if (inner := _inside(name, names)) else held
        for name, held in value.items()
        if name.lower() not in names - _ALWAYS
    }


def _inside(name: str, names: frozenset[str]) -> frozenset[str]:
    """Parts that are named of one attribute."""
    start = f"{name.lower()}."
    return frozenset(asked.removeprefix(start) for asked in names if asked.startswith(start))


def _each(value: Any, cut: Callable[[Json, frozenset[str]], Json], names: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [cut(item, names) if isinstance(item, dict) else item for item in value]
    return cut(value, names) if isinstance(value, dict) else value

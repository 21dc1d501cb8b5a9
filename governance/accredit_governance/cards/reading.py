"""Reading plain JSON records that others wrote: a missing or odd value is absent, never an error.

NaN and infinity count as absent, so nothing read here can bring them into a card.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Record: TypeAlias = Mapping[str, object]


def at(record: Record, *paths: str) -> object:
    """Value of the first path (`settings.seed`) that leads to one; None when none does."""
    for path in paths:
        value: object = record
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def number(value: object) -> float | None:
    """A finite number, never a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def integer(value: object) -> int | None:
    """A whole number."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def count(value: object) -> int | None:
    """A whole number that is not negative."""
    found = integer(value)
    return found if found is not None and found >= 0 else None


def text(value: object) -> str | None:
    """Text that is not blank; numbers and booleans as text."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if math.isfinite(value) else None
    return None


def record(value: object) -> Record:
    """A mapping with text keys; empty for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return {str(key): item for key, item in value.items()}


def records(value: object) -> list[Record]:
    """The mappings in a list; empty for anything else."""
    return [record(item) for item in items(value) if isinstance(item, Mapping)]


def items(value: object) -> Sequence[object]:
    """A list or tuple; empty for anything else."""
    return value if isinstance(value, list | tuple) else ()


def plain(value: object) -> object:
    """The same value as JSON data: tuples as lists, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)

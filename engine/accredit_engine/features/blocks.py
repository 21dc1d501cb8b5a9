"""Blocks: how raw columns become one or more entries of a matrix.

A block writes into its slice of a zeroed matrix; NaN stands for missing. It owns no random state
and is its own JSON document. Whatever a row needs is worked out once, when the block is made: a
served row must not pay for it.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.schema import Table

_DAY_S: Final = 86_400.0


class Block(Protocol):
    """One or more neighbouring entries, made from the same raw columns.

    Attributes:
        quantity: Whether the entries are amounts that may be filled, clipped and scaled; the
            others are indicators and codes.
    """

    quantity: ClassVar[bool]

    @property
    def columns(self) -> tuple[str, ...]:
        """The raw columns that the entries are made from."""
        ...

    @property
    def width(self) -> int:
        """Number of entries."""
        ...

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width), which holds zeros."""
        ...

    def to_dict(self) -> dict[str, object]:
        """JSON form, with its `kind`."""
        ...


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """A number as it is."""

    kind: ClassVar[str] = "number"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        out[:, 0] = table.numbers[self.column]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column}


@dataclass(frozen=True, slots=True)
class OrdinalBlock:
    """An ordered category as its position, from 0; NaN for missing and unknown levels."""

    kind: ClassVar[str] = "ordinal"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        codes = table.codes[self.column]
        out[:, 0] = np.where(codes < 0, np.nan, codes)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column}


@dataclass(frozen=True, slots=True)
class MissingBlock:
    """1 where a number or time is missing, or an ordered category missing or unknown."""

    kind: ClassVar[str] = "missing"
    quantity: ClassVar[bool] = False
    width: ClassVar[int] = 1
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        out[:, 0] = is_missing(table, self.column)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column}


@dataclass(frozen=True, slots=True)
class DateBlock:
    """A time as days since 1970, year, month, day of month, day of week and hour, in UTC."""

    kind: ClassVar[str] = "date"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 6
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 6)."""
        seconds = table.numbers[self.column]
        known = ~np.isnan(seconds)
        out[~known] = np.nan
        whole = np.floor(seconds[known]).astype(np.int64).astype("datetime64[s]")
        days = whole.astype("datetime64[D]")
        months = whole.astype("datetime64[M]")
        since = days.astype(np.int64)
        out[known, 0] = seconds[known] / _DAY_S
        out[known, 1] = whole.astype("datetime64[Y]").astype(np.int64) + 1970
        out[known, 2] = months.astype(np.int64) % 12 + 1
        out[known, 3] = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
        out[known, 4] = (since + 3) % 7
        out[known, 5] = (whole - days.astype("datetime64[s]")).astype(np.int64) // 3600

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column}


@dataclass(frozen=True, slots=True)
class OneHotBlock:
    """One column per frequent level, then one for other levels and one for missing.

    `slots` holds the entry of each level code; rare and unknown levels share entry `width - 2`.
    """

    kind: ClassVar[str] = "one_hot"
    quantity: ClassVar[bool] = False
    column: str
    slots: tuple[int, ...]
    width: int
    _entries: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Codes -1 (missing) and -2 (unknown) index the two entries appended at the end."""
        entries = np.array([*self.slots, self.width - 2, self.width - 1], dtype=np.int64)
        object.__setattr__(self, "_entries", entries)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width), which must hold zeros."""
        codes = table.codes[self.column]
        out[np.arange(len(codes)), self._entries[codes]] = 1.0

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "column": self.column,
            "slots": list(self.slots),
            "width": self.width,
        }


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A category as a code for models that split sets of codes; NaN for missing or rare.

    `ranks` holds the code of each level, most frequent first; -1 marks levels too rare.
    """

    kind: ClassVar[str] = "code"
    quantity: ClassVar[bool] = False
    width: ClassVar[int] = 1
    column: str
    ranks: tuple[int, ...]
    _values: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Codes -1 and -2 index the two values appended at the end."""
        values = np.array([*self.ranks, -1, -1], dtype=np.float64)
        values[values < 0] = np.nan
        object.__setattr__(self, "_values", values)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        out[:, 0] = self._values[table.codes[self.column]]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column, "ranks": list(self.ranks)}


@dataclass(frozen=True, slots=True)
class LevelBlock:
    """A category as the position of its level; NaN for missing, -1 for a level never heard of.

    For models built elsewhere, which tell the two apart.
    """

    kind: ClassVar[str] = "level"
    quantity: ClassVar[bool] = False
    width: ClassVar[int] = 1
    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        codes = table.codes[self.column]
        out[:, 0] = np.where(codes == MISSING, np.nan, np.maximum(codes, -1))

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column}


def one_hot_block(
    column: str, codes: NDArray[np.int64], levels: int, *, min_count: int
) -> OneHotBlock:
    """Fit: levels with at least `min_count` training rows get an entry of their own."""
    counts = level_rows(codes, levels)
    frequent = [level for level in range(levels) if counts[level] >= min_count]
    entry = {level: position for position, level in enumerate(frequent)}
    other = len(frequent)
    return OneHotBlock(
        column, tuple(entry.get(level, other) for level in range(levels)), width=other + 2
    )


def code_block(column: str, codes: NDArray[np.int64], levels: int, *, min_count: int) -> CodeBlock:
    """Fit: levels ranked by training rows, ties by code."""
    counts = level_rows(codes, levels)
    order = sorted(range(levels), key=lambda level: (-counts[level], level))
    rank = {level: at for at, level in enumerate(order) if counts[level] >= min_count}
    return CodeBlock(column, tuple(rank.get(level, -1) for level in range(levels)))


def level_rows(codes: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """Rows (levels,) per level; missing and unknown ones are not counted."""
    return np.bincount(codes[codes > MISSING], minlength=levels).astype(np.int64)


def is_missing(table: Table, column: str) -> NDArray[np.bool_]:
    """Whether each row (n,) lacks a value; unknown levels and empty texts count as missing."""
    if column in table.numbers:
        return np.isnan(table.numbers[column])
    if column in table.codes:
        return table.codes[column] < 0
    return np.asarray(table.texts[column] == "", dtype=np.bool_)


def floats_to_json(values: NDArray[np.float64]) -> Any:  # Any: nested as deep as the array.
    """Nested lists; what is not finite becomes null."""
    if values.ndim > 1:
        return [floats_to_json(part) for part in values]
    return [float(value) if np.isfinite(value) else None for value in values]


def floats_from_json(document: Any, empty: float) -> NDArray[np.float64]:  # Any: as above.
    """Inverse of `floats_to_json`; null becomes `empty`."""
    values = np.array(document, dtype=np.float64)
    values[np.isnan(values)] = empty
    return values

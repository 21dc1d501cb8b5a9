"""Blocks: how one raw column becomes one or more entries of a matrix.

A block writes into its slice of a zeroed matrix; NaN stands for missing. It owns no random state
and is its own JSON document.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.schema import MISSING, Table

_SHRINKAGE_ROWS: Final = 10.0
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """A number as it is."""

    kind: ClassVar[str] = "number"
    column: str

    @property
    def width(self) -> int:
        """One entry."""
        return 1

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        out[:, 0] = table.numbers[self.column]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class MissingBlock:
    """1 where a number or time is missing."""

    kind: ClassVar[str] = "missing"
    column: str

    @property
    def width(self) -> int:
        """One entry."""
        return 1

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        out[:, 0] = np.isnan(table.numbers[self.column])

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class DateBlock:
    """A time as days since 1970, year, month, day of month, day of week and hour, in UTC."""

    kind: ClassVar[str] = "date"
    column: str

    @property
    def width(self) -> int:
        """Six entries."""
        return 6

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
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class OneHotBlock:
    """One column per frequent level, then one for other levels and one for missing.

    `slots` holds the entry of each level code; rare and unknown levels share entry `width - 2`.
    """

    kind: ClassVar[str] = "one_hot"
    column: str
    slots: tuple[int, ...]
    width: int

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width), which must hold zeros."""
        # Codes -1 (missing) and -2 (unknown) index the two entries appended at the end.
        entries = np.array([*self.slots, self.width - 2, self.width - 1], dtype=np.int64)
        codes = table.codes[self.column]
        out[np.arange(len(codes)), entries[codes]] = 1.0

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A category as a code for models that split sets of codes; NaN for missing or rare.

    `ranks` holds the code of each level, most frequent first; -1 marks levels too rare.
    """

    kind: ClassVar[str] = "code"
    column: str
    ranks: tuple[int, ...]

    @property
    def width(self) -> int:
        """One entry."""
        return 1

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        ranks = np.array([*self.ranks, -1, -1], dtype=np.float64)
        ranks[ranks < 0] = np.nan
        out[:, 0] = ranks[table.codes[self.column]]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class TargetBlock:
    """A category as the shrunk mean of each target signal, then the log of its training count.

    Shrinkage towards the overall mean as in Micci-Barreca (2001), with the weight of ten rows.
    `means` has one row per level and a last one for missing and unknown levels.
    """

    kind: ClassVar[str] = "target"
    column: str
    means: tuple[tuple[float, ...], ...]

    @property
    def levels(self) -> int:
        """Number of known levels."""
        return len(self.means) - 1

    @property
    def width(self) -> int:
        """One entry per signal and one for the count."""
        return len(self.means[0])

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width)."""
        means = np.array(self.means, dtype=np.float64)
        codes = table.codes[self.column]
        out[:] = means[np.where(codes < 0, self.levels, codes)]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, **asdict(self)}


Block: TypeAlias = NumberBlock | MissingBlock | DateBlock | OneHotBlock | CodeBlock | TargetBlock


def one_hot_block(
    column: str, codes: NDArray[np.int64], levels: int, *, min_count: int
) -> OneHotBlock:
    """Fit: levels with at least `min_count` training rows get an entry of their own."""
    counts = _counts(codes, levels)
    frequent = [level for level in range(levels) if counts[level] >= min_count]
    entry = {level: position for position, level in enumerate(frequent)}
    other = len(frequent)
    return OneHotBlock(
        column, tuple(entry.get(level, other) for level in range(levels)), width=other + 2
    )


def code_block(column: str, codes: NDArray[np.int64], levels: int, *, min_count: int) -> CodeBlock:
    """Fit: levels ranked by training rows, ties by code."""
    counts = _counts(codes, levels)
    order = sorted(range(levels), key=lambda level: (-counts[level], level))
    rank = {level: at for at, level in enumerate(order) if counts[level] >= min_count}
    return CodeBlock(column, tuple(rank.get(level, -1) for level in range(levels)))


def target_block(
    column: str, codes: NDArray[np.int64], levels: int, signals: NDArray[np.float64]
) -> TargetBlock:
    """Fit on training rows: `codes` (n,), `signals` (n, s)."""
    counts = _counts(codes, levels).astype(np.float64)
    known = codes > MISSING
    prior = signals.mean(axis=0)
    means = np.empty((levels + 1, signals.shape[1] + 1))
    for at in range(signals.shape[1]):
        sums = np.bincount(codes[known], weights=signals[known, at], minlength=levels)
        means[:levels, at] = (sums + _SHRINKAGE_ROWS * prior[at]) / (counts + _SHRINKAGE_ROWS)
    means[levels, :-1] = prior
    means[:levels, -1] = np.log1p(counts)
    means[levels, -1] = 0.0
    return TargetBlock(column, tuple(tuple(float(value) for value in row) for row in means))


def block_from_dict(document: Any) -> Block:  # Any: parsed JSON, checked by its digest.
    """Inverse of `to_dict` of any block."""
    fields = dict(document)
    return _READERS[fields.pop("kind")](fields)


def _counts(codes: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    return np.bincount(codes[codes > MISSING], minlength=levels).astype(np.int64)


_READERS: Final[Mapping[str, Callable[[Any], Block]]] = {  # Any: as for block_from_dict.
    "number": lambda fields: NumberBlock(**fields),
    "missing": lambda fields: MissingBlock(**fields),
    "date": lambda fields: DateBlock(**fields),
    "one_hot": lambda fields: OneHotBlock(
        fields["column"], tuple(fields["slots"]), fields["width"]
    ),
    "code": lambda fields: CodeBlock(fields["column"], tuple(fields["ranks"])),
    "target": lambda fields: TargetBlock(
        fields["column"], tuple(tuple(row) for row in fields["means"])
    ),
}

"""Blocks of derived features: made from one or more raw columns, learned on training rows only.

What cannot be computed (a division by zero, an overflow, a missing parent) is missing.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.schema import Table
from accredit_engine.features.blocks import (
    floats_from_json,
    floats_to_json,
    is_missing,
    level_rows,
)

Arithmetic: TypeAlias = Literal["ratio", "difference", "product"]
Shape: TypeAlias = Literal["square", "log"]

_DAY_S: Final = 86_400.0
_EPOCH_WEEKDAY: Final = 3
"""1970 began on a Thursday; Monday is 0."""

_BINS: Final = 8
_RANKS: Final = np.linspace(0.1, 0.9, 9)
_GROUP_SHRINKAGE_ROWS: Final = 5.0
_MAX_GROUPS: Final = 2_000


@dataclass(frozen=True, slots=True)
class CycleBlock:
    """A time on its circles: sine and cosine of the day of the year, of the week and of the hour.

    Then 1 on Saturdays and Sundays, and the minute of the day; all in UTC.
    """

    kind: ClassVar[str] = "cycle"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 8
    columns: tuple[str]

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 8)."""
        seconds = table.numbers[self.columns[0]]
        known = np.where(np.isnan(seconds), 0.0, np.floor(seconds))
        days = known.astype(np.int64).astype("datetime64[s]").astype("datetime64[D]")
        year_days = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
        weekday = (days.astype(np.int64) + _EPOCH_WEEKDAY) % 7
        minutes = np.floor(known % _DAY_S / 60)
        turns = np.stack([year_days / 366, weekday / 7, minutes / 1440]) * (2 * np.pi)
        out[:, 0:6:2] = np.sin(turns).T
        out[:, 1:6:2] = np.cos(turns).T
        out[:, 6] = weekday >= 5
        out[:, 7] = minutes
        out[np.isnan(seconds)] = np.nan

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "columns": list(self.columns)}


@dataclass(frozen=True, slots=True)
class DaysBetweenBlock:
    """Days from the second time to the first."""

    kind: ClassVar[str] = "days_between"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    columns: tuple[str, str]

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        first, second = (table.numbers[name] for name in self.columns)
        out[:, 0] = (first - second) / _DAY_S

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "columns": list(self.columns)}


@dataclass(frozen=True, slots=True)
class ArithmeticBlock:
    """Ratio, difference or product of two numbers."""

    kind: ClassVar[str] = "arithmetic"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    columns: tuple[str, str]
    operation: Arithmetic

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        first, second = (table.numbers[name] for name in self.columns)
        with np.errstate(all="ignore"):
            if self.operation == "ratio":
                values = first / second
            elif self.operation == "difference":
                values = first - second
            else:
                values = first * second
        out[:, 0] = np.where(np.isfinite(values), values, np.nan)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "columns": list(self.columns), "operation": self.operation}


@dataclass(frozen=True, slots=True)
class ShapeBlock:
    """The square of the distance to the training median, or sign · log(1 + |value|)."""

    kind: ClassVar[str] = "shape"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    columns: tuple[str]
    shape: Shape
    centre: float

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        values = table.numbers[self.columns[0]]
        if self.shape == "log":
            out[:, 0] = np.sign(values) * np.log1p(np.abs(values))
            return
        with np.errstate(over="ignore"):
            squares = (values - self.centre) ** 2
        out[:, 0] = np.where(np.isinf(squares), np.nan, squares)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "shape": self.shape,
            "centre": self.centre,
        }


@dataclass(frozen=True, slots=True)
class BinBlock:
    """One entry per bin of a number; all are 0 when it is missing.

    `edges` are the inner limits, ascending; a value on a limit belongs to the bin above.
    """

    kind: ClassVar[str] = "bins"
    quantity: ClassVar[bool] = False
    columns: tuple[str]
    edges: tuple[float, ...]

    @property
    def width(self) -> int:
        """One entry per bin."""
        return len(self.edges) + 1

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width), which must hold zeros."""
        values = table.numbers[self.columns[0]]
        known = np.flatnonzero(~np.isnan(values))
        out[known, np.searchsorted(self.edges, values[known], side="right")] = 1.0

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "columns": list(self.columns), "edges": list(self.edges)}


@dataclass(frozen=True, slots=True, eq=False)
class GroupBlock:
    """A number within its category: mean and deviation of the group, distance to it, and rank.

    Entries: the group's shrunk mean, its standard deviation, value minus mean, and the share of
    the group's deciles that are not above the value.

    Attributes:
        columns: The number, then the category.
        statistics: float64 (levels + 1, 11): mean, standard deviation and nine deciles; the last
            row is for missing, unknown and rare levels and describes all training rows.
    """

    kind: ClassVar[str] = "group"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 4
    columns: tuple[str, str]
    statistics: NDArray[np.float64]

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 4)."""
        values, codes = table.numbers[self.columns[0]], table.codes[self.columns[1]]
        rows = self.statistics[np.where(codes < 0, len(self.statistics) - 1, codes)]
        out[:, 0:2] = rows[:, 0:2]
        out[:, 2] = values - rows[:, 0]
        out[:, 3] = (rows[:, 2:] <= values[:, None]).sum(axis=1) / len(_RANKS)
        out[np.isnan(values), 3] = np.nan

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "statistics": floats_to_json(self.statistics),
        }

    @classmethod
    def from_dict(cls, fields: Any) -> "GroupBlock":  # Any: parsed JSON.
        """Inverse of `to_dict`."""
        first, second = fields["columns"]
        return cls((first, second), floats_from_json(fields["statistics"], np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyBlock:
    """Log of one plus the training rows of a category; 0 for missing and unknown levels.

    `counts` is float64 (levels,): that log per level.
    """

    kind: ClassVar[str] = "frequency"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    columns: tuple[str]
    counts: NDArray[np.float64]

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        codes = table.codes[self.columns[0]]
        out[:, 0] = np.where(codes < 0, 0.0, self.counts[np.maximum(codes, 0)])

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_dict(cls, fields: Any) -> "FrequencyBlock":  # Any: parsed JSON.
        """Inverse of `to_dict`."""
        return cls((fields["columns"][0],), np.array(fields["counts"], dtype=np.float64))


@dataclass(frozen=True, slots=True)
class MissingCountBlock:
    """How many of the columns are missing."""

    kind: ClassVar[str] = "missing_count"
    quantity: ClassVar[bool] = True
    width: ClassVar[int] = 1
    columns: tuple[str, ...]

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, 1)."""
        for column in self.columns:
            out[:, 0] += is_missing(table, column)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "columns": list(self.columns)}


def shape_block(column: str, values: NDArray[np.float64], shape: Shape) -> ShapeBlock:
    """Fit the centre on training values (n,)."""
    present = values[~np.isnan(values)]
    return ShapeBlock((column,), shape, float(np.median(present)) if len(present) else 0.0)


def bin_block(column: str, values: NDArray[np.float64]) -> BinBlock:
    """Fit: bins with about equally many training rows, fewer where values repeat."""
    present = values[~np.isnan(values)]
    if not len(present):
        return BinBlock((column,), ())
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1]))
    inner = edges[(edges > present.min()) & (edges <= present.max())]
    return BinBlock((column,), tuple(float(edge) for edge in inner))


def group_block(columns: tuple[str, str], table: Table, levels: int) -> GroupBlock:
    """Fit on training rows; the mean is shrunk to that of all rows, rare levels get all of it."""
    values, codes = table.numbers[columns[0]], table.codes[columns[1]]
    present = ~np.isnan(values)
    overall = _statistics(values[present])
    statistics = np.tile(overall, (levels + 1, 1))
    used = present & (codes > MISSING)
    order = np.lexsort((values[used], codes[used]))
    grouped, sizes = values[used][order], np.bincount(codes[used], minlength=levels)
    ends = np.cumsum(sizes)
    for level in np.argsort(-sizes, kind="stable")[:_MAX_GROUPS]:
        size = int(sizes[level])
        if size < 2:
            break
        row = _statistics(grouped[ends[level] - size : ends[level]])
        share = size / (size + _GROUP_SHRINKAGE_ROWS)
        statistics[level] = share * row + (1 - share) * overall
    return GroupBlock(columns, statistics)


def frequency_block(column: str, codes: NDArray[np.int64], levels: int) -> FrequencyBlock:
    """Fit on training rows."""
    return FrequencyBlock((column,), np.log1p(level_rows(codes, max(1, levels))))


def _statistics(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean, standard deviation and deciles; NaN without values."""
    if not len(values):
        return np.full(2 + len(_RANKS), np.nan)
    return np.concatenate([[values.mean(), values.std()], np.quantile(values, _RANKS)])

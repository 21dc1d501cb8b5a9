"""Categories, and crossings of two, as the shrunk mean of the target.

The mean of a level with n rows is pulled towards the overall mean with the weight of m rows
(Micci-Barreca 2001). m is not guessed but read from the data: the variance within levels over the
variance between them, by the method of moments of a one-way random-effects model. Levels that
hardly differ are pulled hard, levels that differ clearly are left alone.

A training row gets the mean of the *other* inner folds, or a model would read its own target.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.schema import Table
from accredit_engine.features.blocks import level_rows

MAX_SIGNALS: Final = 10
"""Classes beyond this count get no mean of their own."""

MAX_CROSSINGS: Final = 10_000
_LEAST_WEIGHT: Final = 2.0
_LARGEST_WEIGHT: Final = 1_000.0
_CROSSING_ROWS: Final = 2
_STRIDE: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class TargetBlock:
    """A category as the shrunk mean of each target signal, then the log of its training count.

    Attributes:
        column: The categorical column.
        means: float64 (levels + 1, signals + 1); the last row is for missing and unknown levels.
    """

    kind: ClassVar[str] = "target"
    quantity: ClassVar[bool] = True
    column: str
    means: NDArray[np.float64]
    _rows: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Codes -1 and -2 index the two rows at the end."""
        object.__setattr__(self, "_rows", np.concatenate([self.means, self.means[-1:]]))

    @property
    def columns(self) -> tuple[str, ...]:
        """Its column."""
        return (self.column,)

    @property
    def width(self) -> int:
        """One entry per signal and one for the count."""
        return int(self.means.shape[1])

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width)."""
        out[:] = self._rows[table.codes[self.column]]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind, "column": self.column, "means": self.means.tolist()}

    @classmethod
    def from_dict(cls, fields: Any) -> "TargetBlock":  # Any: parsed JSON.
        """Inverse of `to_dict`."""
        return cls(fields["column"], np.array(fields["means"], dtype=np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class CrossBlock:
    """Two categories as one: the shrunk mean of each signal for the pair, then the log count.

    Missing is a level like others; unknown levels and unseen pairs get the overall mean.

    Attributes:
        columns: The two categorical columns.
        pairs: int64 (p,): known pairs, ascending; see `crossed`.
        means: float64 (p + 1, signals + 1); the last row is for unseen pairs.
    """

    kind: ClassVar[str] = "cross"
    quantity: ClassVar[bool] = True
    columns: tuple[str, str]
    pairs: NDArray[np.int64]
    means: NDArray[np.float64]

    @property
    def width(self) -> int:
        """One entry per signal and one for the count."""
        return int(self.means.shape[1])

    def write(self, table: Table, out: NDArray[np.float64]) -> None:
        """Fill `out` (rows, width)."""
        out[:] = self.means[_positions(crossed(table, self.columns), self.pairs)]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "pairs": self.pairs.tolist(),
            "means": self.means.tolist(),
        }

    @classmethod
    def from_dict(cls, fields: Any) -> "CrossBlock":  # Any: parsed JSON.
        """Inverse of `to_dict`."""
        first, second = fields["columns"]
        return cls(
            (first, second),
            np.array(fields["pairs"], dtype=np.int64),
            np.array(fields["means"], dtype=np.float64),
        )


def target_signals(task: Task, y: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """What categories are averaged over: the target (n, 1), or one 0/1 column per class (n, k)."""
    if task is not Task.MULTICLASS:
        return y[:, None]
    hot = np.zeros((len(y), classes))
    hot[np.arange(len(y)), y.astype(np.int64)] = 1.0
    return hot


def target_block(
    column: str,
    codes: NDArray[np.int64],
    levels: int,
    signals: NDArray[np.float64],
    folds: NDArray[np.int64],
) -> tuple[TargetBlock, NDArray[np.float64]]:
    """Fit on training rows; returns the block and the entries (n, width) to train on.

    Args:
        column: Name of the column.
        codes: (n,) level of each row; negative is missing or unknown.
        levels: Number of levels.
        signals: float64 (n, s): the target, or one 0/1 column per class.
        folds: (n,) inner fold of each row, from 0.
    """
    means, training = _shrunk_means(codes, levels, signals[:, :MAX_SIGNALS], folds)
    return TargetBlock(column, means), training


def cross_block(
    columns: tuple[str, str],
    table: Table,
    signals: NDArray[np.float64],
    folds: NDArray[np.int64],
) -> tuple[CrossBlock, NDArray[np.float64]]:
    """Fit on training rows, as `target_block`; pairs seen once are unseen."""
    keys = crossed(table, columns)
    pairs, counts = np.unique(keys[keys >= 0], return_counts=True)
    # The most frequent, ties by pair.
    order = np.lexsort((pairs, -counts))[:MAX_CROSSINGS]
    kept = np.sort(pairs[order[counts[order] >= _CROSSING_ROWS]])
    codes = _positions(keys, kept)
    codes[codes == len(kept)] = MISSING
    means, training = _shrunk_means(codes, len(kept), signals[:, :MAX_SIGNALS], folds)
    return CrossBlock(columns, kept, means), training


def crossed(table: Table, columns: Sequence[str]) -> NDArray[np.int64]:
    """One number (n,) per pair of levels; -1 where either level is unknown."""
    first, second = (table.codes[name] for name in columns)
    pairs = (first - MISSING) * _STRIDE + (second - MISSING)
    return np.where((first < MISSING) | (second < MISSING), -1, pairs)


def _positions(keys: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position (n,) of each key among the pairs; their number when it is not among them."""
    if not len(pairs):
        return np.zeros(len(keys), dtype=np.int64)
    at = np.minimum(np.searchsorted(pairs, keys), len(pairs) - 1)
    return np.where(pairs[at] == keys, at, len(pairs))


def _shrunk_means(
    codes: NDArray[np.int64],
    levels: int,
    signals: NDArray[np.float64],
    folds: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means (levels + 1, s + 1) of all rows, and for each row (n, s + 1) those of other folds."""
    parts = int(folds.max()) + 1 if len(folds) else 1
    known = codes > MISSING
    slots = folds[known] * levels + codes[known]
    shape = (parts, levels)
    counts = np.bincount(slots, minlength=parts * levels).reshape(shape).astype(np.float64)
    means = np.empty((levels + 1, signals.shape[1] + 1))
    training = np.empty((len(codes), signals.shape[1] + 1))
    level = np.where(known, codes, levels)
    sizes = np.bincount(folds, minlength=parts).astype(np.float64)
    for at in range(signals.shape[1]):
        signal = signals[:, at]
        sums = np.bincount(slots, weights=signal[known], minlength=parts * levels).reshape(shape)
        squares = np.bincount(codes[known], weights=signal[known] ** 2, minlength=levels)
        totals = np.bincount(folds, weights=signal, minlength=parts)
        weight = _shrinkage_rows(counts.sum(axis=0), sums.sum(axis=0), squares.astype(np.float64))
        means[:, at] = _pulled(counts.sum(axis=0), sums.sum(axis=0), signal.mean(), weight)
        for part in range(parts):
            rows = folds == part
            others = max(1.0, len(folds) - sizes[part])
            prior = (totals.sum() - totals[part]) / others
            outside = counts.sum(axis=0) - counts[part], sums.sum(axis=0) - sums[part]
            training[rows, at] = _pulled(*outside, prior, weight)[level[rows]]
    means[:, -1] = np.log1p(np.append(level_rows(codes, levels), 0.0))
    for part in range(parts):
        rows = folds == part
        seen = np.append(counts.sum(axis=0) - counts[part], 0.0)
        training[rows, -1] = np.log1p(seen * parts / max(1, parts - 1))[level[rows]]
    return means, training


def _pulled(
    counts: NDArray[np.float64], sums: NDArray[np.float64], prior: float, weight: float
) -> NDArray[np.float64]:
    return np.append((sums + weight * prior) / (counts + weight), prior)


def _shrinkage_rows(
    counts: NDArray[np.float64], sums: NDArray[np.float64], squares: NDArray[np.float64]
) -> float:
    """Rows that the overall mean weighs: variance within levels over variance between them."""
    seen = counts > 0
    counts, sums, squares = counts[seen], sums[seen], squares[seen]
    rows, levels = counts.sum(), len(counts)
    if levels < 2 or rows <= levels:
        return _LARGEST_WEIGHT
    within = float((squares - sums**2 / counts).sum()) / (rows - levels)
    spread = float((sums**2 / counts).sum() - sums.sum() ** 2 / rows) - (levels - 1) * within
    between = spread / (rows - (counts**2).sum() / rows)
    if between * _LARGEST_WEIGHT <= within:
        return _LARGEST_WEIGHT
    return max(_LEAST_WEIGHT, float(within / between))

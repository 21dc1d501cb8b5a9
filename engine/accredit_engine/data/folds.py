"""Folds: which rows a trial learns from and which it is scored on, fixed before the first trial.

Rules:
1. Time-ordered, when a time is named: each fold is held after everything it is learned from.
2. Grouped, when groups are named: a group is never on both sides. Both rules can hold at once.
3. Otherwise stratified by class, or by tenths of a numeric target; rows with equal inputs stay on
   one side, or a model would be scored on rows it has seen.
4. Small tables are folded more than once, large ones are held out once: what one fit costs decides,
   estimated from rows, columns and the time allowed, never measured, so that equal runs agree.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitSplit
from accredit_engine.seeds import child

FOLDS: Final = 5
_HELD_ROWS: Final = 12_000
"""A single hold-out is no larger: a score of this many rows is exact enough to rank models."""
_MIN_HELD_SHARE: Final = 0.1
_MAX_HELD_SHARE: Final = 0.2
_WANTED_TRIALS: Final = 16
_TREES: Final = 400
_SECONDS_PER_CELL: Final = 2e-9
"""What one tree of gradient boosting takes per row and column, on a slow core."""
_STRATA: Final = 10
_LARGEST_GROUP: Final = 0.5

Rows = NDArray[np.intp]


class FoldKind(StrEnum):
    """How folds were drawn."""

    STRATIFIED = "stratified"
    GROUPED = "grouped"
    TIME_ORDERED = "time_ordered"
    GROUPED_IN_TIME = "grouped_in_time"


@dataclass(frozen=True, slots=True)
class Extent:
    """How often a table is folded.

    Attributes:
        folds: Parts; 1 is a single hold-out.
        repeats: How often the whole is done, each time drawn anew.
    """

    folds: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Folds:
    """Pairs of rows to learn from and rows to be scored on.

    Attributes:
        kind: How they were drawn.
        extent: How many.
        pairs: (learned, held) positions in the table, folds of the first repeat first.
        scored: Positions that are held at least once, ascending.
        parts: Positions *in `scored`* of the held rows of each fold of the first repeat; every
            scored row is in exactly one part.
    """

    kind: FoldKind
    extent: Extent
    pairs: tuple[tuple[Rows, Rows], ...]
    scored: Rows
    parts: tuple[Rows, ...]

    def part_of(self, rows: int) -> NDArray[np.intp]:
        """Part that each of so many rows is scored in (rows,); -1 for rows that none scores."""
        part_of = np.full(rows, -1, dtype=np.intp)
        for number, part in enumerate(self.parts):
            part_of[self.scored[part]] = number
        return part_of

    def to_dict(self) -> dict[str, object]:
        """JSON form: how rows were divided, not which."""
        return {
            "kind": self.kind.value,
            "count": self.extent.folds,
            "repeats": self.extent.repeats,
            "rows": [len(held) for _, held in self.pairs],
            "scored_rows": len(self.scored),
        }


def extent_of(rows: int, columns: int, outputs: int, *, core_seconds: float) -> Extent:
    """How often a table is folded when `core_seconds` may be spent on the search."""
    fit_s = 0.05 + _SECONDS_PER_CELL * _TREES * rows * columns * outputs
    affordable = int(core_seconds / (_WANTED_TRIALS * fit_s))
    if affordable < 2:
        return Extent(1, 1)
    if affordable < FOLDS:
        return Extent(affordable, 1)
    if rows < 500 and affordable >= 3 * FOLDS:
        return Extent(FOLDS, 3)
    if rows < 2_000 and affordable >= 2 * FOLDS:
        return Extent(FOLDS, 2)
    return Extent(FOLDS, 1)


def draw_folds(
    y: NDArray[np.float64],
    *,
    task: Task,
    extent: Extent,
    seed: int,
    group_of: NDArray[np.int64] | None = None,
    time_of: NDArray[np.float64] | None = None,
    duplicates: NDArray[np.int64] | None = None,
) -> Folds:
    """Draw folds.

    Args:
        y: Target (n,).
        task: Classes are stratified by, numbers by tenths.
        extent: How many.
        seed: Draws them.
        group_of: Group of every row (n,), or None.
        time_of: Time of every row (n,), or None.
        duplicates: Equal numbers for rows with equal inputs (n,), or None.

    Raises:
        UnfitSplit: fewer than two groups or times, or one group holds most rows.
    """
    if time_of is not None:
        pairs = _in_time(time_of, group_of, extent)
        kind = FoldKind.TIME_ORDERED if group_of is None else FoldKind.GROUPED_IN_TIME
        return _folds(kind, Extent(len(pairs), 1), pairs)
    if group_of is not None:
        _refuse_groups(group_of)
        extent = Extent(min(extent.folds, len(np.unique(group_of))), extent.repeats)
    units = group_of if group_of is not None else duplicates
    units = np.arange(len(y)) if units is None else np.unique(units, return_inverse=True)[1]
    strata = _strata(y, task)
    pairs = []
    for repeat in range(extent.repeats):
        random = np.random.default_rng(child(seed, "folds", repeat))
        pairs += _pairs(units, strata, extent, random)
    kind = FoldKind.STRATIFIED if group_of is None else FoldKind.GROUPED
    return _folds(kind, extent, pairs)


def _folds(kind: FoldKind, extent: Extent, pairs: list[tuple[Rows, Rows]]) -> Folds:
    first = [held for _, held in pairs[: extent.folds]]
    scored = np.sort(np.concatenate(first))
    parts = tuple(np.searchsorted(scored, held).astype(np.intp) for held in first)
    return Folds(kind, extent, tuple(pairs), scored, parts)


def _pairs(
    units: NDArray[np.int64], strata: NDArray[np.int64], extent: Extent, random: np.random.Generator
) -> list[tuple[Rows, Rows]]:
    rows = len(units)
    if extent.folds > 1:
        fold_of = deal(units, strata, np.full(extent.folds, 1 / extent.folds), random)
        return [
            (np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))
            for fold in range(extent.folds)
        ]
    share = float(np.clip(_HELD_ROWS / rows, _MIN_HELD_SHARE, _MAX_HELD_SHARE))
    is_held = deal(units, strata, np.array([1 - share, share]), random) == 1
    return [(np.flatnonzero(~is_held), np.flatnonzero(is_held))]


def deal(
    units: NDArray[np.int64],
    strata: NDArray[np.int64],
    shares: NDArray[np.float64],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Part of every row, so that a unit stays whole and every stratum has its shares.

    Units of several rows are dealt first, the largest first, each to the part that lacks most of
    its stratum; single rows then fill what is missing.
    """
    count = int(units.max()) + 1
    sizes = np.bincount(units, minlength=count)
    _, first_rows = np.unique(units, return_index=True)
    stratum = strata[first_rows]
    wanted = np.bincount(strata)[:, None] * shares
    got = np.zeros_like(wanted)
    part_of = np.empty(count, dtype=np.int64)
    order = random.permutation(count)
    large = order[sizes[order] > 1]
    for unit in large[np.argsort(-sizes[large], kind="stable")]:
        lack = wanted[stratum[unit]] - got[stratum[unit]]
        part_of[unit] = int(np.argmax(lack))
        got[stratum[unit], part_of[unit]] += sizes[unit]
    single = order[sizes[order] == 1]
    for level in range(len(wanted)):
        own = single[stratum[single] == level]
        lack = np.maximum(wanted[level] - got[level], 0.0)
        ends = np.cumsum(lack) / max(lack.sum(), 1e-12) * len(own)
        # Odd rows must not all fall to the same part in every stratum.
        start = random.random()
        places = (np.arange(len(own)) + start) % max(len(own), 1)
        part_of[own] = np.searchsorted(ends, places, side="right")
    part_of = np.minimum(part_of, len(shares) - 1)
    return part_of[units]


def _in_time(
    time_of: NDArray[np.float64], group_of: NDArray[np.int64] | None, extent: Extent
) -> list[tuple[Rows, Rows]]:
    """Held blocks in the order of time; equal times stay together."""
    times, position = np.unique(time_of, return_inverse=True)
    count = max(1, min(extent.folds, len(times) - 1, FOLDS))
    if len(times) < 2:
        message = "the time column has a single value; time-ordered folds need two or more"
        raise UnfitSplit(message)
    cumulative = np.cumsum(np.bincount(position)) / len(position)
    held_share = 1 / (count + 1) if count > 1 else _MAX_HELD_SHARE
    block_at = np.ceil((cumulative - (1 - count * held_share)) / held_share - 1e-9).astype(np.int64)
    block = np.clip(block_at, 0, count)[position]
    pairs = []
    for fold in range(1, count + 1):
        held, learned = np.flatnonzero(block == fold), np.flatnonzero(block < fold)
        if group_of is not None:
            learned = learned[~np.isin(group_of[learned], group_of[held])]
        if len(held) and len(learned):
            pairs.append((learned, held))
    if not pairs:
        message = "no fold has rows to learn from before the rows to be scored; check time, groups"
        raise UnfitSplit(message)
    return pairs


def _refuse_groups(group_of: NDArray[np.int64]) -> None:
    sizes = np.bincount(np.unique(group_of, return_inverse=True)[1])
    if len(sizes) < 2 or sizes.max() > _LARGEST_GROUP * len(group_of):
        message = (
            f"{len(sizes)} groups, the largest with {sizes.max()} of {len(group_of)} rows; "
            "grouped folds need two or more, none with more than half of the rows"
        )
        raise UnfitSplit(message)


def _strata(y: NDArray[np.float64], task: Task) -> NDArray[np.int64]:
    if task is not Task.REGRESSION:
        return y.astype(np.int64)
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    return np.asarray(ranks * _STRATA // len(y), dtype=np.int64)

"""The order of a portfolio: each next configuration most improves the blend of those before it.

After TabRepo (Salinas and Erickson 2024, arXiv 2311.02971): losses are normalised per data set (0
is the best single configuration, 1 the median one), and what counts is the blend, not the single
best. Different from there, gains are divided by a power of the time that they cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from engine_trials import Table
from numpy.typing import NDArray
from pool import Configuration
from scipy.stats import rankdata

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.seeds import child

_SHARES: Final = (0.1, 0.25, 0.5)
"""Shares of the blend that a new configuration may take over."""
_ROUNDS: Final = 25
_SMALLEST_SCALE: Final = 0.005
"""Where configurations hardly differ, noise must not count as gain."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one data set says about the pool.

    Attributes:
        name: Name of the data set.
        task: What is predicted.
        y: float64 (n,).
        margins: float32 (c, n, o): margin of every configuration; zeros where it has none.
        has: bool (c,): where it has one.
        cost: float64 (c,): seconds over the median of the data set; 0 where it was not tried.
        losses: float64 (c,): normalised, at most 1; also 1 where it did not finish.
        best: Loss that counts as 0.
        scale: Difference in loss that counts as 1.
    """

    name: str
    task: Task
    y: NDArray[np.float64]
    margins: NDArray[np.float32]
    has: NDArray[np.bool_]
    cost: NDArray[np.float64]
    losses: NDArray[np.float64]
    best: float
    scale: float

    @classmethod
    def of(cls, table: Table, pool: Sequence[Configuration], *, rows: int, seed: int) -> "Evidence":
        """Collect, on at most `rows` rows.

        Raises:
            ValueError: nothing finished on this data set.
        """
        trials = [
            table.trials.get(entry.key) if table.task.value in entry.tasks else None
            for entry in pool
        ]
        known = [t.margin for t in trials if t is not None and t.margin is not None]
        if not known:
            message = f"{table.name}: no configuration finished"
            raise ValueError(message)
        random = np.random.default_rng(child(seed, "judge", table.name))
        kept = np.sort(random.permutation(len(table.y))[:rows])
        empty = np.zeros_like(known[0])
        margins = np.stack(
            [(empty if t is None or t.margin is None else t.margin)[kept] for t in trials]
        ).astype(np.float32)
        has = np.array([t is not None and t.margin is not None for t in trials])
        seconds = np.array([0.0 if t is None else t.seconds for t in trials])
        y = table.y[kept]
        raw = losses_of(margins, y, table.task)
        best, typical = float(raw[has].min()), float(np.median(raw[has]))
        scale = max(typical - best, _SMALLEST_SCALE * abs(best), 1e-9)
        normalised = np.where(has, np.minimum(1.0, (raw - best) / scale), 1.0)
        cost = seconds / max(float(np.median(seconds[has])), 1e-3)
        return cls(table.name, table.task, y, margins, has, cost, normalised, best, scale)

    def normalised(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 is the best single configuration, 1 the median one or worse."""
        return np.minimum(1.0, (raw - self.best) / self.scale)


def losses_of(
    margins: NDArray[np.floating], y: NDArray[np.float64], task: Task
) -> NDArray[np.float64]:
    """Losses (c,) of margins (c, n, o): 1 - AUC, log loss, or root mean squared error."""
    if task is Task.REGRESSION:
        return np.asarray(np.sqrt(np.mean((margins[:, :, 0] - y) ** 2, axis=1)), dtype=np.float64)
    if task is Task.BINARY:
        positive = y == 1
        positives, negatives = int(positive.sum()), int((~positive).sum())
        above = rankdata(margins[:, :, 0], axis=1)[:, positive].sum(axis=1)
        area = (above - positives * (positives + 1) / 2) / (positives * negatives)
        return np.asarray(1 - area, dtype=np.float64)
    at = y.astype(np.int64)
    rows = np.arange(len(y))
    chosen = [probabilities(margin.astype(np.float64), task)[rows, at] for margin in margins]
    return np.array([-np.log(np.clip(share, 1e-15, 1.0)).mean() for share in chosen])


@dataclass(slots=True)
class _Blend:
    """Blend of what was chosen so far on one data set; every configuration may be laid on it."""

    evidence: Evidence
    margin: NDArray[np.float64] | None = None
    loss: float = 1.0

    def with_each(self) -> NDArray[np.float64]:
        """Normalised loss (c,) of the blend with each configuration at its best share."""
        if self.margin is None:
            return self.evidence.losses
        known = np.flatnonzero(self.evidence.has)
        margins = self.evidence.margins[known]
        found = np.full(len(self.evidence.has), self.loss)
        for share in _SHARES:
            mixed = (1 - share) * self.margin + share * margins
            found[known] = np.minimum(found[known], self._judged(mixed))
        return found

    def add(self, at: int) -> None:
        """Take a configuration in, if it helps."""
        if not self.evidence.has[at]:
            return
        own = self.evidence.margins[at].astype(np.float64)
        if self.margin is None:
            self.margin, self.loss = own, float(self.evidence.losses[at])
            return
        mixed = np.stack([(1 - share) * self.margin + share * own for share in _SHARES])
        losses = self._judged(mixed)
        if losses.min() < self.loss:
            self.margin, self.loss = mixed[losses.argmin()], float(losses.min())

    def _judged(self, margins: NDArray[np.floating]) -> NDArray[np.float64]:
        return self.evidence.normalised(losses_of(margins, self.evidence.y, self.evidence.task))


def order(
    evidence: Sequence[Evidence],
    pool: Sequence[Configuration],
    *,
    length: int,
    time_weight: float,
    smallest_gain: float,
) -> list[int]:
    """Positions in the pool, most useful first; ties go to the earlier one.

    Args:
        evidence: One per data set.
        pool: The configurations.
        length: At most so many.
        time_weight: Power of the relative time that a gain is divided by; 0 ignores time.
        smallest_gain: Mean gain in normalised loss below which nothing is added.
    """
    blends = [_Blend(entry) for entry in evidence]
    fits = np.array([[e.task.value in entry.tasks for entry in pool] for e in evidence])
    counts = np.maximum(fits.sum(axis=0), 1)
    cost = np.sum([entry.cost for entry in evidence], axis=0) / counts
    chosen: list[int] = []
    while len(chosen) < length:
        gains = np.sum([blend.loss - blend.with_each() for blend in blends], axis=0) / counts
        gains[chosen] = 0.0
        worth = np.where(gains >= smallest_gain, gains / np.maximum(cost, 0.05) ** time_weight, 0.0)
        at = int(worth.argmax())
        if worth[at] <= 0:
            break
        chosen.append(at)
        for blend in blends:
            blend.add(at)
    return chosen


def blend_loss(evidence: Evidence, positions: Sequence[int]) -> float:
    """Normalised loss of a greedy weighted blend (Caruana et al. 2004) of some configurations.

    Weights are chosen on one half of the rows and judged on the other, both ways.
    """
    known = [at for at in positions if evidence.has[at]]
    if not known:
        return 1.0
    halves = np.arange(len(evidence.y)) % 2 == 0
    losses = []
    for chosen_on in (halves, ~halves):
        margins, y = evidence.margins[known][:, chosen_on], evidence.y[chosen_on]
        weights = _greedy(margins.astype(np.float64), y, evidence.task)
        rest = evidence.margins[known][:, ~chosen_on]
        mixed = np.tensordot(weights, rest, axes=1)[None]
        losses.append(losses_of(mixed, evidence.y[~chosen_on], evidence.task)[0])
    return float(evidence.normalised(np.array([np.mean(losses)]))[0])


def _greedy(
    margins: NDArray[np.float64], y: NDArray[np.float64], task: Task
) -> NDArray[np.float64]:
    total, counts = np.zeros_like(margins[0]), np.zeros(len(margins))
    best, kept = np.inf, counts
    for number in range(1, _ROUNDS + 1):
        losses = losses_of((total + margins) / number, y, task)
        at = int(losses.argmin())
        total, counts = total + margins[at], counts + np.eye(len(margins))[at]
        if losses[at] < best:
            best, kept = float(losses[at]), counts
    return np.asarray(kept / kept.sum(), dtype=np.float64)


def within(
    evidence: Evidence, pool: Sequence[Configuration], positions: Sequence[int], time: float
) -> list[int]:
    """The first positions whose costs fit into a time; at least one, for there must be a model."""
    usable = [at for at in positions if evidence.task.value in pool[at].tasks]
    spent = np.cumsum([evidence.cost[at] for at in usable])
    return usable[: max(1, int(np.sum(spent <= time)))]

"""Whether the probabilities are right for every group: calibration in the large, three-way.

Per group, with O favourable outcomes, E the sum of the probabilities and n rows, and the
family-wise level `1 - confidence`:

1. fail, when O/E is outside `[min_ratio, 1/min_ratio]` or `|O - E|/n` is above `max_gap`, *and*
   the Holm-adjusted test of "the probabilities are right" rejects;
2. pass, when nothing fails and for every gating group the simultaneous bounds of O/E and those of
   `(O - E)/n` are within their tolerances. The ratio is the stricter one for a rare outcome, the
   difference for a frequent one;
3. otherwise insufficient evidence, with the rows that are missing.

There is no reference group: each group is held against what was promised to it. Groups below the
minimum share may fail but do not stand in the way of a pass.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.groups import Grouping
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.statistics import Counts, Floats

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised to one group and what it got.

    Attributes:
        group: Its name.
        rows: Test rows.
        share: Of the test rows.
        rate: Share of favourable outcomes; None without rows.
        expected: Mean probability of one; None without rows.
        low: Lower simultaneous bound of the rate.
        high: Upper one.
        ratio: Rate over expected; None without rows or when nothing was expected.
        gap: Rate less expected; None without rows.
        p: P-value of "the probabilities are right".
        p_holm: The same, adjusted for the number of groups.
        gating: Whether the group can block a pass.
        reference: Never: groups are not compared with one another.
        fails: Whether it makes the verdict a fail.
        more_rows: Further rows that a pass would take at least; None where rows are not what is
            missing.
    """

    group: str
    rows: int
    share: float
    rate: float | None
    expected: float | None
    low: float
    high: float
    ratio: float | None
    gap: float | None
    p: float
    p_holm: float
    gating: bool
    reference: bool
    fails: bool
    more_rows: int | None


@dataclass(frozen=True, slots=True)
class Promises:
    """Sums per group, and the tolerances they are held against.

    Attributes:
        groups: Of the test rows.
        favourable: Favourable outcomes per group (O).
        expected: Sums of the probabilities (E).
        variance: Sums of `p(1 - p)`.
        squares: Sums of squared differences of outcome and probability.
        min_ratio: Smallest O/E that passes; its inverse is the greatest.
        max_gap: Greatest difference of the shares that passes.
        confidence: Of all groups together.
        gating: Groups that can block a pass.
    """

    groups: Grouping
    favourable: Counts
    expected: Floats
    variance: Floats
    squares: Floats
    min_ratio: float
    max_gap: float
    confidence: float
    gating: NDArray[np.bool_]

    @property
    def level(self) -> float:
        """One-sided level of each bound."""
        return (1 - self.confidence) / max(int(self.gating.sum()), 1)

    @property
    def gap(self) -> Floats:
        """Observed less expected share; NaN without rows."""
        rows = self.groups.rows
        difference = self.favourable - self.expected
        found: Floats = np.full(len(rows), np.nan)
        return np.divide(difference, rows, out=found, where=rows > 0)

    @property
    def closeness(self) -> Floats:
        """The smaller of O/E and E/O, in [0, 1]; 1 when nothing came and nothing was due."""
        least = np.minimum(self.favourable, self.expected)
        most = np.maximum(self.favourable, self.expected)
        found: Floats = np.divide(least, most, out=np.ones(len(most)), where=most > 0)
        return found

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Groups outside one of the tolerances or both."""
        close = (self.closeness >= self.min_ratio - _ROUNDING) & (
            np.abs(self.gap) <= self.max_gap + _ROUNDING
        )
        return ~close & (self.groups.rows > 0)

    def bounds(self, level: float) -> tuple[Floats, Floats]:
        """Bounds of the share of favourable outcomes.

        `O/n ± z·√Σ(y - p)²/n`: what the probabilities explain is no chance. Clopper-Pearson where
        that is little to go by, which for unequal chances is wide rather than narrow (Hoeffding
        1956).
        """
        rows = np.maximum(self.groups.rows, 1)
        z = statistics.critical_value(1 - level)
        rate, half = self.favourable / rows, z * np.sqrt(self.squares) / rows
        low, high = statistics.exact_bounds(self.favourable, self.groups.rows, level)
        small = self.squares < statistics.SMALL_EXPECTED
        small |= np.minimum(self.favourable, rows - self.favourable) < statistics.SMALL_CELL
        return (
            np.where(small, low, np.maximum(rate - half, 0)),
            np.where(small, high, np.minimum(rate + half, 1)),
        )

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Groups whose bounds are within both tolerances.

        Where nothing came and nothing was due there is no ratio, and the difference decides.
        """
        rows = self.groups.rows
        due = self.expected / np.maximum(rows, 1)
        low, high = self.bounds(self.level)
        by_ratio = (low >= due * self.min_ratio - _ROUNDING) & (
            high <= due / self.min_ratio + _ROUNDING
        )
        by_ratio |= (self.favourable == 0) & (self.expected == 0)
        by_gap = (low >= due - self.max_gap - _ROUNDING) & (high <= due + self.max_gap + _ROUNDING)
        return by_ratio & by_gap & (rows > 0)

    def more_rows(self, i: int) -> int | None:
        """Further rows of a group that falls short; see `Promise`."""
        rows = int(self.groups.rows[i])
        total = self.groups.rows.sum()
        due = float(self.expected[i] / rows if rows else self.expected.sum() / total)
        spread = float(self.squares[i] / rows if rows else self.squares.sum() / total)
        room = min(self.max_gap, due * (1 - self.min_ratio))
        if not room > 0 or not spread > 0:
            return None
        z = statistics.critical_value(1 - self.level)
        needed = math.ceil(spread * (z / room) ** 2)
        if needed > rows:
            return needed - rows
        left = room - abs(float(self.gap[i]))
        return max(math.ceil(spread * (z / left) ** 2) - rows, 1) if left > 0 else None


@dataclass(frozen=True, slots=True)
class Kept:
    """Verdict on one subject.

    Attributes:
        verdict: Pass, fail or insufficient evidence.
        value: The smaller of O/E and E/O of the worst group.
        low: Lower end of its interval for that group alone; may be infinite.
        high: Upper end.
        worst: The group farthest from what it was promised, by ratio: of the failing groups, else
            of the gating ones, else of all.
        groups: All groups.
    """

    verdict: Verdict
    value: float
    low: float
    high: float
    worst: Promise
    groups: tuple[Promise, ...]


def add_up(
    score: Floats,
    outcome: NDArray[np.bool_],
    groups: Grouping,
    *,
    min_ratio: float,
    max_gap: float,
    confidence: float,
    min_share: float,
) -> Promises:
    """Sums per group.

    Args:
        score: Probability of the favourable outcome per test row, in [0, 1].
        outcome: What really happened.
        groups: Of the test rows.
        min_ratio: See `Promises`.
        max_gap: See `Promises`.
        confidence: Of all groups together.
        min_share: Groups with a smaller share do not block a pass.
    """
    many = len(groups.names)

    def per_group(values: Floats) -> Floats:
        return np.bincount(groups.codes, values, many).astype(np.float64)

    return Promises(
        groups=groups,
        favourable=per_group(outcome.astype(np.float64)).astype(np.int64),
        expected=per_group(score),
        variance=per_group(score * (1 - score)),
        squares=per_group((outcome - score) ** 2),
        min_ratio=min_ratio,
        max_gap=max_gap,
        confidence=confidence,
        gating=groups.share >= min_share,
    )


def judge_promises(found: Promises) -> Kept:
    """The verdict on one subject; there is at least one test row."""
    rows = found.groups.rows
    p = statistics.calibration_p(found.favourable, found.expected, found.variance, rows)
    p_holm = np.ones_like(p)
    p_holm[rows > 0] = statistics.holm(p[rows > 0])
    fails = found.beyond & (p_holm <= 1 - found.confidence)
    short = found.gating & ~found.clear
    masks = (fails, found.gating & (rows > 0), rows > 0)
    pool = next(np.flatnonzero(mask) for mask in masks if mask.any())
    at = int(pool[np.argmin(found.closeness[pool])])
    if fails.any():
        verdict = Verdict.FAIL
    elif short.any() or not (found.gating & found.groups.known).any():
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    else:
        verdict = Verdict.PASS
    table = _records(found, p, p_holm, fails, short)
    low, high = _interval(found, at)
    return Kept(verdict, float(found.closeness[at]), low, high, table[at], table)


def _records(
    found: Promises,
    p: Floats,
    p_holm: Floats,
    fails: NDArray[np.bool_],
    short: NDArray[np.bool_],
) -> tuple[Promise, ...]:
    """The numbers of each group as a record."""
    rows = found.groups.rows
    low, high = found.bounds(found.level)
    return tuple(
        Promise(
            group=name,
            rows=int(rows[i]),
            share=float(rows[i] / rows.sum()),
            rate=float(found.favourable[i] / rows[i]) if rows[i] else None,
            expected=float(found.expected[i] / rows[i]) if rows[i] else None,
            low=float(low[i]),
            high=float(high[i]),
            ratio=float(found.favourable[i] / found.expected[i]) if found.expected[i] else None,
            gap=float(found.gap[i]) if rows[i] else None,
            p=float(p[i]),
            p_holm=float(p_holm[i]),
            gating=bool(found.gating[i]),
            reference=False,
            fails=bool(fails[i]),
            more_rows=found.more_rows(i) if short[i] else None,
        )
        for i, name in enumerate(found.groups.names)
    )


def _interval(found: Promises, at: int) -> tuple[float, float]:
    """Ends of the interval of one group's O/E, or of E/O where more came than was promised."""
    due = float(found.expected[at] / found.groups.rows[at])
    low, high = (float(end[at]) for end in found.bounds((1 - found.confidence) / 2))
    if found.favourable[at] <= found.expected[at]:
        return (low / due, high / due) if due > 0 else (0.0, math.inf)
    return due / high, due / low if low > 0 else math.inf

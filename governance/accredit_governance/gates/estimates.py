"""Estimates per group that are no shares: mean values and areas under the ROC curve.

Each knows its limits at any level. The difference of two is bounded by joining their limits (MOVER:
Zou and Donner 2008, Statistics in Medicine 27; Newcombe's method 10 is its case for rates).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from accredit_governance.gates import statistics
from accredit_governance.gates.groups import Grouping
from accredit_governance.gates.roc import binary_area
from accredit_governance.gates.statistics import Counts, Floats

Places: TypeAlias = NDArray[np.intp]

MIN_ROWS: Final = 10
"""Rows of a group, and of each class of it for an area, below which there is no estimate: the
normal and t tails do not hold for the mean of a handful of values."""

SMALL_GROUP: Final = 30
"""Below this many rows the spread of a group is taken as at least that within all groups: a few
values that happen to be equal do not make a mean certain."""

_LEAST_P: Final = 1e-15
_HALVINGS: Final = 30


class Estimates(Protocol):
    """One number per group, on the scale on which groups are subtracted.

    Attributes:
        value: NaN where a group has too few rows for an estimate.
        spread: Variance that one row brings: with n rows the variance of the value is spread / n.
        rows: Test rows per group.
    """

    @property
    def value(self) -> Floats: ...  # noqa: D102  see the class

    @property
    def spread(self) -> Floats: ...  # noqa: D102

    @property
    def rows(self) -> Counts: ...  # noqa: D102

    def limits(self, at: Places, level: ArrayLike) -> tuple[Floats, Floats]:
        """Lower and upper limits of some groups.

        Args:
            at: Positions of the groups.
            level: Probability, in (0, 0.5], with which each limit may be wrong; one or one each.
        """
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """Mean of a value per group, with Student's limits `mean ± t(rows - 1)·√(variance / rows)`.

    Attributes:
        within: Standard deviation within the groups, pooled over all of them.
    """

    value: Floats
    spread: Floats
    rows: Counts
    within: float

    @classmethod
    def of(cls, values: Floats, groups: Grouping) -> "Means":
        """Means of one value per test row."""
        many = len(groups.names)
        rows = groups.rows
        some = np.maximum(rows, 1)
        centre = np.bincount(groups.codes, values, many) / some
        squares = np.bincount(groups.codes, (values - centre[groups.codes]) ** 2, many)
        pooled = squares.sum() / max(len(values) - int((rows > 0).sum()), 1)
        variance = squares / np.maximum(rows - 1, 1)
        variance = np.where(rows < SMALL_GROUP, np.maximum(variance, pooled), variance)
        enough = rows >= MIN_ROWS
        return cls(
            value=np.where(enough, centre, np.nan),
            spread=np.where(enough, variance, np.nan),
            rows=rows,
            within=float(np.sqrt(pooled)),
        )

    def logarithms(self) -> "Means":
        """Logarithms of positive means, by the delta method; NaN where a mean is 0."""
        positive = np.where(self.value > 0, self.value, np.nan)
        return Means(np.log(positive), self.spread / positive**2, self.rows, self.within)

    def limits(self, at: Places, level: ArrayLike) -> tuple[Floats, Floats]:
        """Student's limits."""
        rows = np.maximum(self.rows[at], 2)
        half = stats.t.isf(level, rows - 1) * np.sqrt(self.spread[at] / rows)
        return self.value[at] - half, self.value[at] + half


@dataclass(frozen=True, slots=True)
class Areas:
    """Area under the ROC curve within each group.

    Attributes:
        error: DeLong's standard error.
        ones: Favourable outcomes per group.
    """

    value: Floats
    error: Floats
    rows: Counts
    ones: Counts

    @classmethod
    def of(cls, score: Floats, positive: NDArray[np.bool_], groups: Grouping) -> "Areas":
        """Areas of one score and outcome per test row; NaN without `MIN_ROWS` of both classes."""
        many = len(groups.names)
        ones = np.bincount(groups.codes[positive], minlength=many).astype(np.int64)
        value, error = np.full(many, np.nan), np.full(many, np.nan)
        for i, place in _members(groups):
            if min(ones[i], len(place) - ones[i]) >= MIN_ROWS:
                found = binary_area(score[place], positive[place])
                value[i], error[i] = found.value, found.error
        return cls(value, error, groups.rows, ones)

    @property
    def spread(self) -> Floats:
        """Variance that one row brings, at least what the numbers of rows alone let expect."""
        at = np.arange(len(self.value))
        low, high = self.limits(at, stats.norm.sf(1.0))
        spread: Floats = np.maximum(self.value - low, high - self.value) ** 2 * self.rows
        return spread

    def limits(self, at: Places, level: ArrayLike) -> tuple[Floats, Floats]:
        """The wider of DeLong's limits and those from the numbers of rows alone.

        DeLong's are a point when a small group happens to be ranked without a mistake.
        """
        z = np.broadcast_to(stats.norm.isf(level), at.shape)
        value, ones = self.value[at], self.ones[at]
        low, high = statistics.area_limits(value, ones, self.rows[at] - ones, z)
        half = z * self.error[at]
        return np.fmin(low, np.maximum(value - half, 0)), np.fmax(high, np.minimum(value + half, 1))


def joined(estimates: Estimates, reference: int, level: ArrayLike) -> tuple[Floats, Floats]:
    """Lower and upper bound of each group's difference to the reference group.

    Args:
        estimates: Of all groups.
        reference: Position of the reference group.
        level: Probability with which each bound may be wrong; one, or one per group.
    """
    value = estimates.value
    at = np.arange(len(value))
    low, high = estimates.limits(at, level)
    ref_low, ref_high = estimates.limits(np.full_like(at, reference), level)
    difference, base = value - value[reference], value[reference]
    below = np.hypot(value - low, ref_high - base)
    above = np.hypot(high - value, base - ref_low)
    return difference - below, difference + above


def p_values(estimates: Estimates, reference: int, *, two_sided: bool) -> Floats:
    """P-value per group of "no difference to the reference": the level at which the bound is 0.

    So test and bounds never contradict each other. One-sided asks whether the group is greater.
    NaN where there is no estimate.
    """
    difference = estimates.value - estimates.value[reference]
    low, high = (np.full(len(difference), np.log(p)) for p in (_LEAST_P, 0.5))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below, above = joined(estimates, reference, np.exp(middle))
        apart = np.where(difference > 0, below > 0, above < 0)
        low, high = np.where(apart, low, middle), np.where(apart, middle, high)
    p = np.where(np.isnan(difference), np.nan, np.exp(high))
    return np.minimum(2 * p, 1.0) if two_sided else np.where(difference > 0, p, 1.0)


def _members(groups: Grouping) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Test rows of each group that has some."""
    order = np.argsort(groups.codes, kind="stable")
    ends = np.cumsum(groups.rows)
    for i, (start, end) in enumerate(zip(ends - groups.rows, ends, strict=True)):
        if end > start:
            yield i, order[start:end]

"""Intervals, tests and sample sizes for proportions: what the verdicts on groups rest on.

Counts may be scalars or arrays of one shape; results have that shape. `confidence` is in (0, 1).
A one-sided level is `(1 - confidence) / comparisons`.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SMALL_CELL: Final = 5
"""Below this many rows in a cell, exact bounds replace the normal approximation."""

SMALL_EXPECTED: Final = 25
"""Below this many expected rows in a cell, an exact test replaces the normal approximation. The
usual 5 is for a level of 5 %; shared among 20 groups, the normal tail would reject twice as often
as it says."""

_HALVINGS: Final = 30

_PLENTY: Final = 10**9
"""Rows beyond which more of them make no difference."""


def critical_value(confidence: float, *, comparisons: int = 1, sides: int = 1) -> float:
    """Standard normal quantile for Bonferroni-simultaneous bounds of that many comparisons."""
    level = (1 - confidence) / (max(comparisons, 1) * sides)
    return float(stats.norm.isf(level))


def wilson(hits: ArrayLike, trials: ArrayLike, z: float) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion: `(p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)`.

    Returns:
        Lower and upper end in [0, 1]; 0 and 1 where there are no trials.
    """
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    some = np.where(n > 0, n, 1.0)
    p = k / some
    centre = (p + z * z / (2 * some)) / (1 + z * z / some)
    half = z * np.sqrt(p * (1 - p) / some + z * z / (4 * some * some)) / (1 + z * z / some)
    low = np.where(n > 0, np.clip(centre - half, 0, 1), 0.0)
    high = np.where(n > 0, np.clip(centre + half, 0, 1), 1.0)
    # At 0 and n the ends are exact; rounding must not push them past the estimate.
    return np.where(k == 0, 0.0, low), np.where((k == n) & (n > 0), 1.0, high)


def exact_bounds(hits: ArrayLike, trials: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Clopper-Pearson bounds of a proportion, each side wrong with probability at most `level`."""
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    low = np.where(k > 0, stats.beta.ppf(level, np.maximum(k, 1), n - k + 1), 0.0)
    high = np.where(k < n, stats.beta.isf(level, k + 1, np.maximum(n - k, 1)), 1.0)
    return low, high


def log_ratio_variance(hits: ArrayLike, trials: ArrayLike) -> Floats:
    """Variance of the logarithm of a rate with ½ added to the counts: `1/(k+½) - 1/(n+½)`."""
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    return 1 / (k + 0.5) - 1 / (n + 0.5)


def ratio_lower_bound(
    hits: Counts, trials: Counts, *, reference: tuple[int, int], level: float
) -> Floats:
    """One-sided lower bound of `rate / reference rate` for each group.

    Log-ratio bound with ½ added to the counts (Walter 1975; Pettigrew et al. 1986). Where a group
    or the reference has fewer than `SMALL_CELL` rows on either side of the decision, the bound is
    the quotient of exact bounds, half the level each: conservative, and never tight by accident as
    the logarithm is when everybody was selected.

    Args:
        hits: Selected rows per group.
        trials: Rows per group; 0 gives the bound 0.
        reference: Selected rows and rows of the reference group.
        level: Probability that the bound is too high, in (0, 1).
    """
    ref_hits, ref_trials = reference
    z = float(stats.norm.isf(level))
    estimate = np.log((hits + 0.5) / (trials + 0.5)) - math.log(
        (ref_hits + 0.5) / (ref_trials + 0.5)
    )
    spread = np.sqrt(log_ratio_variance(hits, trials) + log_ratio_variance(ref_hits, ref_trials))
    approximate = np.exp(estimate - z * spread)
    exact = exact_bounds(hits, trials, level / 2)[0] / float(
        exact_bounds(ref_hits, ref_trials, level / 2)[1]
    )
    small = np.minimum(hits, trials - hits) < SMALL_CELL
    small |= min(ref_hits, ref_trials - ref_hits) < SMALL_CELL
    return np.where(trials > 0, np.where(small, exact, approximate), 0.0)


def difference_bounds(
    hits: ArrayLike, trials: ArrayLike, *, reference: tuple[int, int], z: float
) -> tuple[Floats, Floats]:
    """Bounds of `rate - reference rate` (Newcombe 1998, method 10: hybrid of Wilson intervals)."""
    ref_hits, ref_trials = reference
    n = np.asarray(trials, dtype=np.float64)
    p = np.divide(hits, n, out=np.zeros_like(n), where=n > 0)
    q = ref_hits / ref_trials if ref_trials else 0.0
    low, high = wilson(hits, trials, z)
    ref_low, ref_high = wilson(ref_hits, ref_trials, z)
    lower = p - q - np.sqrt((p - low) ** 2 + (ref_high - q) ** 2)
    upper = p - q + np.sqrt((high - p) ** 2 + (q - ref_low) ** 2)
    return np.where(n > 0, lower, -1.0), np.where(n > 0, upper, 1.0)


def parity_p(hits: int, trials: int, *, reference: tuple[int, int], two_sided: bool) -> float:
    """P-value of "this group has the same rate as the reference".

    Pooled score test; Fisher's exact test (two-sided: twice the smaller tail) where an expected
    cell is under `SMALL_EXPECTED`.

    Args:
        hits: Hits of the group.
        trials: Rows of the group, at least 1.
        reference: Hits and rows (at least 1) of the reference group.
        two_sided: False asks only whether the group's rate is lower.
    """
    ref_hits, ref_trials = reference
    total, all_hits = trials + ref_trials, hits + ref_hits
    expected = min(trials, ref_trials) * min(all_hits, total - all_hits) / total
    if expected < SMALL_EXPECTED:
        lower = float(stats.hypergeom.cdf(hits, total, all_hits, trials))
        upper = float(stats.hypergeom.sf(hits - 1, total, all_hits, trials))
        return min(2 * min(lower, upper), 1.0) if two_sided else lower
    pooled = all_hits / total
    spread = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / ref_trials))
    z = (hits / trials - ref_hits / ref_trials) / spread
    return float(2 * stats.norm.sf(abs(z))) if two_sided else float(stats.norm.cdf(z))


def area_limits(
    value: ArrayLike, ones: ArrayLike, zeros: ArrayLike, z: ArrayLike
) -> tuple[Floats, Floats]:
    """Limits of an area under the ROC curve from the numbers of rows (Newcombe 2006, method 5).

    The areas `t` with `|value - t| = z·√V(t)`, where V is Hanley and McNeil's variance with
    `(ones + zeros)/2 - 1` in place of both numbers: an area of 1 on few rows is not certain.

    Args:
        value: Areas in [0, 1].
        ones: Rows of the one class, at least 1.
        zeros: Rows of the other, at least 1.
        z: Standard normal quantile, not negative.

    Returns:
        Lower and upper limits in [0, 1]; NaN for an area that is NaN.
    """
    area, m, n, spread = (np.asarray(x, dtype=np.float64) for x in (value, ones, zeros, z))
    pairs, half = np.maximum(m * n, 1), (m + n) / 2 - 1

    def reach(t: Floats) -> Floats:
        weight = 1 + half * (1 - t) / (2 - t) + half * t / (1 + t)
        found: Floats = spread * np.sqrt(np.maximum(t * (1 - t) * weight / pairs, 0))
        return found

    ends = []
    for outside in (0.0, 1.0):
        far, near = np.full_like(area, outside), area
        for _ in range(_HALVINGS):
            middle = (far + near) / 2
            within = np.abs(middle - area) <= reach(middle)
            near, far = np.where(within, middle, near), np.where(within, far, middle)
        ends.append(np.where(np.isnan(area), np.nan, near))
    return ends[0], ends[1]


def calibration_p(
    observed: ArrayLike, expected: ArrayLike, variance: ArrayLike, rows: ArrayLike
) -> Floats:
    """Two-sided p-value of "the probabilities are right" for a number of favourable outcomes.

    `z = (observed - expected) / √variance` with continuity correction (Cox 1958; Spiegelhalter
    1986). Below a variance of `SMALL_EXPECTED`, twice the smaller tail of the binomial law with the
    mean probability: the sum of unequal chances has lighter tails (Hoeffding 1956), so this never
    rejects too often.

    Args:
        observed: Favourable outcomes.
        expected: Sum of the probabilities.
        variance: Sum of `p(1 - p)`.
        rows: Number of probabilities.

    Returns:
        In [0, 1]; 1 without rows.
    """
    o, e, v, n = (
        np.asarray(each, dtype=np.float64) for each in (observed, expected, variance, rows)
    )
    z = np.maximum(np.abs(o - e) - 0.5, 0) / np.sqrt(np.maximum(v, SMALL_EXPECTED))
    mean = np.clip(e / np.maximum(n, 1), 0, 1)
    tails = np.minimum(stats.binom.cdf(o, n, mean), stats.binom.sf(o - 1, n, mean))
    p = np.where(v < SMALL_EXPECTED, np.minimum(2 * tails, 1), 2 * stats.norm.sf(z))
    return np.where(n > 0, p, 1.0)


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down adjustment: family-wise level without assumptions on dependence.

    Returns:
        Adjusted p-values in the order given: `max over j <= i of min(1, (m - j + 1)·p_(j))`.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(p[order] * np.arange(len(p), 0, -1), 1.0)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps) if len(p) else steps
    return adjusted


def rows_needed_ratio(
    rate: float,
    limit: float,
    *,
    confidence: float,
    comparisons: int = 1,
    reference_variance: float = 0.0,
) -> int | None:
    """Rows a group needs so that a true ratio of 1 can show that it is above the limit.

    `((1-p)/p) / ((ln(1/limit)/z)² - reference variance)`, at least the size at which a group with
    no refusal at all passes the exact bound.

    Args:
        rate: Rate of the reference group, in (0, 1].
        limit: Smallest ratio that passes, in (0, 1).
        confidence: Family-wise confidence.
        comparisons: Groups that are compared at once.
        reference_variance: Variance of the logarithm of the reference rate; 0 for a large group.

    Returns:
        None when the reference group itself is too small for any number of rows to do.
    """
    room = (math.log(1 / limit) / critical_value(confidence, comparisons=comparisons)) ** 2
    if room <= reference_variance or rate <= 0:
        return None
    level = (1 - confidence) / max(comparisons, 1)
    unanimous = math.log(level / 2) / math.log(limit)
    return math.ceil(max((1 - rate) / rate / (room - reference_variance), unanimous))


def rows_needed_gap(
    reference: tuple[int, int], limit: float, *, confidence: float, comparisons: int = 1
) -> int | None:
    """Rows a group needs so that a true difference of 0 can show that it is within the limit.

    The smallest number at which both bounds of `difference_bounds` are within the limit for a group
    with exactly the rate of the reference.

    Args:
        reference: Hits and rows of the reference group; at least one row.
        limit: Greatest difference that passes, in (0, 1).
        confidence: Family-wise confidence.
        comparisons: Groups that are compared at once.

    Returns:
        None when the reference group itself is too small for any number of rows to do.
    """
    z = critical_value(confidence, comparisons=comparisons)
    rate = reference[0] / reference[1]

    def enough(rows: int) -> bool:
        low, high = difference_bounds(rows * rate, rows, reference=reference, z=z)
        return bool(max(-low, high) <= limit)

    lower, upper = 0, 1
    while not enough(upper):
        lower, upper = upper, 2 * upper
        if upper > _PLENTY:
            return None
    while upper - lower > 1:
        middle = (lower + upper) // 2
        lower, upper = (lower, middle) if enough(middle) else (middle, upper)
    return upper


def count_bootstrap(
    cells: Counts, *, replicates: int, seed: int, kept: NDArray[np.bool_] | None = None
) -> Counts:
    """Tables of counts as resampled rows would give them.

    Resampling rows with replacement and counting is a multinomial draw from the table, so the rows
    themselves are not needed: 2,000 replicates take milliseconds.

    Args:
        cells: Counts, groups along the first axis, at least one row in all.
        replicates: Number of tables.
        seed: Same seed, same tables.
        kept: Groups of interest; the others are drawn as one cell and left out. None: all.

    Returns:
        Array of shape `(replicates, *cells.shape)`, with the kept groups only.
    """
    total = int(cells.sum())
    wanted = cells if kept is None else cells[kept]
    shares = np.append(wanted.ravel(), total - wanted.sum()) / total
    draws = np.random.default_rng(seed).multinomial(total, shares, size=replicates)
    return draws[:, :-1].reshape(replicates, *wanted.shape)

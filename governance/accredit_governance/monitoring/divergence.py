"""Divergence of two histograms: its size, and whether it is larger than we accept.

Counts of the reference and of the current window over the same cells, cell by cell. With n and m
rows and shares p and q:

- PSI = Σ (q - p)·ln(q / p). Without drift its expectation is about (cells - 1)·(1/n + 1/m), which
  is taken off here; what is left can be compared between windows of different size.
- X² = nm/(n+m) · Σ (q - p)² / pooled share. Without drift it is χ² with cells - 1 degrees of
  freedom. A drift of size δ adds the noncentrality δ·nm/(n+m); the test asks for more than that.
  So a large window does not flag harmless drift, and a small window does not flag noise.
  Source of the idea: Population Resemblance Statistic, arXiv 2307.11878.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Counts = NDArray[np.int64]

MIN_EXPECTED = 5.0
"""Expected rows per cell and window below which the χ² law is not to be trusted (Cochran)."""


def pooled(reference: Counts, current: Counts) -> tuple[Counts, Counts]:
    """Merge cells whose expected count is below 5 in either window into one.

    The merged cell joins the smallest other one when it is still too small.

    Raises:
        ValueError: the histograms differ in length or one holds no row.
    """
    if reference.shape != current.shape:
        raise ValueError("the histograms have different cells")
    n, m = int(reference.sum()), int(current.sum())
    if n == 0 or m == 0:
        raise ValueError("a histogram without rows cannot be compared")
    both = reference + current
    needed = MIN_EXPECTED * (n + m) / min(n, m)
    large = both >= needed
    kept = np.column_stack([reference[large], current[large]])
    rest = np.array([[reference[~large].sum(), current[~large].sum()]])
    if rest.sum() >= needed or kept.shape[0] == 0:
        kept = np.vstack([kept, rest])
    elif rest.sum() > 0:
        kept[int(kept.sum(axis=1).argmin())] += rest[0]
    return kept[:, 0], kept[:, 1]


def psi(reference: Counts, current: Counts) -> float:
    """Bias-corrected population stability index of pooled cells, at least 0.

    Half a row is added to each cell, so that an empty cell counts much but not infinitely.
    """
    p = (reference + 0.5) / (reference.sum() + 0.5 * len(reference))
    q = (current + 0.5) / (current.sum() + 0.5 * len(current))
    bias = (len(reference) - 1) * (1 / reference.sum() + 1 / current.sum())
    return max(0.0, float(np.sum((q - p) * np.log(q / p))) - float(bias))


def drift_p_value(reference: Counts, current: Counts, *, tolerance: float) -> float:
    """Probability of a divergence at least this large if the true one is the tolerance.

    Args:
        reference: pooled counts of the reference window.
        current: pooled counts of the current window.
        tolerance: divergence that is accepted, on the scale of PSI.

    Returns:
        A value in [0, 1]; 1.0 when only one cell is left.
    """
    if len(reference) < 2:
        return 1.0
    n, m = float(reference.sum()), float(current.sum())
    weight = n * m / (n + m)
    p, q = reference / n, current / m
    share = (reference + current) / (n + m)
    statistic = weight * float(np.sum((q - p) ** 2 / share))
    value = float(stats.ncx2.sf(statistic, len(reference) - 1, weight * tolerance))
    return min(1.0, max(0.0, value))


def excess_p_value(hits: int, rows: int, *, prior_hits: float, prior_misses: float) -> float:
    """Probability of at least `hits` of `rows`, given what the reference taught of the share.

    The unknown share has a Beta(`prior_hits`, `prior_misses`) distribution, so a small reference
    gives a cautious answer.
    """
    if hits <= 0 or rows <= 0:
        return 1.0
    value = float(stats.betabinom.sf(hits - 1, rows, prior_hits, prior_misses))
    return min(1.0, max(0.0, value))


def discoveries(p_values: Sequence[float], *, false_discovery: float) -> tuple[bool, ...]:
    """Benjamini-Hochberg: which hypotheses fall at this false-discovery rate, in the given order.

    Source: Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995) 289.
    """
    values = np.asarray(p_values, dtype=float)
    if values.size == 0:
        return ()
    order = np.argsort(values, kind="stable")
    limits = false_discovery * np.arange(1, values.size + 1) / values.size
    below = np.flatnonzero(values[order] <= limits)
    fallen = np.zeros(values.size, dtype=bool)
    if below.size:
        fallen[order[: below[-1] + 1]] = True
    return tuple(bool(f) for f in fallen)

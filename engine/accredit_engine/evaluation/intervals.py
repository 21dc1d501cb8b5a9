"""Scores with their uncertainty: DeLong for the AUC, the bootstrap for everything else."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

DELONG: Final = "delong"
BOOTSTRAP: Final = "bootstrap"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits.

    Attributes:
        estimate: The figure itself.
        low: Lower limit.
        high: Upper limit.
        level: Coverage that is aimed at, in (0, 1).
        rows: Rows it rests on.
        method: How the limits were found.
    """

    estimate: float
    low: float
    high: float
    level: float
    rows: int
    method: str = ""

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)


def auc_interval(
    y: NDArray[np.float64], scores: NDArray[np.float64], *, level: float = 0.95
) -> Interval:
    """AUC of scores (n,) for truth (n,) in {0, 1} with DeLong's interval on the logit scale.

    Method: DeLong, DeLong and Clarke-Pearson (1988), with the ranks of Sun and Xu (2014).

    Raises:
        ValueError: fewer than two rows of either class, or a truth other than 0 and 1.
    """
    auc, above, below = _auc_components(y, scores)
    variance = float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    z = float(norm.ppf(0.5 + level / 2))
    low, high = _logit_limits(auc, variance**0.5, z)
    return Interval(auc, low, high, level, len(y), DELONG)


def _auc_components(
    y: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """AUC, and its part of each positive (p,) and of each negative row (q,) in their order.

    Raises:
        ValueError: fewer than two rows of either class, or a truth other than 0 and 1.
    """
    truth = np.asarray(y, dtype=np.float64)
    if not np.isin(truth, (0.0, 1.0)).all():
        message = "the truth must be 0 or 1"
        raise ValueError(message)
    positive, negative = np.asarray(scores)[truth == 1], np.asarray(scores)[truth == 0]
    if min(len(positive), len(negative)) < 2:
        message = "at least two rows of either class are needed"
        raise ValueError(message)
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[: len(positive)] - rankdata(positive)) / len(negative)
    below = 1 - (ranks[len(positive) :] - rankdata(negative)) / len(positive)
    return float(above.mean()), above, below


def percentile_interval(
    estimate: float, figures: NDArray[np.float64], *, level: float, rows: int
) -> Interval:
    """Interval of an estimate from its resampled figures (r,)."""
    low, high = np.quantile(figures, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(estimate, float(low), float(high), level, rows, BOOTSTRAP)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float],
    rows: int,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
) -> Interval:
    """Percentile interval of a statistic of resampled row positions.

    Resamples on which the statistic is NaN or raises ValueError (a class is absent) are left out.

    Args:
        statistic: Takes row positions (n,) and returns the figure.
        rows: Number of rows.
        seed: Draws the resamples.
        level: Coverage aimed at.
        resamples: How many to draw.

    Raises:
        ValueError: fewer than half of the resamples could be evaluated.
    """
    random = np.random.default_rng(seed)
    figures = []
    for _ in range(resamples):
        drawn = random.integers(0, rows, size=rows)
        try:
            figure = statistic(drawn)
        except ValueError:
            continue
        if not np.isnan(figure):
            figures.append(figure)
    if len(figures) < resamples / 2:
        message = f"only {len(figures)} of {resamples} resamples could be evaluated"
        raise ValueError(message)
    whole = statistic(np.arange(rows))
    return percentile_interval(whole, np.array(figures), level=level, rows=rows)


def _logit_limits(auc: float, deviation: float, z: float) -> tuple[float, float]:
    """Limits that stay inside (0, 1); the plain ones where the logit does not exist."""
    if not 0 < auc < 1 or deviation == 0:
        return max(0.0, auc - z * deviation), min(1.0, auc + z * deviation)
    centre = np.log(auc / (1 - auc))
    reach = z * deviation / (auc * (1 - auc))
    low, high = 1 / (1 + np.exp(-(centre - reach))), 1 / (1 + np.exp(-(centre + reach)))
    return float(low), float(high)

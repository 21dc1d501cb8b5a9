"""Scores of predicted values that are no means over rows: shares explained, medians, maxima.

They agree with scikit-learn; where a share is of nothing (a truth that never varies), a perfect fit
counts 1 and any other 0, as there.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.evaluation.losses import mean

Vector: TypeAlias = NDArray[np.float64]
Weight: TypeAlias = NDArray[np.float64] | None


def weighted_median(values: Vector, weight: Weight = None) -> float:
    """Median of (n,): half of the weight lies on either side; between two rows their mean."""
    if weight is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    kept = order[weight[order] > 0]
    mass = np.cumsum(weight[kept])
    half = float(mass[-1]) / 2
    lower = int(mass.searchsorted(half * (1 - 1e-12), "left"))
    exact = bool(np.isclose(mass[lower], half, rtol=1e-12, atol=0.0))
    upper = min(lower + 1, len(kept) - 1) if exact else lower
    return float(values[kept[lower]] + values[kept[upper]]) / 2


def _share(unexplained: float, total: float) -> float:
    if total == 0:
        return 1.0 if unexplained == 0 else 0.0
    return 1.0 - unexplained / total


def _r2(y: Vector, margin: Vector, weight: Weight) -> float:
    gap, spread = y - margin[:, 0], y - mean(y, weight)
    return _share(mean(gap * gap, weight), mean(spread * spread, weight))


def _explained_variance(y: Vector, margin: Vector, weight: Weight) -> float:
    gap, spread = y - margin[:, 0], y - mean(y, weight)
    gap = gap - mean(gap, weight)
    return _share(mean(gap * gap, weight), mean(spread * spread, weight))


def _d2_absolute(y: Vector, margin: Vector, weight: Weight) -> float:
    gap, spread = np.abs(y - margin[:, 0]), np.abs(y - weighted_median(y, weight))
    return _share(mean(gap, weight), mean(spread, weight))


def _median_error(y: Vector, margin: Vector, weight: Weight) -> float:
    return -weighted_median(np.abs(y - margin[:, 0]), weight)


def _max_error(y: Vector, margin: Vector, weight: Weight) -> float:
    gap = np.abs(y - margin[:, 0])
    return -float(gap.max() if weight is None else gap[weight > 0].max())


FIGURES: Final[Mapping[str, Callable[[Vector, Vector, Weight], float]]] = MappingProxyType(
    {
        "r2": _r2,
        "explained_variance": _explained_variance,
        "d2_absolute_error_score": _d2_absolute,
        "neg_median_absolute_error": _median_error,
        "neg_max_error": _max_error,
        # The name of scikit-learn's scorer before 1.6.
        "max_error": _max_error,
    }
)
"""Scorer name to function of truth (n,), margins (n, 1) and weights of rows."""

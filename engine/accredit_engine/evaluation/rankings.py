"""Scores of a ranking: the area under the ROC curve and the average precision.

Both depend on the order of the scores only; rows of equal score count half for the area and
together for the precision, as in scikit-learn.
"""

from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]
Weight: TypeAlias = NDArray[np.float64] | None


def auc(y: Vector, scores: Vector, weight: Weight = None) -> float:
    """Area under the ROC curve of scores (n,) for truth (n,) in {0, 1}.

    Method: Mann and Whitney's count of pairs in the right order, by binary search.

    Raises:
        ValueError: a class is absent.
    """
    positive = y > 0
    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        message = "an AUC needs both classes"
        raise ValueError(message)
    if weight is not None:
        return _weighted_auc(above, below, weight[positive], weight[~positive])
    # Both sides sorted: the search then walks through memory in order.
    above, below = np.sort(above), np.sort(below)
    pairs = below.searchsorted(above, "left").sum() + below.searchsorted(above, "right").sum()
    return float(pairs) / (2.0 * len(above) * len(below))


def _weighted_auc(above: Vector, below: Vector, on_above: Vector, on_below: Vector) -> float:
    order = np.argsort(below, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(on_below[order])])
    ordered = below[order]
    lower = mass[ordered.searchsorted(above, "left")] + mass[ordered.searchsorted(above, "right")]
    total = float(on_above.sum()) * float(mass[-1])
    if total == 0:
        message = "an AUC needs weight on both classes"
        raise ValueError(message)
    return float((on_above * lower).sum()) / (2.0 * total)


def average_precision(y: Vector, scores: Vector, weight: Weight = None) -> float:
    """Precision averaged over the recall that each step down the ranking (n,) wins.

    Raises:
        ValueError: there is no positive row.
    """
    order = np.argsort(-scores, kind="stable")
    mass = np.ones(len(y)) if weight is None else weight[order]
    ordered = scores[order]
    ends = np.concatenate([np.flatnonzero(ordered[1:] != ordered[:-1]), [len(y) - 1]])
    hits = np.cumsum(y[order] * mass)[ends]
    if hits[-1] <= 0:
        message = "an average precision needs a positive row"
        raise ValueError(message)
    chosen = np.cumsum(mass)[ends]
    precision = np.divide(hits, chosen, out=np.zeros_like(hits), where=chosen > 0)
    return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])


def one_against_rest(y: Vector, p: Vector, weight: Weight, *, by_prevalence: bool) -> float:
    """Mean AUC of each class against the rest; probabilities (n, k).

    Raises:
        ValueError: a class is absent.
    """
    each = [auc((y == k).astype(np.float64), p[:, k], weight) for k in range(p.shape[1])]
    return float(np.average(each, weights=_mass(y, weight, p.shape[1]) if by_prevalence else None))


def one_against_one(y: Vector, p: Vector, weight: Weight, *, by_prevalence: bool) -> float:
    """Mean AUC of each pair of classes, both ways round (Hand and Till 2001).

    Raises:
        ValueError: a class is absent.
    """
    mass = _mass(y, weight, p.shape[1])
    rows = [np.flatnonzero(y == k) for k in range(p.shape[1])]
    each, shares = [], []
    for first, second in combinations(range(p.shape[1]), 2):
        both = np.concatenate([rows[first], rows[second]])
        is_first = np.repeat([1.0, 0.0], [len(rows[first]), len(rows[second])])
        on_both = None if weight is None else weight[both]
        there = auc(is_first, p[both, first], on_both)
        back = auc(1 - is_first, p[both, second], on_both)
        each.append((there + back) / 2)
        shares.append(mass[first] + mass[second])
    return float(np.average(each, weights=shares if by_prevalence else None))


def mean_average_precision(y: Vector, p: Vector, weight: Weight) -> float:
    """Mean over the classes of the average precision of each against the rest.

    Raises:
        ValueError: a class is absent.
    """
    columns = range(p.shape[1])
    each = [average_precision((y == k).astype(np.float64), p[:, k], weight) for k in columns]
    return float(np.mean(each))


def _mass(y: Vector, weight: Weight, outputs: int) -> Vector:
    counts = np.bincount(y.astype(np.intp), weights=weight, minlength=outputs)
    return np.asarray(counts, dtype=np.float64)

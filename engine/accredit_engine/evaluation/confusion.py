"""Scores of decided labels, as functions of the confusion matrix.

One formula serves a single matrix (k, k), the matrices of every threshold (m, k, k) and the
resampled matrices of a bootstrap alike. Rows of a matrix are the truth, columns the decision, and
cells hold the weight of the rows. Definitions are those of scikit-learn with `zero_division=0`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Cells: TypeAlias = NDArray[np.float64]
"""Confusion matrices float64 (..., k, k)."""

LabelScore: TypeAlias = Callable[[Cells], NDArray[np.float64]]
"""Takes (..., k, k) and returns (...); greater is better."""

_HALF_A_ROW: Final = 0.5


def confusion(
    y: NDArray[np.float64],
    label: NDArray[np.float64],
    outputs: int,
    weight: NDArray[np.float64] | None = None,
) -> Cells:
    """Confusion matrix (k, k) of positions of classes: truth (n,) in rows, labels (n,) in columns.

    Args:
        y: Truth, whole numbers from 0.
        label: Decisions, likewise.
        outputs: Number of classes k.
        weight: Weight of each row; without it every row counts once.
    """
    cell = y.astype(np.intp) * outputs + label.astype(np.intp)
    counts = np.bincount(cell, weights=weight, minlength=outputs * outputs)
    return counts.astype(np.float64).reshape(outputs, outputs)


def _parts(cells: Cells) -> tuple[Cells, Cells, Cells]:
    """Of each class (..., k): decided rightly, true, decided."""
    hits = np.diagonal(cells, axis1=-2, axis2=-1)
    return hits, cells.sum(axis=-1), cells.sum(axis=-2)


def _ratio(numerator: Cells, denominator: Cells) -> Cells:
    """Quotient; 0 where the denominator is 0."""
    out = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _f1(hits: Cells, true: Cells, decided: Cells) -> tuple[Cells, Cells]:
    return 2 * hits, true + decided


def _precision(hits: Cells, _: Cells, decided: Cells) -> tuple[Cells, Cells]:
    return hits, decided


def _recall(hits: Cells, true: Cells, _: Cells) -> tuple[Cells, Cells]:
    return hits, true


def _jaccard(hits: Cells, true: Cells, decided: Cells) -> tuple[Cells, Cells]:
    return hits, true + decided - hits


_Fraction: TypeAlias = Callable[[Cells, Cells, Cells], tuple[Cells, Cells]]
_FRACTIONS: Final[Mapping[str, _Fraction]] = {
    "f1": _f1,
    "precision": _precision,
    "recall": _recall,
    "jaccard": _jaccard,
}


def _of_last(fraction: _Fraction) -> LabelScore:
    def score(cells: Cells) -> Cells:
        return _ratio(*fraction(*_parts(cells)))[..., -1]

    return score


def _macro(fraction: _Fraction) -> LabelScore:
    def score(cells: Cells) -> Cells:
        hits, true, decided = _parts(cells)
        # A class that is neither true nor decided anywhere does not exist for scikit-learn.
        known = (true + decided > 0).astype(np.float64)
        each = _ratio(*fraction(hits, true, decided))
        return _ratio((each * known).sum(axis=-1), known.sum(axis=-1))

    return score


def _micro(fraction: _Fraction) -> LabelScore:
    def score(cells: Cells) -> Cells:
        numerator, denominator = fraction(*_parts(cells))
        return _ratio(numerator.sum(axis=-1), denominator.sum(axis=-1))

    return score


def _weighted(fraction: _Fraction) -> LabelScore:
    def score(cells: Cells) -> Cells:
        hits, true, decided = _parts(cells)
        each = _ratio(*fraction(hits, true, decided))
        return _ratio((each * true).sum(axis=-1), true.sum(axis=-1))

    return score


def _accuracy(cells: Cells) -> Cells:
    hits, true, _ = _parts(cells)
    return _ratio(hits.sum(axis=-1), true.sum(axis=-1))


def _balanced_accuracy(cells: Cells) -> Cells:
    hits, true, _ = _parts(cells)
    return _ratio(_ratio(hits, true).sum(axis=-1), (true > 0).sum(axis=-1).astype(np.float64))


def _matthews(cells: Cells) -> Cells:
    hits, true, decided = _parts(cells)
    total = true.sum(axis=-1)
    above = hits.sum(axis=-1) * total - (true * decided).sum(axis=-1)
    spread_true = total**2 - (true**2).sum(axis=-1)
    spread_decided = total**2 - (decided**2).sum(axis=-1)
    return _ratio(above, np.sqrt(np.maximum(spread_true * spread_decided, 0.0)))


def _positive_likelihood_ratio(cells: Cells) -> Cells:
    """Share of hits among positives by share of false alarms among negatives.

    Without a false alarm half a row counts as one, so that a perfect model keeps a finite score.
    """
    negatives = cells[..., 0, :].sum(axis=-1)
    alarms = np.where(cells[..., 0, 1] > 0, cells[..., 0, 1], _HALF_A_ROW)
    hit_rate = _ratio(cells[..., 1, 1], cells[..., 1, :].sum(axis=-1))
    return _ratio(hit_rate, _ratio(alarms, negatives))


def _negative_likelihood_ratio(cells: Cells) -> Cells:
    """Minus the share of misses among positives by the share of right refusals among negatives."""
    negatives = cells[..., 0, :].sum(axis=-1)
    refusals = np.where(cells[..., 0, 0] > 0, cells[..., 0, 0], _HALF_A_ROW)
    miss_rate = _ratio(cells[..., 1, 0], cells[..., 1, :].sum(axis=-1))
    return -_ratio(miss_rate, _ratio(refusals, negatives))


_AVERAGES: Final[Mapping[str, Callable[[_Fraction], LabelScore]]] = {
    "macro": _macro,
    "micro": _micro,
    "weighted": _weighted,
}

LABEL_SCORES: Final[Mapping[str, LabelScore]] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "balanced_accuracy": _balanced_accuracy,
        "matthews_corrcoef": _matthews,
        **{
            f"{name}_{average}": averaged(fraction)
            for name, fraction in _FRACTIONS.items()
            for average, averaged in _AVERAGES.items()
        },
    }
)
"""Scores for any number of classes."""

BINARY_LABEL_SCORES: Final[Mapping[str, LabelScore]] = MappingProxyType(
    {
        **LABEL_SCORES,
        **{name: _of_last(fraction) for name, fraction in _FRACTIONS.items()},
        "positive_likelihood_ratio": _positive_likelihood_ratio,
        "neg_negative_likelihood_ratio": _negative_likelihood_ratio,
    }
)
"""Scores for two classes; the positive class is the last."""

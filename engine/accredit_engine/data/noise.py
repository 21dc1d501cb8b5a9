"""Label noise and missing signal: what out-of-fold predictions say about the data.

Classes follow confident learning (Northcutt, Jiang and Chuang 2021, *Confident Learning: Estimating
Uncertainty in Dataset Labels*, JAIR 70): a row is confidently of class j when its probability of j
reaches the mean probability of j among the rows labelled j; rows confidently of another class than
their label are suspects. Where classes overlap, honest rows look the same, so the share is an upper
estimate and a warning needs classes that are well told apart.

Predictions must be out of fold: a model that saw a wrong label defends it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Label
from accredit_engine.data.finding import Finding, Severity

_LEAST_SHARE: Final = 0.01
_WARNING_SHARE: Final = 0.03
_TOLD_APART: Final = 0.8
_MIN_CLASS_ROWS: Final = 5
_MAX_PAIRS: Final = 10
_FENCE: Final = 6.0
_MAD_TO_SIGMA: Final = 1.4826


def label_noise(
    y: NDArray[np.float64], probabilities: NDArray[np.float64], classes: Sequence[Label]
) -> Finding | None:
    """Finding `label_noise`, or None when fewer than 1 % of the labels look wrong.

    Args:
        y: float64 (n,): position of the class in `classes`.
        probabilities: float64 (n, k): out of fold, columns in the order of `classes`.
        classes: Names of the k classes.
    """
    labels = y.astype(np.int64)
    confident = _confident(labels, probabilities)
    pairs = np.zeros((len(classes), len(classes)), dtype=np.int64)
    known = confident >= 0
    np.add.at(pairs, (labels[known], confident[known]), 1)
    counts = np.bincount(labels, minlength=len(classes))
    # The confident joint, scaled to the number of rows of each label (equation 3 of the paper).
    sums = pairs.sum(axis=1)
    scale = np.divide(counts, sums, out=np.zeros(len(classes)), where=sums > 0)
    estimated = pairs * scale[:, None]
    np.fill_diagonal(estimated, 0)
    share = float(estimated.sum() / len(labels))
    if share < _LEAST_SHARE:
        return None
    own = float(probabilities[np.arange(len(labels)), labels].mean())
    told_apart = own >= _TOLD_APART
    order = np.argsort(-estimated, axis=None, kind="stable")[:_MAX_PAIRS]
    given, other = np.unravel_index(order, estimated.shape)
    evidence: dict[str, float | int | str] = {
        "share": round(share, 6),
        "rows": len(suspect_rows(y, probabilities)),
        "mean_probability_of_label": round(own, 6),
    }
    evidence |= {
        f"{classes[a]} could be {classes[b]}": int(pairs[a, b])
        for a, b in zip(given.tolist(), other.tolist(), strict=True)
        if pairs[a, b]
    }
    return Finding(
        "label_noise",
        Severity.WARNING if told_apart and share >= _WARNING_SHARE else Severity.INFO,
        None,
        f"at most {share:.1%} of the labels look wrong to a model that did not see them",
        evidence,
        "Have the most suspect rows labelled again by a person who does not see the label.",
    )


def suspect_rows(y: NDArray[np.float64], probabilities: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of rows confidently of another class than their label, the most suspect first.

    Arguments as for `label_noise`. Ranked by probability of the label minus the largest other one.
    """
    labels = y.astype(np.int64)
    confident = _confident(labels, probabilities)
    rows = np.flatnonzero((confident >= 0) & (confident != labels))
    own = probabilities[rows, labels[rows]]
    others = probabilities[rows].copy()
    others[np.arange(len(rows)), labels[rows]] = -np.inf
    margin = own - others.max(axis=1, initial=-np.inf)
    return rows[np.argsort(margin, kind="stable")]


def value_noise(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> Finding | None:
    """Finding `target_outliers` for a regression, or None when no residual is far off.

    Args:
        y: float64 (n,): target.
        predicted: float64 (n,): out of fold.
    """
    rows = suspect_values(y, predicted)
    if not len(rows):
        return None
    share = len(rows) / len(y)
    return Finding(
        "target_outliers",
        Severity.WARNING if share < _LEAST_SHARE else Severity.INFO,
        None,
        f"{len(rows)} targets lie {_FENCE:g} robust standard deviations from what is predicted",
        {"rows": len(rows), "share": round(share, 6)},
        "Check them for wrong units and slips; many of them mean that a cause is missing.",
    )


def suspect_values(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions whose residual is beyond six robust standard deviations, the farthest first."""
    residual = y - predicted
    distance = np.abs(residual - np.median(residual))
    spread = _MAD_TO_SIGMA * float(np.median(distance))
    if spread <= 0:
        return np.empty(0, dtype=np.intp)
    rows = np.flatnonzero(distance > _FENCE * spread)
    return rows[np.argsort(-distance[rows], kind="stable")]


def no_signal(score: float, baseline: float, spread: float) -> Finding | None:
    """Finding `no_signal` when the best score does not beat a model without inputs.

    Args:
        score: Best score out of fold; greater is better.
        baseline: Score of the constant prediction on the same folds.
        spread: Standard deviation of the difference over the folds, at least 0.
    """
    if score - baseline > spread:
        return None
    return Finding(
        "no_signal",
        Severity.CRITICAL,
        None,
        f"the inputs say nothing about the target: the best score {score:.4g} does not beat "
        f"{baseline:.4g}, that of a constant, by more than the spread of the folds {spread:.4g}",
        {"score": score, "baseline": baseline, "spread": spread},
        "Do not use the model. Check target and join of the data, or find better inputs.",
    )


def _confident(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Class that each row is confidently of; -1 for none."""
    classes = probabilities.shape[1]
    counts = np.bincount(labels, minlength=classes)
    own = probabilities[np.arange(len(labels)), labels]
    sums = np.bincount(labels, weights=own, minlength=classes)
    # A class of few rows has no threshold to speak of: nothing is confidently of it.
    enough = counts >= _MIN_CLASS_ROWS
    limits = np.where(enough, sums / np.maximum(counts, 1), np.inf)
    reached = np.where(probabilities >= limits, probabilities, -1.0)
    best = reached.argmax(axis=1)
    return np.where(reached.max(axis=1) < 0, -1, best)

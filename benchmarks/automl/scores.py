"""One implementation of the metrics for every framework; numpy only."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PRIMARY: Final = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
"""What every framework is asked to optimise, and is ranked by."""
GREATER_IS_BETTER: Final = frozenset({"auc"})
_SMALLEST: Final = 1e-15


def metrics_of(
    task: str,
    truth: NDArray[Any],  # Any: text or float64, by task.
    predicted: NDArray[np.float64],
    classes: tuple[str, ...],
) -> dict[str, float]:
    """Metrics of one run.

    Args:
        task: binary, multiclass or regression.
        truth: Classes as text, or values (n,).
        predicted: Probabilities (n, k) in the order of the classes, or values (n,).
        classes: Classes in ascending order.

    Raises:
        ValueError: the predictions have the wrong shape or are not finite.
    """
    shape = (len(truth),) if task == "regression" else (len(truth), len(classes))
    if predicted.shape != shape or not np.isfinite(predicted).all():
        message = f"predictions must be finite and of shape {shape}, not {predicted.shape}"
        raise ValueError(message)
    if task == "regression":
        return {"rmse": float(np.sqrt(np.mean((truth.astype(np.float64) - predicted) ** 2)))}
    positions = np.searchsorted(np.array(classes, dtype=object), truth)
    found = {"logloss": log_loss(positions, predicted)}
    if task == "binary":
        found["auc"] = auc(positions == 1, predicted[:, 1])
    return found


def auc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve; tied scores count half.

    Raises:
        ValueError: the rows hold one class only.
    """
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        message = "the test rows hold one class only"
        raise ValueError(message)
    above = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def log_loss(positions: NDArray[np.intp], probability: NDArray[np.float64]) -> float:
    """Mean negative log of the probability of the true class; rows are made to sum to 1."""
    kept = np.clip(probability, _SMALLEST, 1.0)
    kept = kept / kept.sum(axis=1, keepdims=True)
    return float(-np.log(kept[np.arange(len(positions)), positions]).mean())

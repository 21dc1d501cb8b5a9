"""Scores that are means over the rows: log loss, Brier score and the errors of values.

Written out in NumPy because a blend asks for them thousands of times; they agree with the functions
of scikit-learn. Having the loss of every row also gives their intervals without refitting anything.

A predicted value outside the domain of a score (a negative count) is scored as the nearest value
inside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.calibration import probabilities

Vector: TypeAlias = NDArray[np.float64]
Weight: TypeAlias = NDArray[np.float64] | None

_EPSILON: Final = float(np.finfo(np.float64).eps)
_WORST_LOG_LOSS: Final = -float(np.log(_EPSILON))
_TOP_K: Final = 2
_SMALLEST_SHARE_OF_MEAN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Loss:
    """A score that is minus the mean loss of the rows, or minus its root.

    Attributes:
        rows: Takes truth (n,) and margins (n, o), returns the losses (n,).
        root: Whether the root of the mean is meant.
    """

    rows: Callable[[Vector, Vector], Vector]
    root: bool = False

    def finish(self, mean_loss: Vector) -> Vector:
        """Scores (...) of mean losses (...)."""
        return -np.sqrt(mean_loss) if self.root else -mean_loss


def mean(values: Vector, weight: Weight = None) -> float:
    """Mean of (n,), weighted if weights (n,) are given."""
    if weight is None:
        return float(values.mean())
    return float((values * weight).sum() / weight.sum())


def _binary_log_loss(y: Vector, margin: Vector) -> Vector:
    signed = np.where(y > 0, margin[:, 0], -margin[:, 0])
    loss = np.log(1.0 + np.exp(-np.abs(signed))) + np.maximum(-signed, 0.0)
    return np.asarray(np.minimum(loss, _WORST_LOG_LOSS), dtype=np.float64)


def _log_loss(y: Vector, margin: Vector) -> Vector:
    # Column by column: reductions over an axis of a few classes are slow.
    columns = np.ascontiguousarray(margin.T)
    highest = columns[0]
    for column in columns[1:]:
        highest = np.maximum(highest, column)
    total = np.zeros(len(y))
    for column in columns:
        total += np.exp(column - highest)
    own = margin[np.arange(len(y)), y.astype(np.intp)]
    loss = np.log(total) + highest - own
    return np.asarray(np.minimum(loss, _WORST_LOG_LOSS), dtype=np.float64)


def _binary_brier(y: Vector, margin: Vector) -> Vector:
    return np.asarray((probabilities(margin, Task.BINARY)[:, 0] - y) ** 2)


def _brier(y: Vector, margin: Vector) -> Vector:
    p = probabilities(margin, Task.MULTICLASS)
    own = p[np.arange(len(y)), y.astype(np.intp)]
    return np.asarray((p**2).sum(axis=1) - 2 * own + 1.0)


def _missed_top(y: Vector, margin: Vector) -> Vector:
    """Minus one for rows whose class is among the two most likely, so that the score is a share.

    As in scikit-learn, of two equal probabilities the later class comes first.
    """
    position = y.astype(np.intp)
    own = margin[np.arange(len(y)), position]
    ahead = np.zeros(len(y))
    for column in range(margin.shape[1]):
        entry = margin[:, column]
        ahead += (entry > own) | ((entry == own) & (column > position))
    return -(ahead < _TOP_K).astype(np.float64)


def _absolute(y: Vector, margin: Vector) -> Vector:
    return np.abs(y - margin[:, 0])


def _squared(y: Vector, margin: Vector) -> Vector:
    gap = y - margin[:, 0]
    return gap * gap


def _squared_log(y: Vector, margin: Vector) -> Vector:
    inside = np.maximum(margin[:, 0], min(0.0, float(y.min())))
    return np.asarray((np.log1p(y) - np.log1p(inside)) ** 2)


def _relative(y: Vector, margin: Vector) -> Vector:
    return np.asarray(np.abs(y - margin[:, 0]) / np.maximum(np.abs(y), _EPSILON))


def _positive(y: Vector, margin: Vector) -> Vector:
    return np.maximum(margin[:, 0], _SMALLEST_SHARE_OF_MEAN * float(y.mean()))


def _poisson(y: Vector, margin: Vector) -> Vector:
    value = _positive(y, margin)
    logs = y * np.log(np.where(y > 0, y, 1.0) / np.where(y > 0, value, 1.0))
    return np.asarray(2 * (logs - y + value))


def _gamma(y: Vector, margin: Vector) -> Vector:
    value = _positive(y, margin)
    return np.asarray(2 * (np.log(value / y) + y / value - 1))


LOSSES: Final[Mapping[Task, Mapping[str, Loss]]] = MappingProxyType(
    {
        Task.BINARY: {
            "neg_log_loss": Loss(_binary_log_loss),
            "neg_brier_score": Loss(_binary_brier),
        },
        Task.MULTICLASS: {
            "neg_log_loss": Loss(_log_loss),
            "neg_brier_score": Loss(_brier),
            "top_k_accuracy": Loss(_missed_top),
        },
        Task.REGRESSION: {
            "neg_mean_absolute_error": Loss(_absolute),
            "neg_mean_squared_error": Loss(_squared),
            "neg_root_mean_squared_error": Loss(_squared, root=True),
            "neg_mean_squared_log_error": Loss(_squared_log),
            "neg_root_mean_squared_log_error": Loss(_squared_log, root=True),
            "neg_mean_absolute_percentage_error": Loss(_relative),
            "neg_mean_poisson_deviance": Loss(_poisson),
            "neg_mean_gamma_deviance": Loss(_gamma),
        },
    }
)
"""Per task: scorer name to loss."""

"""One linear stacking layer: weights ≥ 0 on the members' margins (Breiman 1996).

Non-negative weights keep monotone members monotone and attributions additive. The penalty pulls
towards equal weights, so that with few rows the stack becomes an average.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from accredit_engine.bundle.contract import Task

_PENALTY: Final = 0.01
_FITTED_ROWS: Final = 10_000


def fit_weights(
    margins: NDArray[np.float64], y: NDArray[np.float64], task: Task
) -> NDArray[np.float64]:
    """Weights (m,) ≥ 0 of margins (m, n, o) that minimise log loss or squared error."""
    step = max(1, len(y) // _FITTED_ROWS)
    margins, y = margins[:, ::step], y[::step]
    members = len(margins)
    equal = np.full(members, 1 / members)
    scale = float(np.var(y)) or 1.0
    hot = np.zeros(margins.shape[1:])
    if task is Task.MULTICLASS:
        hot[np.arange(len(y)), y.astype(np.int64)] = 1.0

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = np.tensordot(weights, margins, axes=1)
        if task is Task.REGRESSION:
            gap = margin[:, 0] - y
            value = float(np.mean(gap**2)) / scale
            slope = (2 * gap / len(y) / scale)[:, None]
        elif task is Task.BINARY:
            value = float(np.mean(np.logaddexp(0.0, margin[:, 0]) - y * margin[:, 0]))
            slope = ((1 / (1 + np.exp(-np.clip(margin[:, 0], -500, 500))) - y) / len(y))[:, None]
        else:
            shifted = margin - margin.max(axis=1, keepdims=True)
            log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            value = -float((hot * (shifted - log_total)).sum()) / len(y)
            slope = (np.exp(shifted - log_total) - hot) / len(y)
        pull = weights - equal
        value += _PENALTY * float(pull @ pull)
        return value, np.tensordot(margins, slope, axes=([1, 2], [0, 1])) + 2 * _PENALTY * pull

    found = minimize(
        loss,
        equal,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * members,
        options={"maxiter": 100},
    )
    weights = np.asarray(found.x, dtype=np.float64)
    return weights if weights.sum() > 0 else equal


def cross_fitted(
    margins: NDArray[np.float64],
    y: NDArray[np.float64],
    parts: Sequence[NDArray[np.intp]],
    task: Task,
) -> NDArray[np.float64]:
    """Margin (n, o) of stacks that were each fitted without the part they answer for."""
    stacked = np.zeros(margins.shape[1:])
    for part in parts:
        others = np.setdiff1d(np.arange(len(y)), part)
        weights = fit_weights(margins[:, others], y[others], task)
        stacked[part] = np.tensordot(weights, margins[:, part], axes=1)
    return stacked

"""Margins and probabilities, and affine calibration of the one into the other.

Calibration stays affine on the margin (Platt 1999), so that attributions of the margin remain
exactly additive after it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from accredit_engine.bundle.contract import Task

_LARGEST_MARGIN: Final = 500.0
_SMALLEST_SLOPE: Final = 1e-3
_NEWTON_STEPS: Final = 50


def probabilities(margin: NDArray[np.float64], task: Task) -> NDArray[np.float64]:
    """What a margin (n, o) means: P(favourable) (n, 1), P(class) (n, k), or the value itself."""
    if task is Task.REGRESSION:
        return margin
    bounded = np.clip(margin, -_LARGEST_MARGIN, _LARGEST_MARGIN)
    if task is Task.BINARY:
        return np.asarray(1.0 / (1.0 + np.exp(-bounded)), dtype=np.float64)
    shifted = np.exp(bounded - bounded.max(axis=1, keepdims=True))
    # Summed class by class: a sum over an axis may group the terms by the shape of the batch.
    total = np.zeros((len(shifted), 1))
    for column in range(shifted.shape[1]):
        total[:, 0] += shifted[:, column]
    return np.asarray(shifted / total, dtype=np.float64)


def identity(outputs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset (o,) and slope (o,) that change nothing."""
    return np.zeros(outputs), np.ones(outputs)


def fit_affine(
    raw: NDArray[np.float64], y: NDArray[np.float64], task: Task, *, shared_slope: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset (o,) and slope (o,) with which `offset + slope · raw` is calibrated.

    Args:
        raw: Scores (n, o), out of fold.
        y: Truth (n,): 1 is favourable, or the position of the class.
        task: For regression nothing is changed.
        shared_slope: Whether all classes share one slope.
    """
    if task is Task.REGRESSION:
        return identity(raw.shape[1])
    if task is Task.BINARY:
        offset, slope = _platt(raw[:, 0], y)
        return np.array([offset]), np.array([slope])
    return _multinomial(raw, y.astype(np.int64), shared_slope=shared_slope)


def _platt(raw: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Newton's method on the log loss with Platt's softened targets."""
    positive = float(y.sum())
    negative = len(y) - positive
    target = np.where(y > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    centre, spread = float(raw.mean()), float(raw.std())
    if spread == 0:
        return float(np.log((positive + 1) / (negative + 1))) - centre, 1.0
    scaled = (raw - centre) / spread
    design = np.stack([np.ones_like(scaled), scaled], axis=1)
    solution = np.array([np.log((positive + 1) / (negative + 1)), 1.0])
    for _ in range(_NEWTON_STEPS):
        margin = np.clip(design @ solution, -30, 30)
        predicted = 1 / (1 + np.exp(-margin))
        gradient = design.T @ (predicted - target)
        weights = predicted * (1 - predicted)
        hessian = design.T @ (design * weights[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        solution = solution - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    slope = max(float(solution[1]), _SMALLEST_SLOPE) / spread
    return float(solution[0]) - slope * centre, slope


def _multinomial(
    raw: NDArray[np.float64], y: NDArray[np.int64], *, shared_slope: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, outputs = raw.shape
    spread = raw.std(axis=0)
    spread[spread == 0] = 1.0
    if shared_slope:
        spread[:] = spread.mean()
    scaled = raw / spread
    hot = np.zeros((rows, outputs))
    hot[np.arange(rows), y] = 1.0

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        offset, slope = theta[:outputs], np.exp(theta[outputs:])
        margin = offset + slope * scaled
        margin = margin - margin.max(axis=1, keepdims=True)
        log_total = np.log(np.exp(margin).sum(axis=1, keepdims=True))
        gap = (np.exp(margin - log_total) - hot) / rows
        value = -float((hot * (margin - log_total)).sum()) / rows + 1e-4 * float(theta @ theta)
        slopes = (gap * scaled * slope).sum(axis=0)
        ends = slopes.sum(keepdims=True) if shared_slope else slopes
        return value, np.concatenate([gap.sum(axis=0), ends]) + 2e-4 * theta

    start = np.zeros(outputs + (1 if shared_slope else outputs))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    theta = np.asarray(found.x, dtype=np.float64)
    slope = np.broadcast_to(np.exp(theta[outputs:]), (outputs,)) / spread
    return theta[:outputs].copy(), np.asarray(slope, dtype=np.float64)

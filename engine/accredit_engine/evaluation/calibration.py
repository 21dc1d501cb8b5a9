"""Margins and probabilities, and affine calibration of the one into the other.

Calibration stays affine on the margin (Platt 1999), so that attributions of the margin remain
exactly additive after it. The fit is on log loss by Newton's method, with slopes that never turn
negative; it stays finite for separable classes, constant scores, classes of one row
and huge scores.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task

Vector: TypeAlias = NDArray[np.float64]
_Evaluated: TypeAlias = tuple[float, Vector, Vector]
"""Loss, gradient (t,) and Hessian (t, t)."""

_LARGEST_MARGIN: Final = 500.0
_SMALLEST_SLOPE: Final = 1e-3
_NEWTON_STEPS: Final = 50
_HALVINGS: Final = 30
_CONVERGED: Final = 1e-14
_FARTHEST: Final = 50.0
_ENOUGH_ROWS: Final = 20_000
_PRIOR_ROWS: Final = 0.01
_PRIOR_ROWS_OF_SLOPES: Final = 0.001
_IQR_OF_NORMAL: Final = 1.349


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
    raw: NDArray[np.float64],
    y: NDArray[np.float64],
    task: Task,
    *,
    shared_slope: bool = False,
    weight: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset (o,) and slope (o,) with which `offset + slope · raw` is calibrated.

    Args:
        raw: Finite scores (n, o), out of fold.
        y: Truth (n,): 1 is favourable, or the position of the class.
        task: For regression nothing is changed.
        shared_slope: Whether all classes share one slope.
        weight: Weights (n,) that describe the population; never class weights, see `weights`.
    """
    if task is Task.REGRESSION:
        return identity(raw.shape[1])
    mass = np.ones(len(y)) if weight is None else weight / weight.mean()
    if task is Task.BINARY:
        offset, slope = _platt(raw[:, 0], y, mass)
        return np.array([offset]), np.array([slope])
    position = y.astype(np.intp)
    kept, shares = _enough(position, mass)
    return _multinomial(raw[kept], position[kept], shares, shared_slope=shared_slope)


def _platt(raw: Vector, y: Vector, mass: Vector) -> tuple[float, float]:
    """Two parameters, with Platt's softened targets."""
    positive = float((mass * y).sum())
    negative = float(mass.sum()) - positive
    target = np.where(y > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    prior = float(np.log((positive + 1) / (negative + 1)))
    scaled, centre, spread = _standard(raw)
    if spread == 0:
        return prior - centre, 1.0
    share = mass / mass.sum()

    def evaluated(theta: Vector) -> _Evaluated:
        margin = theta[0] + theta[1] * scaled
        small = np.exp(-np.abs(margin))
        predicted = np.where(margin >= 0, 1.0, small) / (1.0 + small)
        loss = np.log(1.0 + small) + np.maximum(margin, 0.0) - target * margin
        gap = share * (predicted - target)
        curve = share * predicted * (1 - predicted)
        cross = float((curve * scaled).sum())
        hessian = np.array([[curve.sum(), cross], [cross, (curve * scaled * scaled).sum()]])
        return float((share * loss).sum()), np.array([gap.sum(), (gap * scaled).sum()]), hessian

    floor = np.array([-np.inf, _SMALLEST_SLOPE])
    offset, slope = _minimum(evaluated, np.array([prior, 1.0]), floor)
    slope_of_raw = float(slope) / spread
    return float(offset) - slope_of_raw * centre, slope_of_raw


def _multinomial(
    raw: Vector, position: NDArray[np.intp], mass: Vector, *, shared_slope: bool
) -> tuple[Vector, Vector]:
    """Offsets and slopes of a softmax, drawn a little towards 0 and 1."""
    rows, outputs = raw.shape
    parts = [_standard(raw[:, column]) for column in range(outputs)]
    centre = np.array([part[1] for part in parts])
    spread = np.array([part[2] if part[2] > 0 else 1.0 for part in parts])
    if shared_slope:
        spread[:] = spread.mean()
    scaled = np.clip((raw - centre) / spread, -_FARTHEST, _FARTHEST)
    share = (mass / mass.sum())[:, None]
    hot = np.zeros((rows, outputs))
    hot[np.arange(rows), position] = 1.0
    # Columns of `spreads`: the free parameters; rows: k offsets and k slopes.
    slopes = np.ones((outputs, 1)) if shared_slope else np.eye(outputs)
    width = slopes.shape[1]
    spreads = np.zeros((2 * outputs, outputs + width))
    spreads[:outputs, :outputs], spreads[outputs:, outputs:] = np.eye(outputs), slopes
    neutral = np.concatenate([np.zeros(outputs), np.ones(width)])
    # Offsets are known up to a constant only, so they need a hold; slopes barely one, since classes
    # that are far apart earn a steep one.
    ridge = np.repeat([_PRIOR_ROWS, _PRIOR_ROWS_OF_SLOPES], [outputs, width]) / mass.sum()

    def evaluated(theta: Vector) -> _Evaluated:
        offset, slope = theta[:outputs], slopes @ theta[outputs:]
        margin = offset + slope * scaled
        margin -= margin.max(axis=1, keepdims=True)
        predicted = np.exp(margin)
        total = predicted.sum(axis=1, keepdims=True)
        predicted /= total
        loss = float((share * hot * (np.log(total) - margin)).sum())
        gap = share * (predicted - hot)
        gradient = np.concatenate([gap.sum(axis=0), (gap * scaled).sum(axis=0)])
        curve = share * predicted
        joint = np.concatenate([predicted, predicted * scaled], axis=1)
        hessian = -(joint * share).T @ joint
        diagonal = np.arange(outputs)
        hessian[diagonal, diagonal] += curve.sum(axis=0)
        hessian[outputs + diagonal, outputs + diagonal] += (curve * scaled**2).sum(axis=0)
        cross = (curve * scaled).sum(axis=0)
        hessian[diagonal, outputs + diagonal] += cross
        hessian[outputs + diagonal, diagonal] += cross
        away = theta - neutral
        return (
            loss + float(ridge @ away**2),
            spreads.T @ gradient + 2 * ridge * away,
            spreads.T @ hessian @ spreads + np.diag(2 * ridge),
        )

    floor = np.concatenate([np.full(outputs, -np.inf), np.full(width, _SMALLEST_SLOPE)])
    theta = _minimum(evaluated, neutral, floor)
    slope = (slopes @ theta[outputs:]) / spread
    return theta[:outputs] - slope * centre, slope


def _minimum(evaluated: Callable[[Vector], _Evaluated], start: Vector, floor: Vector) -> Vector:
    """Newton's method with halved steps, for a convex loss above lower limits (t,)."""
    theta, (value, gradient, hessian) = start, evaluated(start)
    for _ in range(_NEWTON_STEPS):
        free = np.flatnonzero((theta > floor) | (gradient < 0))
        step = np.zeros_like(theta)
        # The small ridge keeps the system solvable where the loss is flat.
        system = hessian[np.ix_(free, free)] + 1e-12 * np.eye(len(free))
        step[free] = np.linalg.solve(system, gradient[free])
        if float(gradient @ step) < _CONVERGED:
            break
        for halving in range(_HALVINGS):
            moved = np.maximum(theta - step * 0.5**halving, floor)
            found = evaluated(moved)
            if found[0] < value:
                break
        else:
            break
        theta, (value, gradient, hessian) = moved, found
    return theta


def _standard(raw: Vector) -> tuple[Vector, float, float]:
    """Scores (n,) centred, in units of their spread and cut far out; the centre; the spread.

    The spread is that of the middle half, so that single huge scores do not flatten the rest.
    """
    # In units of the largest score nothing overflows.
    peak = float(np.abs(raw).max()) or 1.0
    unit = raw / peak
    low, centre, high = (float(value) for value in np.quantile(unit, [0.25, 0.5, 0.75]))
    spread = (high - low) / _IQR_OF_NORMAL or float(unit.std())
    if spread * peak <= np.finfo(np.float64).tiny:
        return np.zeros_like(raw), centre * peak, 0.0
    scaled = np.clip((unit - centre) / spread, -_FARTHEST, _FARTHEST)
    return scaled, centre * peak, spread * peak


def _enough(position: NDArray[np.intp], mass: Vector) -> tuple[NDArray[np.intp], Vector]:
    """Rows to fit on and their weights: large classes are thinned evenly, small ones stay whole."""
    if len(position) <= _ENOUGH_ROWS:
        return np.arange(len(position)), mass
    counts = np.bincount(position)
    most = _ENOUGH_ROWS // len(counts)
    kept, weights = [], []
    for k in np.flatnonzero(counts):
        rows = np.flatnonzero(position == k)
        if len(rows) > most:
            rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]
        kept.append(rows)
        weights.append(mass[rows] * (counts[k] / len(rows)))
    return np.concatenate(kept), np.concatenate(weights)

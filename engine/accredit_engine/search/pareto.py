"""Several objectives at once: which models no other model beats in everything.

Objectives are maximised here; a smaller-is-better one is turned round (`signed`). Equal points
never beat each other, so all of them stay: the front does not depend on the order of the points.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.search.trials import Trial, TrialState


class Objective(StrEnum):
    """What a search can be asked to weigh.

    Score and selection-rate ratio are better when greater, the seconds that the prediction of one
    row takes when smaller. Seconds are measured, so only the other two give equal runs.
    """

    SCORE = "score"
    RATIO = "ratio"
    SECONDS_PER_ROW = "seconds_per_row"


_SIGNS: Final = {Objective.SCORE: 1.0, Objective.RATIO: 1.0, Objective.SECONDS_PER_ROW: -1.0}


def directions(objectives: Sequence[Objective]) -> list[str]:
    """Directions as Optuna names them, in order."""
    return ["maximize" if _SIGNS[objective] > 0 else "minimize" for objective in objectives]


def objective_values(
    trial: Trial, objectives: Sequence[Objective], *, seconds_per_row: float | None = None
) -> tuple[float, ...] | None:
    """Values of a trial in the objectives' own units, for a sampler.

    Args:
        trial: A trial that ended.
        objectives: What is wanted, in order.
        seconds_per_row: Measured for this trial; needed when it is an objective.

    Returns:
        None when the trial did not finish or one of the values is not known or not finite.
    """
    if trial.state is not TrialState.FINISHED:
        return None
    known = {
        Objective.SCORE: trial.score,
        Objective.RATIO: trial.ratio,
        Objective.SECONDS_PER_ROW: seconds_per_row,
    }
    values = [known[objective] for objective in objectives]
    found = tuple(value for value in values if value is not None and math.isfinite(value))
    return found if len(found) == len(values) else None


def signed(values: Sequence[float], objectives: Sequence[Objective]) -> tuple[float, ...]:
    """The same values as a point of `front`, where greater is always better."""
    return tuple(
        _SIGNS[objective] * value for objective, value in zip(objectives, values, strict=True)
    )


def front(points: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Positions of the points that no other point dominates, ascending.

    A point dominates another when it is at least as good in every objective and better in one.

    Args:
        points: Values per point, the same number for each, greater is better.

    Raises:
        ValueError: a value is not finite, or the points differ in length.
    """
    table = _table(points)
    kept = []
    for at, point in enumerate(table):
        dominates = (table >= point).all(axis=1) & (table > point).any(axis=1)
        if not dominates.any():
            kept.append(at)
    return tuple(kept)


def compromise(points: Sequence[Sequence[float]]) -> int:
    """Position of the point of the front that lies nearest to the best of every objective.

    Distances are Euclidean after each objective is scaled to [0, 1] over the front (compromise
    programming, Yu 1973); ties go to the first. It is a proposal for people, not a decision.

    Raises:
        ValueError: there are no points, or as in `front`.
    """
    positions = front(points)
    if not positions:
        message = "without points there is no compromise"
        raise ValueError(message)
    table = _table(points)[list(positions)]
    span = np.ptp(table, axis=0)
    missing = (table.max(axis=0) - table) / np.where(span > 0, span, 1.0)
    return positions[int(np.argmin((missing**2).sum(axis=1)))]


def _table(points: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    if len({len(point) for point in points}) > 1:
        message = "the points have different numbers of objectives"
        raise ValueError(message)
    if not len(points):
        return np.zeros((0, 0))
    table = np.asarray(points, dtype=np.float64)
    if not np.isfinite(table).all():
        message = "a point that is not finite cannot be compared"
        raise ValueError(message)
    return table

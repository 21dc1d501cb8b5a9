"""Several objectives at once: which models no other model beats in everything.

Objectives are maximised here; a smaller-is-better one is turned round (`signed`). Equal points
never beat each other, so all of them stay: the front does not depend on the order of the points.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Objective(StrEnum):
    """What a search can be asked to weigh.

    Score and selection-rate ratio are better when greater, the seconds that the prediction of one
    row takes when smaller. Seconds are measured, so only the other two give equal runs.
    """

    SCORE = "score"
    RATIO = "ratio"
    SECONDS_PER_ROW = "seconds_per_row"


_SIGNS: Final = {Objective.SCORE: 1.0, Objective.RATIO: 1.0, Objective.SECONDS_PER_ROW: -1.0}


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

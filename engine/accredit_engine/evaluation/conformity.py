"""Finds the number behind conformal intervals and sets, from predictions out of fold.

The nonconformity of each row is MAPIE's. Coverage holds for rows that are exchangeable with those
of training: not across a drift, and with grouped rows only if the folds kept the groups together.
Predictions out of fold come from models of fewer rows than the final one, so intervals err on the
wide side; the strict guarantee of cross-validation is 2 · level − 1, in practice it reaches the
level (Barber et al. 2021).
"""

import math
from typing import Final

import numpy as np
from mapie.conformity_scores import (
    AbsoluteConformityScore,
    LACConformityScore,
)
from numpy.typing import NDArray

from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.conformal import (
    Conformal,
    ConformalMethod,
    both_classes,
    likelier,
    usual_error,
)

_ROWS_PER_KNOT: Final = 50
_MOST_KNOTS: Final = 10
_SMALLEST_DIFFICULTY: Final = 0.1


def conformalize(
    y: NDArray[np.float64],
    output: NDArray[np.float64],
    level: float,
    method: ConformalMethod,
) -> Conformal:
    """Intervals or sets that hold the truth of a share `level` of rows.

    Args:
        y: Truth (n,): values, positions of classes, or 1 for favourable.
        output: Out of fold: values (n, 1), P(favourable) (n, 1) or P(class) (n, k).
        level: Coverage, in (0.5, 1).
        method: One that suits the task.

    Raises:
        UnfitSettings: the level is outside (0.5, 1) or needs more rows.
    """
    if not 0.5 < level < 1:
        message = f"the coverage must lie between 0.5 and 1, not {level}"
        raise UnfitSettings(message)
    rank = _rank(len(y), level)
    difficulty: tuple[tuple[float, float], ...] = ()
    if method is ConformalMethod.NORMALISED:
        difficulty = _difficulty(y, output[:, 0])
    scores = _nonconformity(y, output, method, difficulty)
    return Conformal(level, method, float(np.sort(scores)[rank - 1]), len(y), difficulty)


def _rank(rows: int, level: float) -> int:
    """Place of the quantile among the rows: one more row than there are, so ⌈(n + 1) · level⌉."""
    # A hair less, because 0.9 · 10 may come out above 9.
    rank = math.ceil((rows + 1) * level - 1e-9)
    if rank > rows:
        needed = math.ceil(level / (1 - level) - 1e-9)
        message = f"a coverage of {level} needs at least {needed} rows, not {rows}"
        raise UnfitSettings(message)
    return rank


def _nonconformity(
    y: NDArray[np.float64],
    output: NDArray[np.float64],
    method: ConformalMethod,
    difficulty: tuple[tuple[float, float], ...],
) -> NDArray[np.float64]:
    if method is ConformalMethod.LAC:
        own = LACConformityScore().get_conformity_scores(
            y, both_classes(output), y_enc=y.astype(np.intp)
        )
        return np.asarray(own, dtype=np.float64).ravel()
    if method is ConformalMethod.APS:
        # MAPIE 1.6 binarises two classes into one column and then picks the wrong one.
        return likelier(both_classes(output))[np.arange(len(y)), y.astype(np.intp)]
    gap = AbsoluteConformityScore(sym=True).get_conformity_scores(y, output[:, 0])
    error = np.asarray(gap, dtype=np.float64)
    return error / usual_error(output[:, 0], difficulty) if difficulty else error


def _difficulty(
    y: NDArray[np.float64], value: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    """Mean absolute error among rows of similar predicted value: a tenth of the rows, or 50."""
    error = np.abs(y - value)
    overall = float(error.mean()) or 1.0
    order = np.argsort(value, kind="stable")
    parts = np.array_split(order, min(_MOST_KNOTS, max(1, len(y) // _ROWS_PER_KNOT)))
    knots: dict[float, float] = {}
    for rows in parts:
        # Never near 0, or a lucky region would promise what it cannot hold.
        usual = max(float(error[rows].mean()), _SMALLEST_DIFFICULTY * overall)
        centre = float(value[rows].mean())
        # Where predictions repeat, parts may share a centre: the larger error holds.
        knots[centre] = max(usual, knots.get(centre, 0.0))
    return tuple(sorted(knots.items()))

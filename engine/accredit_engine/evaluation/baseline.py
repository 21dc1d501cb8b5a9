"""The score of a model that knows nothing about a row: what every model has to beat."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.confusion import confusion
from accredit_engine.evaluation.custom_score import CustomScore, Needs
from accredit_engine.evaluation.metrics import Scorer, prior_margin

Vector: TypeAlias = NDArray[np.float64]


def baseline_score(
    scorer: Scorer, y: Vector, outputs: int = 1, weight: Vector | None = None
) -> float:
    """Best score that one and the same prediction for all rows reaches.

    Probabilities are the shares of the classes, decisions any one class, values the mean, a median
    or the middle of the range, whichever scores best.

    Args:
        scorer: The score.
        y: Truth (n,), as in `Scorer.score`.
        outputs: Columns of the margin.
        weight: Weight of each row (n,).

    Raises:
        ValueError: the score does not exist on these rows.
    """
    if scorer.task is Task.REGRESSION:
        return max(
            scorer.score(y, np.full((len(y), 1), value), weight) for value in _constants(y, weight)
        )
    if scorer.label_score is not None:
        decided = [_decided(y, k, max(2, outputs), weight) for k in range(max(2, outputs))]
        turned = decided if not scorer.flipped else [cells[::-1, ::-1] for cells in decided]
        return max(float(scorer.label_score(cells)) for cells in turned)
    if isinstance(scorer.metric, CustomScore) and scorer.metric.needs == Needs.LABEL:
        truth = 1 - y if scorer.flipped else y
        metric = scorer.metric
        return max(metric(truth, np.full(len(y), float(k)), weight) for k in range(max(2, outputs)))
    prior = prior_margin(y, scorer.task, outputs, weight)
    return scorer.score(y, np.tile(prior, (len(y), 1)), weight)


def _decided(y: Vector, k: int, outputs: int, weight: Vector | None) -> Vector:
    return confusion(y, np.full(len(y), float(k)), outputs, weight)


def _constants(y: Vector, weight: Vector | None) -> list[float]:
    found = [
        float(np.average(y, weights=weight)),
        float(np.median(y)),
        float(y.min() + y.max()) / 2,
    ]
    if (y > -1).all():
        # The best constant for errors of logarithms.
        found.append(float(np.expm1(np.average(np.log1p(y), weights=weight))))
    if (y != 0).all():
        # For relative errors it is the median weighted by 1 / |y|.
        order = np.argsort(y, kind="stable")
        mass = np.cumsum(1 / np.abs(y[order]))
        found.append(float(y[order][mass.searchsorted(mass[-1] / 2)]))
    return found

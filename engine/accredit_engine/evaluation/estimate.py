"""Scores on untouched rows with their intervals, and gains of one model over another.

Which method gives the limits:

- the AUC: DeLong, DeLong and Clarke-Pearson (1988), for a gain with the covariance of both models;
- scores that are means over rows: the bootstrap of the losses; for a gain their standard error;
- scores of labels: the bootstrap of the confusion matrix, whose cells are multinomial;
- all others: the bootstrap of the rows.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.confusion import LabelScore
from accredit_engine.evaluation.intervals import (
    DELONG,
    DELTA,
    Interval,
    auc_components,
    auc_interval,
    bootstrap_interval,
    normal_interval,
    percentile_interval,
)
from accredit_engine.evaluation.losses import Loss
from accredit_engine.evaluation.metrics import Scorer

Vector: TypeAlias = NDArray[np.float64]

_RESAMPLES: Final = 1000
_FEWEST_RESAMPLES: Final = 200
_DRAWN_CELLS: Final = 6_000_000
_CHUNK_CELLS: Final = 2_000_000


def estimate(
    scorer: Scorer,
    y: Vector,
    margin: Vector,
    seed: int,
    level: float = 0.95,
    *,
    threshold: float | None = None,
) -> Interval:
    """Score of margins (n, o) of rows that took no part in any choice, with its interval.

    Args:
        scorer: The score.
        y: Truth (n,), as in `Scorer.score`.
        margin: Calibrated margins (n, o).
        seed: Draws the resamples.
        level: Coverage aimed at, in (0, 1).
        threshold: The frozen threshold of the model; a score of labels means little without it.

    Raises:
        ValueError: the score does not exist on these rows, or on most of their resamples.
    """
    rows = len(y)
    if scorer.name == "roc_auc":
        return auc_interval(y, margin[:, 0], level=level)
    random = np.random.default_rng(seed)
    if scorer.loss is not None:
        figures = _resampled_means(scorer.loss, scorer.loss.rows(y, margin), random)
        whole = scorer.score(y, margin)
        return percentile_interval(whole, figures, level=level, rows=rows)
    if scorer.label_score is not None:
        cells = scorer.cells(y, margin, threshold=threshold)
        drawn = random.multinomial(rows, cells.ravel() / rows, size=_RESAMPLES)
        figures = scorer.label_score(drawn.reshape(-1, *cells.shape).astype(np.float64))
        whole = float(scorer.label_score(cells))
        return percentile_interval(whole, figures, level=level, rows=rows)
    # Rows in the order of their scores, drawn in that order: sorting what is sorted takes no time.
    order = np.argsort(-margin[:, 0], kind="stable")
    y, margin = y[order], margin[order]

    def score(drawn: NDArray[np.intp]) -> float:
        ordered = np.sort(drawn)
        return scorer.score(y[ordered], margin[ordered], threshold=threshold)

    return bootstrap_interval(
        score,
        rows,
        seed=seed,
        level=level,
        resamples=_affordable(margin),
    )


def paired_gain(
    scorer: Scorer,
    y: Vector,
    before: Vector,
    after: Vector,
    seed: int,
    level: float = 0.95,
    *,
    threshold: float | None = None,
) -> Interval:
    """How much better the margins `after` (n, o) score than `before` (n, o) on the same rows.

    Positive is better; `interval.exceeds(0.0)` says that the gain is beyond noise. Arguments and
    errors are those of `estimate`.
    """
    rows = len(y)
    if scorer.name == "roc_auc":
        return _auc_gain(y, before[:, 0], after[:, 0], level)
    if scorer.loss is not None:
        return _loss_gain(scorer.loss, y, before, after, level)
    if scorer.label_score is not None:
        labels = [
            scorer.decide(y, margin, threshold=threshold).astype(np.intp)
            for margin in (before, after)
        ]
        return _label_gain(scorer, scorer.label_score, y, labels, seed, level)

    order = np.argsort(-after[:, 0], kind="stable")
    y, before, after = y[order], before[order], after[order]

    def gain(drawn: NDArray[np.intp]) -> float:
        ordered = np.sort(drawn)
        new, old = (
            scorer.score(y[ordered], margin[ordered], threshold=threshold)
            for margin in (after, before)
        )
        return new - old

    return bootstrap_interval(
        gain,
        rows,
        seed=seed,
        level=level,
        resamples=_affordable(before),
    )


def _auc_gain(y: Vector, before: Vector, after: Vector, level: float) -> Interval:
    old, old_above, old_below = auc_components(y, before)
    new, new_above, new_below = auc_components(y, after)
    above, below = new_above - old_above, new_below - old_below
    variance = float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    return normal_interval(new - old, variance**0.5, level=level, rows=len(y), method=DELONG)


def _loss_gain(loss: Loss, y: Vector, before: Vector, after: Vector, level: float) -> Interval:
    old, new = loss.rows(y, before), loss.rows(y, after)
    gain = float(loss.finish(new.mean()) - loss.finish(old.mean()))
    parts = loss.influence(new) - loss.influence(old)
    deviation = float(parts.std(ddof=1)) / len(y) ** 0.5 if len(y) > 1 else float("inf")
    return normal_interval(gain, deviation, level=level, rows=len(y), method=DELTA)


def _label_gain(
    scorer: Scorer,
    label_score: LabelScore,
    y: Vector,
    labels: list[NDArray[np.intp]],
    seed: int,
    level: float,
) -> Interval:
    """Cells are (truth, decision before, decision after): all that the rows can differ in."""
    outputs = int(max(y.max(), *(label.max() for label in labels), 1)) + 1
    truth = y.astype(np.intp)
    if scorer.flipped and scorer.task is Task.BINARY:
        truth, labels = 1 - truth, [1 - label for label in labels]
    place = (truth * outputs + labels[0]) * outputs + labels[1]
    # Only what occurs is drawn: there are k³ cells.
    found, counts = np.unique(place, return_counts=True)
    old = found // outputs
    new = found // outputs**2 * outputs + found % outputs

    def gains(drawn: NDArray[np.int64]) -> Vector:
        cells = []
        for at in (new, old):
            onto = np.zeros((len(found), outputs * outputs))
            onto[np.arange(len(found)), at] = 1.0
            cells.append((drawn @ onto).reshape(-1, outputs, outputs))
        return np.asarray(label_score(cells[0]) - label_score(cells[1]), dtype=np.float64)

    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(y), counts / len(y), size=_RESAMPLES)
    whole = float(gains(counts[None, :])[0])
    return percentile_interval(whole, gains(drawn), level=level, rows=len(y))


def _resampled_means(loss: Loss, losses: Vector, random: np.random.Generator) -> Vector:
    """Scores (r,) of resampled rows, drawn in portions that fit the memory."""
    rows = len(losses)
    portion = max(1, _CHUNK_CELLS // rows)
    means: list[Vector] = []
    done = 0
    while done < _RESAMPLES:
        count = min(portion, _RESAMPLES - done)
        drawn = random.integers(0, rows, size=(count, rows), dtype=np.int32)
        means.append(losses[drawn].mean(axis=1))
        done += count
    return loss.finish(np.concatenate(means))


def _affordable(margin: Vector) -> int:
    """Fewer resamples of large tables: their scores vary less and take longer."""
    return int(min(_RESAMPLES, max(_FEWEST_RESAMPLES, _DRAWN_CELLS // margin.size)))

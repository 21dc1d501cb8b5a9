"""Scores on untouched rows with their intervals.

Which method gives the limits:

- the AUC: DeLong, DeLong and Clarke-Pearson (1988);
- scores that are means over rows: the bootstrap of the losses;
- scores of labels: the bootstrap of the confusion matrix, whose cells are multinomial;
- all others: the bootstrap of the rows.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.evaluation.intervals import (
    Interval,
    auc_interval,
    bootstrap_interval,
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

"""Check whether a score means what it says: of rows scored 0.8, eight in ten turn out well."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import (
    EvidenceUnusable,
    numbers,
    probability_table,
    same_rows,
    truths,
)
from accredit_governance.policy.model_checks import Calibration

_REPLICATES: Final = 2_000
_MANY_ROWS: Final = 5_000
_CLASSES: Final = 50
_ROUNDING: Final = 1e-3
_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Bins:
    """Rows in bins of equal count, by score, lowest first.

    Attributes:
        rows: Rows per bin.
        predicted: Mean score.
        hits: Rows in which what was foretold happened.
        low: Smallest score.
        high: Greatest score.
    """

    rows: Floats
    predicted: Floats
    hits: Floats
    low: Floats
    high: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: mean over rows of |observed - predicted| of their bin."""
        gaps = np.abs(self.hits - self.rows * self.predicted)
        return float(gaps.sum() / self.rows.sum())

    def decomposition(self) -> dict[str, float]:
        """Parts of the Brier score (Murphy 1973): reliability - resolution + uncertainty.

        They add up to the score of the mean scores of the bins; what is left of the score of the
        rows is the spread of the scores within bins.
        """
        share, observed = self.rows / self.rows.sum(), self.hits / self.rows
        overall = float(self.hits.sum() / self.rows.sum())
        return {
            "reliability": float((share * (self.predicted - observed) ** 2).sum()),
            "resolution": float((share * (observed - overall) ** 2).sum()),
            "uncertainty": overall * (1 - overall),
        }


def calibration(spec: Calibration, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """Expected calibration error against its maximum.

    The error is never 0 on finite rows, so a value beyond the limit fails only when a perfectly
    calibrated model would rarely show it; otherwise the evidence is insufficient. Being too high
    on average, it needs no upper bound to pass; but where chance alone would give more than the
    limit, a value within it shows nothing, and the evidence is insufficient as well.

    With several classes it is that of the likeliest class of each row (Guo et al. 2017). Its Brier
    score is that of the same event; the errors of each class against the rest are shown beside it.
    """
    score, hit = _scored(evidence)
    evaluation = context.policy.evaluation
    bins = equal_count_bins(score, hit, spec.bins)
    null = chance_errors(score, spec.bins, seed=evaluation.seed)
    expected = float(null.mean())
    p = float((1 + (null >= bins.error).sum()) / (1 + len(null)))
    verdict = Verdict.PASS
    if bins.error > spec.max:
        significant = p <= 1 - evaluation.confidence
        verdict = Verdict.FAIL if significant else Verdict.INSUFFICIENT_EVIDENCE
    elif expected > spec.max:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    elif spec.warn is not None and bins.error > spec.warn:
        verdict = Verdict.WARN
    slope, intercept = slope_and_intercept(score, hit)
    z = statistics.critical_value(evaluation.confidence, sides=2)
    low, high = statistics.wilson(bins.hits, bins.rows, z)
    brier, spread = brier_score(score, hit)
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"The expected calibration error is {bins.error:.3f} on {len(score):,} test "
            f"rows; at most {spec.max:g} is allowed, and chance alone would give {expected:.3f}.",
            value=bins.error,
            n=len(score),
            remedy="Recalibrate the score on rows apart from training and test rows, or collect "
            "more test rows.",
            details={
                "brier": brier,
                "brier_low": max(brier - z * spread, 0.0),
                "brier_high": min(brier + z * spread, 1.0),
                **bins.decomposition(),
                "slope": slope,
                "intercept": intercept,
                "p": p,
                "expected_by_chance": expected,
                "bins": [
                    {
                        "rows": int(bins.rows[i]),
                        "from": bins.low[i],
                        "to": bins.high[i],
                        "predicted": bins.predicted[i],
                        "observed": bins.hits[i] / bins.rows[i],
                        "low": low[i],
                        "high": high[i],
                    }
                    for i in range(len(bins.rows))
                ],
                **_classwise(evidence, spec.bins),
            },
        ),
    )


def equal_count_bins(score: Floats, hit: NDArray[np.bool_], bins: int) -> Bins:
    """Rows sorted by score and cut into bins of equal count; equal scores stay together."""
    place = _places(score, bins)
    rows = np.bincount(place).astype(np.float64)
    low, high = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    np.minimum.at(low, place, score)
    np.maximum.at(high, place, score)
    return Bins(
        rows=rows,
        predicted=np.bincount(place, weights=score) / rows,
        hits=np.asarray(np.bincount(place, weights=hit), dtype=np.float64),
        low=low,
        high=high,
    )


def _places(score: Floats, bins: int) -> NDArray[np.intp]:
    """Bin of each row; no bin is empty."""
    rank = np.searchsorted(np.sort(score), score, side="left")
    place = np.minimum(rank * bins // len(score), bins - 1)
    _, place = np.unique(place, return_inverse=True)
    return place


def chance_errors(score: Floats, bins: int, *, seed: int) -> Floats:
    """Calibration errors of a perfectly calibrated model with these scores.

    Outcomes are drawn row by row. With many rows, sums of a bin's outcomes are drawn as normal
    instead, which then makes no difference.

    Returns:
        float64: as many errors as there are replicates; same seed, same errors.
    """
    place, rng = _places(score, bins), np.random.default_rng(seed)
    count, rows = int(place.max()) + 1, len(score)
    if rows > _MANY_ROWS:
        variance = np.bincount(place, weights=score * (1 - score))
        gaps = rng.standard_normal((_REPLICATES, count)) * np.sqrt(variance)
    else:
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(count))
        drawn = rng.random((_REPLICATES, rows), dtype=np.float32) < score[order]
        gaps = np.add.reduceat(drawn - score[order], starts, axis=1)
    errors: Floats = np.abs(gaps).sum(axis=1) / rows
    return errors


def brier_score(score: Floats, hit: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean squared difference of score and outcome, and its standard error (0 for one row)."""
    squares = (score - hit) ** 2
    error = float(squares.std(ddof=1)) / math.sqrt(len(squares)) if len(squares) > 1 else 0.0
    return float(squares.mean()), error


def _classwise(evidence: Evidence, bins: int) -> dict[str, object]:
    """Calibration error of each class against the rest, worst first; nothing for two classes."""
    if evidence.task != "multiclass":
        return {}
    table, codes, labels = probability_table(
        evidence.probabilities, evidence.outcome, "probabilities"
    )
    errors = [equal_count_bins(table[:, at], codes == at, bins).error for at in range(len(labels))]
    ones = np.eye(len(labels))[codes]
    worst = sorted(range(len(labels)), key=lambda at: -errors[at])[:_CLASSES]
    return {
        "brier_of_classes": float(((table - ones) ** 2).sum(axis=1).mean()),
        "classwise_error": float(np.mean(errors)),
        "classes": [
            {"class": labels[at], "error": errors[at], "rows": int((codes == at).sum())}
            for at in worst
        ],
    }


def slope_and_intercept(score: Floats, hit: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    """Logistic regression of the outcome on the log-odds of the score: 1 and 0 are ideal.

    A slope below 1 means too extreme scores. None when it cannot be estimated.
    """
    clipped = np.clip(score, 1e-12, 1 - 1e-12)
    design = np.column_stack([np.ones(len(score)), np.log(clipped / (1 - clipped))])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = design.T @ (design * (fitted * (1 - fitted))[:, None])
        if not np.linalg.cond(curvature) < 1e10:
            return None, None
        step = np.linalg.solve(curvature, design.T @ (hit - fitted))
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            return float(weights[1]), float(weights[0])
    return None, None


def _scored(evidence: Evidence) -> tuple[Floats, NDArray[np.bool_]]:
    """Probability of what was foretold, and whether it happened."""
    if evidence.task == "binary":
        same_rows(evidence.score, evidence.outcome, "the score")
        score = numbers(evidence.score, "the score")
        hit = truths(evidence.outcome, "the outcome")
    else:
        table, codes, _ = probability_table(
            evidence.probabilities, evidence.outcome, "probabilities"
        )
        if np.abs(table.sum(axis=1) - 1).max() > _ROUNDING:
            raise EvidenceUnusable("the probabilities of a row do not add up to 1")
        score = table.max(axis=1)
        hit = table.argmax(axis=1) == codes
    if score.min() < 0 or score.max() > 1:
        raise EvidenceUnusable("a score is no probability: it lies outside 0 to 1")
    return score, hit

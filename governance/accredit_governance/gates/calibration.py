"""Check whether a score means what it says: of rows scored 0.8, eight in ten turn out well."""

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
_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Bins:
    """Rows in bins of equal count, by score, lowest first."""

    rows: Floats
    predicted: Floats
    hits: Floats
    variance: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: mean over rows of |observed - predicted| of their bin."""
        gaps = np.abs(self.hits - self.rows * self.predicted)
        return float(gaps.sum() / self.rows.sum())


def calibration(spec: Calibration, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """Expected calibration error against its maximum.

    The error is never 0 on finite rows, so a value beyond the limit fails only when a perfectly
    calibrated model would rarely show it; otherwise the evidence is insufficient.
    """
    score, hit = _scored(evidence)
    evaluation = context.policy.evaluation
    bins = equal_count_bins(score, hit, spec.bins)
    null = chance_errors(bins, seed=evaluation.seed)
    p = float((1 + (null >= bins.error).sum()) / (1 + len(null)))
    verdict = Verdict.PASS
    if bins.error > spec.max:
        significant = p <= 1 - evaluation.confidence
        verdict = Verdict.FAIL if significant else Verdict.INSUFFICIENT_EVIDENCE
    elif spec.warn is not None and bins.error > spec.warn:
        verdict = Verdict.WARN
    slope, intercept = slope_and_intercept(score, hit)
    z = statistics.critical_value(evaluation.confidence, sides=2)
    low, high = statistics.wilson(bins.hits, bins.rows, z)
    expected = float(null.mean())
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
                "brier": float(((score - hit) ** 2).mean()),
                "slope": slope,
                "intercept": intercept,
                "p": p,
                "expected_by_chance": expected,
                "bins": [
                    {
                        "rows": int(bins.rows[i]),
                        "predicted": bins.predicted[i],
                        "observed": bins.hits[i] / bins.rows[i],
                        "low": low[i],
                        "high": high[i],
                    }
                    for i in range(len(bins.rows))
                ],
            },
        ),
    )


def equal_count_bins(score: Floats, hit: NDArray[np.bool_], bins: int) -> Bins:
    """Rows sorted by score and cut into bins of equal count; equal scores stay together."""
    rank = np.searchsorted(np.sort(score), score, side="left")
    place = np.minimum(rank * bins // len(score), bins - 1)
    _, place = np.unique(place, return_inverse=True)
    rows = np.bincount(place).astype(np.float64)
    hits = np.asarray(np.bincount(place, weights=hit), dtype=np.float64)
    variance = np.asarray(np.bincount(place, weights=score * (1 - score)), dtype=np.float64)
    return Bins(
        rows=rows,
        predicted=np.bincount(place, weights=score) / rows,
        hits=hits,
        variance=variance,
    )


def chance_errors(bins: Bins, *, seed: int) -> Floats:
    """Calibration errors of a perfectly calibrated model with these scores (normal sums)."""
    noise = np.random.default_rng(seed).standard_normal((_REPLICATES, len(bins.rows)))
    gaps: Floats = np.abs(noise * np.sqrt(bins.variance)).sum(axis=1) / bins.rows.sum()
    return gaps


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
        score = table.max(axis=1)
        hit = table.argmax(axis=1) == codes
    if score.min() < 0 or score.max() > 1:
        raise EvidenceUnusable("a score is no probability: it lies outside 0 to 1")
    return score, hit

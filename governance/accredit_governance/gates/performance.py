"""Checks of how well the model does on rows it never saw.

A limit on the area or on the gain over the baseline is judged with its interval: a model that
cannot be told from the trivial one has not shown that it is better.
"""

import math
from collections.abc import Iterator

import numpy as np

from accredit_governance.gates import statistics
from accredit_governance.gates.absences import TRAINING_ROWS
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.roc import Estimate
from accredit_governance.gates.scores import (
    SCORES,
    every_row,
    out_of_fold,
    own_scores,
    score_of,
    share_removed,
    trained_mean,
)
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import (
    EvidenceUnusable,
    demand,
    numbers,
    probability_table,
    truths,
)
from accredit_governance.policy.model_checks import (
    BaselineGain,
    Discrimination,
    HoldoutSize,
    Overfitting,
)


def discrimination(
    spec: Discrimination, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """ROC AUC against its minimum: fails below; passes when its interval lies above.

    A value below the minimum fails even if chance could explain it. The minimum is a demand that
    somebody has to show to be met, and with insufficient evidence instead a model whose best
    estimate is too low could be let through by a waiver. A value above whose one-sided bound is
    below is insufficient evidence; where only the two-sided interval reaches below, it warns.
    """
    estimate = _own_score(evidence)
    low, high = _two_sided(estimate, context)
    one_sided = statistics.critical_value(context.policy.evaluation.confidence)
    verdict = Verdict.PASS
    if estimate.value < spec.min:
        verdict = Verdict.FAIL
    elif estimate.bounds(one_sided)[0] < spec.min:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    elif low < spec.min or (spec.warn is not None and estimate.value < spec.warn):
        verdict = Verdict.WARN
    few = verdict is Verdict.INSUFFICIENT_EVIDENCE
    unsure = ", which these rows are too few to show" if few else ""
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"ROC AUC is {estimate.value:.3f} ({low:.3f} to {high:.3f}) on "
            f"{len(evidence.outcome):,} test rows; at least {spec.min:g} is demanded{unsure}.",
            value=estimate.value,
            interval=interval(low, high, context.policy.evaluation.confidence, "delong"),
            n=len(evidence.outcome),
            remedy="Collect more test rows, above all of the rarer class, or find a better model."
            if few
            else "Add informative inputs or rows, or search longer; then submit a new version.",
        ),
    )


def baseline_gain(
    spec: BaselineGain, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of the baseline's squared error removed; passes when its lower bound is enough."""
    estimate = _gain(evidence)
    low, high = _two_sided(estimate, context)
    one_sided = statistics.critical_value(context.policy.evaluation.confidence)
    bound = estimate.bounds(one_sided)[0]
    least = f"at least {spec.min:.1%}" if spec.min > 0 else "more than nothing"
    verdict = Verdict.INSUFFICIENT_EVIDENCE
    if estimate.value < spec.min or estimate.value <= 0:
        verdict = Verdict.FAIL
    elif bound >= spec.min:
        unsure = spec.warn is not None and estimate.value < spec.warn
        verdict = Verdict.WARN if unsure else Verdict.PASS
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"The model removes {estimate.value:.1%} ({low:.1%} to {high:.1%}) of the "
            f"squared error of a constant answer; {least} is demanded.",
            value=estimate.value,
            interval=interval(low, high, context.policy.evaluation.confidence, "delta method"),
            n=len(evidence.outcome),
            remedy="Collect more test rows to tell the gain from chance, or find a better model.",
        ),
    )


def overfitting(spec: Overfitting, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """Out-of-fold score on training rows minus score on test rows.

    Fails when the loss is beyond the limit and beyond chance; beyond the limit only is
    insufficient evidence. Within the limit it warns when its upper bound is beyond: more test rows
    might show a greater loss.
    """
    name = SCORES[evidence.task]
    before, now = _own_score(out_of_fold(evidence)), _own_score(evidence)
    gap = before.value - now.value
    error = math.hypot(before.error, now.error)
    evaluation = context.policy.evaluation
    z = statistics.critical_value(evaluation.confidence, sides=2)
    one_sided = statistics.critical_value(evaluation.confidence) * error
    verdict = Verdict.PASS
    if gap > spec.max:
        verdict = Verdict.FAIL if gap > one_sided else Verdict.INSUFFICIENT_EVIDENCE
    elif gap + one_sided > spec.max or (spec.warn is not None and gap > spec.warn):
        verdict = Verdict.WARN
    yield answer(
        spec,
        Finding(
            verdict=verdict,
            message=f"{name} is {before.value:.3f} out of fold and {now.value:.3f} on the test "
            f"rows: a loss of {gap:.3f} ({gap - z * error:.3f} to {gap + z * error:.3f}); at most "
            f"{spec.max:g} is allowed.",
            value=gap,
            interval=interval(
                gap - z * error, gap + z * error, evaluation.confidence, "normal, independent rows"
            ),
            n=len(evidence.outcome),
            remedy="Simplify the model, look for leakage between the folds, or collect more rows.",
            details={"metric": name, "train": before.value, "test": now.value},
        ),
    )


def holdout_size(spec: HoldoutSize, evidence: Evidence, _context: Context) -> Iterator[CheckResult]:
    """Test rows in all, and in the rarest class of the training or test rows.

    Raises:
        EvidenceUnusable: a test row has no outcome, so it is none.
    """
    rows = len(evidence.outcome)
    if evidence.outcome.isna().any():
        raise EvidenceUnusable(f"{int(evidence.outcome.isna().sum())} test rows have no outcome")
    classes: dict[str, int] = {}
    if evidence.task != "regression":
        known = {str(name) for name in evidence.train_outcome.dropna().unique()}
        counted = evidence.outcome.value_counts()
        classes = dict.fromkeys(sorted(known), 0) | {str(k): int(v) for k, v in counted.items()}
    rarest = min(classes.values(), default=rows)
    lacking = [
        f"{need - have:,} more {what}"
        for have, need, what in (
            (rows, spec.min_rows, "test rows"),
            (rarest, spec.min_per_class if classes else 0, "test rows of the rarest class"),
        )
        if have < need
    ]
    alone = evidence.task != "regression" and len(classes) < 2
    enough = not lacking and not alone
    yield answer(
        spec,
        Finding(
            verdict=Verdict.PASS if enough else Verdict.INSUFFICIENT_EVIDENCE,
            message=f"There are {rows:,} test rows (at least {spec.min_rows:,} are demanded)"
            + (f", {rarest:,} of them in the rarest class." if classes else "."),
            value=float(rows),
            n=rows,
            remedy=f"Collect {' and '.join(lacking) or 'rows of a second class'}.",
            details={"classes": classes, "min_per_class": spec.min_per_class},
        ),
    )


def _two_sided(estimate: Estimate, context: Context) -> tuple[float, float]:
    z = statistics.critical_value(context.policy.evaluation.confidence, sides=2)
    low, high = estimate.bounds(z)
    return low, min(high, 1.0)


def _gain(evidence: Evidence) -> Estimate:
    """`1 - Σ(y - ŷ)² / Σ(y - baseline)²` with the error of a ratio of means (delta method).

    The baseline is the mean of the training outcomes; for classes, their training shares, and y is
    1 for the class of the row and 0 for the others.
    """
    return share_removed(*_squared_errors(evidence)).estimate


def _squared_errors(evidence: Evidence) -> tuple[Floats, Floats]:
    """Squared error per test row of the model and of the trivial baseline."""
    if evidence.task == "multiclass":
        demand(evidence, TRAINING_ROWS)
        if not len(evidence.train_outcome):
            raise EvidenceUnusable("there are no training rows to take the baseline from")
        table, codes, labels = probability_table(
            evidence.probabilities, evidence.outcome, "probabilities"
        )
        ones = np.eye(table.shape[1])[codes]
        shares = evidence.train_outcome.astype("object").map(str).value_counts(normalize=True)
        base = np.array([float(shares.get(name, 0.0)) for name in labels])
        return ((table - ones) ** 2).sum(axis=1), ((base - ones) ** 2).sum(axis=1)
    found = own_scores(evidence, every_row(evidence)).score
    if evidence.task == "binary":
        actual = truths(evidence.outcome, "the outcome").astype(np.float64)
    else:
        actual = numbers(evidence.outcome, "the outcome")
    return (actual - found) ** 2, (actual - trained_mean(evidence)) ** 2


def _own_score(evidence: Evidence) -> Estimate:
    """The primary score of the model on all rows of the evidence."""
    rows = every_row(evidence)
    return score_of(evidence, rows, own_scores(evidence, rows))

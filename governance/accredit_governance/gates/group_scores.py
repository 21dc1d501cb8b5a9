"""Checks that compare the scores and errors of groups rather than their decisions.

Each makes one value per test row and compares its mean, or the area under the ROC curve, between
groups; `estimate_parity` holds the verdict. Without a declared reference the groups are compared
with the largest known one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal, TypeAlias

import numpy as np

from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.estimate_parity import EstimateParity, EstimateRule, judge_estimates
from accredit_governance.gates.estimates import Areas, Estimates, Means
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import Grouping
from accredit_governance.gates.results import CheckResult
from accredit_governance.gates.sentences import concluded, remedied
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import (
    Subject,
    each_subject,
    grouped,
    reference_of,
    subjects_of,
)
from accredit_governance.gates.vectors import (
    EvidenceUnusable,
    decisions,
    numbers,
    same_rows,
)
from accredit_governance.policy.bias_checks import (
    GroupAucGap,
    GroupErrorRatio,
    GroupMeanDifference,
    GroupResidualGap,
)

_ROUNDING: Final = 1e-9
"""Spread relative to the values that the sum of equal numbers may leave."""

Spec: TypeAlias = GroupAucGap | GroupErrorRatio | GroupMeanDifference | GroupResidualGap
Estimator: TypeAlias = Callable[[Evidence, Grouping], tuple[Estimates, float]]
"""Estimates per group and the unit in which their differences are reported."""


def group_auc_gap(spec: GroupAucGap, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """Difference of the ROC AUC within a group to that within the reference group.

    Standard errors by DeLong et al. (1988), limits never closer than the numbers of rows allow
    (Newcombe 2006). Groups with fewer than 10 rows of either outcome have no area.
    """
    return _answers(spec, evidence, context, _areas, title="ROC AUC", kind="gap")


def group_mean_difference(
    spec: GroupMeanDifference, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Standardized mean difference: mean score less that of the reference, over the pooled sd.

    The pooled standard deviation is that within the groups (Cohen 1988, § 2.5.1).
    """
    return _answers(spec, evidence, context, _scores, title="mean score", kind="gap")


def group_residual_gap(
    spec: GroupResidualGap, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Mean of outcome less prediction, less that of the reference, over sd(outcome).

    Above zero the model is too low for the group, compared with the reference group.
    """
    return _answers(spec, evidence, context, _residuals, title="mean residual", kind="gap")


def group_error_ratio(
    spec: GroupErrorRatio, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Mean absolute error of a group divided by that of the reference group.

    Limits of the logarithm by the delta method.
    """
    return _answers(spec, evidence, context, _errors, title="mean absolute error", kind="ratio")


def _answers(
    spec: Spec,
    evidence: Evidence,
    context: Context,
    estimator: Estimator,
    *,
    title: str,
    kind: Literal["ratio", "gap"],
) -> Iterator[CheckResult]:
    of = subjects_of(evidence, context, intersections=spec.intersections)
    examine = partial(_examined, spec, evidence, context, estimator, title, kind)
    return each_subject(spec, of, evidence, context, examine)


def _examined(
    spec: Spec,
    evidence: Evidence,
    context: Context,
    estimator: Estimator,
    title: str,
    kind: Literal["ratio", "gap"],
    subject: Subject,
) -> Finding:
    groups = grouped(evidence, subject)
    estimates, unit = estimator(evidence, groups)
    evaluation = context.policy.evaluation
    rule = EstimateRule(
        title=title,
        kind=kind,
        limit=spec.limit,
        warn=spec.warn,
        reference=reference_of(spec, evidence, subject),
        confidence=evaluation.confidence,
        min_share=evaluation.min_group_share,
        unit=unit,
    )
    parity = judge_estimates(estimates, groups, rule)
    return Finding(
        verdict=parity.verdict,
        message=_message(parity, rule, subject.label),
        value=parity.value,
        interval=interval(parity.low, parity.high, rule.confidence, "joined limits, worst group"),
        n=int(groups.rows.sum()),
        remedy=remedied(
            parity.verdict,
            subject.label,
            failing=[group.group for group in parity.groups if group.fails],
            collect=[(group.group, group.more_rows) for group in parity.groups],
            beyond=parity.value > rule.limit,
            nobody_gates=parity.nobody_gates,
        ),
        details=parity.details(rule),
    )


def _message(parity: EstimateParity, rule: EstimateRule, subject: str) -> str:
    worst, reference = parity.worst, parity.reference
    in_units = " in standard deviations" if rule.unit != 1 else ""
    figures = (
        f"The {rule.title} {rule.kind} for {subject} is {parity.value:.3f}{in_units} "
        f"({worst.group} {worst.estimate:.3g} of {worst.rows:,} against "
        f"{reference.group} {reference.estimate:.3g} of {reference.rows:,})"
    )
    return concluded(
        figures,
        parity.verdict,
        limit=rule.limit,
        warn=rule.warn,
        bad_side="above",
        p=worst.p_holm,
        min_share=rule.min_share,
        small=[
            group.group
            for group in parity.groups
            if not group.gating
            and group.difference is not None
            and rule.is_beyond(group.difference)
        ],
        nobody_gates=parity.nobody_gates,
    )


def _areas(evidence: Evidence, groups: Grouping) -> tuple[Estimates, float]:
    outcome, _ = decisions(evidence)
    return Areas.of(_score(evidence), outcome, groups), 1.0


def _scores(evidence: Evidence, groups: Grouping) -> tuple[Estimates, float]:
    score = _score(evidence)
    means = Means.of(score, groups)
    if means.within <= _ROUNDING * float(np.abs(score).max()):
        raise EvidenceUnusable(
            "the score is the same for everybody of a group, so it has no spread to measure a "
            "difference by"
        )
    return means, means.within


def _residuals(evidence: Evidence, groups: Grouping) -> tuple[Estimates, float]:
    outcome = numbers(evidence.outcome, "the outcome")
    unit = float(outcome.std(ddof=1)) if len(outcome) > 1 else 0.0
    if unit <= _ROUNDING * float(np.abs(outcome).max()):
        raise EvidenceUnusable("the outcome is the same in every test row")
    return Means.of(outcome - _score(evidence), groups), unit


def _errors(evidence: Evidence, groups: Grouping) -> tuple[Estimates, float]:
    outcome = numbers(evidence.outcome, "the outcome")
    return Means.of(np.abs(outcome - _score(evidence)), groups).logarithms(), 1.0


def _score(evidence: Evidence) -> Floats:
    same_rows(evidence.score, evidence.outcome, "the score")
    return numbers(evidence.score, "the score")

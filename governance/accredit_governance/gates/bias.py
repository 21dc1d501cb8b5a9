"""Checks that compare the rates of groups of people.

Rates come from confusion counts per group. A sensitive feature that is declared but absent gives
insufficient evidence, never silence. No check here says that a model is fair: a pass says that the
measured rates are within the limit beyond chance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.contrast import ParityRule, worst_values
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import UNKNOWN, GroupCounts, Rate, group_of
from accredit_governance.gates.parity import Parity, judge
from accredit_governance.gates.results import CheckResult, Interval, Verdict
from accredit_governance.gates.sentences import parity_message, parity_remedy
from accredit_governance.gates.subjects import (
    Subject,
    demand_features,
    each_subject,
    grouped,
    listed,
    reference_of,
    subjects_of,
)
from accredit_governance.gates.vectors import (
    EvidenceMissing,
    EvidenceUnusable,
    decisions,
    numbers,
    probability_table,
    same_rows,
)
from accredit_governance.policy.bias_checks import (
    AdverseImpactRatio,
    AdverseImpactSweep,
    AttributeCoverage,
    FalsePositiveRateGap,
    PredictiveValueGap,
    ScoringRateRatio,
    TruePositiveRateGap,
)

_RATES: Final[Mapping[str, Rate]] = MappingProxyType(
    {
        "adverse_impact_ratio": Rate.SELECTION,
        "adverse_impact_sweep": Rate.SELECTION,
        "scoring_rate_ratio": Rate.SCORING,
        "true_positive_rate_gap": Rate.TRUE_POSITIVE,
        "false_positive_rate_gap": Rate.FALSE_POSITIVE,
        "predictive_value_gap": Rate.PREDICTIVE_VALUE,
    }
)
RateSpec: TypeAlias = (
    AdverseImpactRatio
    | AdverseImpactSweep
    | ScoringRateRatio
    | TruePositiveRateGap
    | FalsePositiveRateGap
    | PredictiveValueGap
)


def attribute_coverage(
    spec: AttributeCoverage, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of the test rows whose group is known, per sensitive feature."""
    of = subjects_of(evidence, context, intersections=False)
    return each_subject(spec, of, evidence, context, partial(_coverage, spec, evidence, context))


def group_comparison(
    spec: AdverseImpactRatio | TruePositiveRateGap | FalsePositiveRateGap | PredictiveValueGap,
    evidence: Evidence,
    context: Context,
) -> Iterator[CheckResult]:
    """Adverse impact ratio or rate gap, per sensitive feature and pair of them.

    With several classes, once per class that is declared favourable: the decision is then "this
    class was predicted", the outcome "this class came true".
    """
    of = subjects_of(evidence, context, intersections=spec.intersections, per_class=True)
    return each_subject(spec, of, evidence, context, partial(_decided, spec, evidence, context))


def scoring_rate_ratio(
    spec: ScoringRateRatio, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of a group scored above the median of all test rows, over that of the reference.

    The impact ratio of tools that score (New York City, 6 RCNY § 5-301, rules for Local Law 144).
    A score equal to the median is not above it.
    """
    of = subjects_of(evidence, context, intersections=spec.intersections)
    return each_subject(spec, of, evidence, context, partial(_scored, spec, evidence, context))


def parity_rule(
    spec: RateSpec,
    evidence: Evidence,
    context: Context,
    subject: Subject,
    *,
    repetitions: int = 1,
) -> ParityRule:
    """What the policy demands of a subject; repetitions share the level (Bonferroni)."""
    ratio = isinstance(spec, AdverseImpactRatio | AdverseImpactSweep | ScoringRateRatio)
    evaluation = context.policy.evaluation
    return ParityRule(
        rate=_RATES[spec.check],
        kind="ratio" if ratio else "gap",
        limit=spec.limit,
        warn=spec.warn,
        reference=reference_of(spec, evidence, subject),
        confidence=1 - (1 - evaluation.confidence) / repetitions,
        min_share=evaluation.min_group_share,
    )


def _coverage(
    spec: AttributeCoverage, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    demand_features(evidence, subject)
    (feature,) = subject.features
    groups = group_of(evidence.sensitive[feature])
    rows, known = len(groups), int((groups != UNKNOWN).sum())
    share = known / rows
    confidence = context.policy.evaluation.confidence
    low, high = statistics.wilson(known, rows, statistics.critical_value(confidence, sides=2))
    verdict = Verdict.PASS if spec.warn is None or share >= spec.warn else Verdict.WARN
    missing = max(int(np.ceil(spec.min * rows)) - known, 0)
    return Finding(
        verdict=verdict if share >= spec.min else Verdict.INSUFFICIENT_EVIDENCE,
        message=f"{feature} is known for {share:.1%} of {rows:,} test rows; "
        f"at least {spec.min:.0%} are demanded.",
        value=share,
        interval=interval(float(low), float(high), confidence, "wilson"),
        n=rows,
        remedy=f"Find out {feature} for {missing:,} more of the test rows.",
        details={"groups": {str(k): int(v) for k, v in groups.value_counts(sort=False).items()}},
    )


def _decided(spec: RateSpec, evidence: Evidence, context: Context, subject: Subject) -> Finding:
    groups = grouped(evidence, subject)
    outcome, selected = _class_decisions(evidence, subject)
    counts = groups.count(outcome, selected)
    return _compared(counts, parity_rule(spec, evidence, context, subject), context, subject)


def _class_decisions(
    evidence: Evidence, subject: Subject
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Outcome and decision per test row, for several classes those of the favourable one.

    Raises:
        EvidenceMissing: several classes, none of them declared favourable.
        EvidenceUnusable: a decision is absent, or the favourable class is none of the classes.
    """
    if evidence.task == "binary":
        return decisions(evidence)
    table, codes, names = probability_table(
        evidence.probabilities, evidence.outcome, "the class probabilities"
    )
    if subject.favourable is None:
        raise EvidenceMissing(
            f"none of the classes {', '.join(names[:10])} is declared favourable",
            remedy="Declare in the use case which classes are good for the person.",
        )
    if subject.favourable not in names:
        raise EvidenceUnusable(
            f"the favourable class '{subject.favourable}' is none of the model's classes "
            f"{', '.join(names[:10])}"
        )
    at = names.index(subject.favourable)
    return codes == at, table.argmax(axis=1) == at


def _scored(
    spec: ScoringRateRatio, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    groups = grouped(evidence, subject)
    score = numbers(evidence.score, "the score")
    same_rows(evidence.score, evidence.outcome, "the score")
    median = float(np.median(score))
    above = score > median
    # Only who is above the median counts here, so the outcome may be anything.
    counts = groups.count(above, above)
    rule = parity_rule(spec, evidence, context, subject)
    finding = _compared(counts, rule, context, subject)
    more = {"median": median, "share_above": float(above.mean())}
    return Finding(
        verdict=finding.verdict,
        message=finding.message,
        value=finding.value,
        interval=finding.interval,
        n=finding.n,
        remedy=finding.remedy,
        details={**(finding.details or {}), **more},
    )


def _compared(counts: GroupCounts, rule: ParityRule, context: Context, subject: Subject) -> Finding:
    """The verdict on one table of counts."""
    parity = judge(counts, rule)
    return Finding(
        verdict=parity.verdict,
        message=parity_message(parity, rule, subject.label),
        value=parity.value,
        interval=_bootstrapped(rule, counts, context),
        n=int(rule.rate.of(counts.cells)[1].sum()),
        remedy=parity_remedy(parity, rule, subject.label),
        details=_table(parity, rule, counts),
    )


def _bootstrapped(rule: ParityRule, counts: GroupCounts, context: Context) -> Interval | None:
    """Interval of the worst value over the gating groups."""
    evaluation = context.policy.evaluation
    kept = rule.matters(counts)
    tables = statistics.count_bootstrap(
        counts.cells, replicates=evaluation.replicates, seed=evaluation.seed, kept=kept
    )
    values = worst_values(rule, counts.only(kept), tables)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = (1 - evaluation.confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    chosen = "declared reference" if rule.reference else "reference chosen anew"
    return interval(float(low), float(high), evaluation.confidence, f"count bootstrap, {chosen}")


def _table(parity: Parity, rule: ParityRule, counts: GroupCounts) -> dict[str, object]:
    """Per-group table with counts, rates, intervals and tests, for a page and a plot."""
    cells = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    of = {name: counts.cells[i].tolist() for i, name in enumerate(counts.names)}
    shown = listed(parity.groups)
    return {
        "rate": rule.rate.title,
        "comparison": rule.kind,
        "limit": rule.limit,
        "confidence": rule.confidence,
        "reference": parity.reference.group,
        "reference_rule": "declared" if rule.reference else "highest rate",
        "worst": parity.worst.group,
        "coverage": counts.coverage,
        "min_group_share": rule.min_share,
        "groups": [
            asdict(group) | dict(zip(cells, of[group.group], strict=True)) for group in shown
        ],
        "groups_not_listed": len(parity.groups) - len(shown),
    }

"""Checks that compare groups of people.

Rates come from confusion counts per group. A sensitive feature that is declared but absent gives
insufficient evidence, never silence. No check here says that a model is fair: a pass says that the
measured rates are within the limit beyond chance.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, answer, interval
from accredit_governance.gates.contrast import ParityRule, worst_values
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import (
    UNKNOWN,
    GroupCounts,
    Rate,
    group_of,
    grouping,
    label,
    subjects,
)
from accredit_governance.gates.parity import Parity, judge
from accredit_governance.gates.results import CheckResult, Interval, Verdict
from accredit_governance.gates.sentences import parity_message, parity_remedy
from accredit_governance.gates.vectors import (
    EvidenceMissing,
    EvidenceUnusable,
    decisions,
    numbers,
    same_rows,
)
from accredit_governance.policy.bias_checks import (
    AdverseImpactRatio,
    AdverseImpactSweep,
    AttributeCoverage,
    FalsePositiveRateGap,
    SensitiveIsolation,
    TruePositiveRateGap,
)
from accredit_governance.policy.demands import CheckSpec

SWEEP_STEPS: Final = 9
_RATES: Final[Mapping[str, Rate]] = MappingProxyType(
    {
        "adverse_impact_ratio": Rate.SELECTION,
        "adverse_impact_sweep": Rate.SELECTION,
        "true_positive_rate_gap": Rate.TRUE_POSITIVE,
        "false_positive_rate_gap": Rate.FALSE_POSITIVE,
    }
)
Subject = tuple[str, ...]
GroupSpec = AdverseImpactRatio | AdverseImpactSweep | TruePositiveRateGap | FalsePositiveRateGap


def attribute_coverage(
    spec: AttributeCoverage, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Share of the test rows whose group is known, per sensitive feature."""
    of = [(feature,) for feature in context.features]
    return _each(spec, of, partial(_coverage, spec, evidence, context))


def group_comparison(
    spec: AdverseImpactRatio | TruePositiveRateGap | FalsePositiveRateGap,
    evidence: Evidence,
    context: Context,
) -> Iterator[CheckResult]:
    """Adverse impact ratio or rate gap, per sensitive feature and pair of them."""
    of = subjects(context.features, intersections=spec.intersections)
    return _each(spec, of, partial(_compared, spec, evidence, context))


def adverse_impact_sweep(
    spec: AdverseImpactSweep, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Adverse impact ratio at cut-offs that select up to `span` more or fewer, per subject."""
    of = subjects(context.features, intersections=spec.intersections)
    return _each(spec, of, partial(_swept, spec, evidence, context))


def sensitive_isolation(
    spec: SensitiveIsolation, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """No sensitive feature or alias among the inputs, nor behind an engineered column."""
    owners = {str(column) for parents in evidence.owners.values() for column in parents}
    used = {str(column) for column in evidence.inputs.columns} | owners
    for basis in dict.fromkeys([*context.features, *spec.aliases]):
        banned = {_plain(name) for name in (basis, *spec.aliases.get(basis, ()))}
        found = sorted(column for column in used if _carries(column, banned))
        yield answer(
            spec,
            Finding(
                verdict=Verdict.FAIL if found else Verdict.PASS,
                message=(
                    f"The model uses {', '.join(found)}, which carries {basis}."
                    if found
                    else f"Neither {basis} nor a column known to carry it is an input."
                ),
                value=float(len(found)),
                n=len(evidence.inputs),
                remedy=f"Exclude {', '.join(found)} and train again.",
                details={"columns": found, "searched": sorted(banned)},
            ),
            subject=basis,
        )


def _plain(name: str) -> str:
    """A column name without what only makes it look different: case, width, spaces."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _carries(column: str, banned: set[str]) -> bool:
    """Whether a name is banned, or holds a banned word: `sex`, `applicant_sex`, `ageYears`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", unicodedata.normalize("NFKC", column))
    return _plain(column) in banned or any(word.casefold() in banned for word in words)


def _each(
    spec: CheckSpec, of: Iterable[Subject], examine: Callable[[Subject], Finding]
) -> Iterator[CheckResult]:
    """One answer per subject; what one subject lacks does not silence the others."""
    for subject in of:
        try:
            finding = examine(subject)
        except EvidenceMissing as lack:
            finding = Finding(
                Verdict.INSUFFICIENT_EVIDENCE,
                f"Cannot be judged yet: {lack.message}.",
                remedy=lack.remedy,
            )
        except EvidenceUnusable as error:
            finding = Finding(Verdict.ERROR, f"Cannot be judged: {error.message}.")
        yield answer(spec, finding, subject=label(subject))


def _demand(evidence: Evidence, subject: Sequence[str]) -> None:
    """Nothing, when every feature of the subject is there.

    Raises:
        EvidenceMissing: a feature is absent or missing in every row.
    """
    for feature in subject:
        if feature not in evidence.sensitive or evidence.sensitive[feature].isna().all():
            raise EvidenceMissing(
                f"sensitive feature '{feature}' is not known for any test row",
                remedy=f"Supply '{feature}' for the test rows; an absent feature is not skipped.",
            )
    same_rows(evidence.sensitive, evidence.outcome, "the table of sensitive features")


def _coverage(
    spec: AttributeCoverage, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    _demand(evidence, subject)
    groups = group_of(evidence.sensitive[subject[0]])
    rows, known = len(groups), int((groups != UNKNOWN).sum())
    share = known / rows
    confidence = context.policy.evaluation.confidence
    low, high = statistics.wilson(known, rows, statistics.critical_value(confidence, sides=2))
    verdict = Verdict.PASS if spec.warn is None or share >= spec.warn else Verdict.WARN
    missing = max(int(np.ceil(spec.min * rows)) - known, 0)
    return Finding(
        verdict=verdict if share >= spec.min else Verdict.INSUFFICIENT_EVIDENCE,
        message=f"{subject[0]} is known for {share:.1%} of {rows:,} test rows; "
        f"at least {spec.min:.0%} are demanded.",
        value=share,
        interval=interval(float(low), float(high), confidence, "wilson"),
        n=rows,
        remedy=f"Find out {subject[0]} for {missing:,} more of the test rows.",
        details={"groups": {str(k): int(v) for k, v in groups.value_counts(sort=False).items()}},
    )


def _rule(spec: GroupSpec, context: Context, subject: Subject, *, steps: int = 1) -> ParityRule:
    """What the policy demands of a subject; `steps` repetitions share the level (Bonferroni)."""
    ratio = isinstance(spec, AdverseImpactRatio | AdverseImpactSweep)
    evaluation = context.policy.evaluation
    return ParityRule(
        rate=_RATES[spec.check],
        kind="ratio" if ratio else "gap",
        limit=spec.limit,
        warn=spec.warn,
        reference=spec.reference.get(label(subject)),
        confidence=1 - (1 - evaluation.confidence) / steps,
        min_share=evaluation.min_group_share,
    )


def _compared(spec: GroupSpec, evidence: Evidence, context: Context, subject: Subject) -> Finding:
    _demand(evidence, subject)
    outcome, selected = decisions(evidence)
    counts = grouping(subject, evidence.sensitive, evidence.train_sensitive).count(
        outcome, selected
    )
    rule = _rule(spec, context, subject)
    parity = judge(counts, rule)
    return Finding(
        verdict=parity.verdict,
        message=parity_message(parity, rule, counts.subject),
        value=parity.value,
        interval=_bootstrapped(rule, counts, context),
        n=int(rule.rate.of(counts.cells)[1].sum()),
        remedy=parity_remedy(parity, rule, counts.subject),
        details=_table(parity, rule, counts),
    )


def _bootstrapped(rule: ParityRule, counts: GroupCounts, context: Context) -> Interval | None:
    """Interval of the worst value over the gating groups."""
    evaluation = context.policy.evaluation
    tables = statistics.count_bootstrap(
        counts.cells, replicates=evaluation.replicates, seed=evaluation.seed
    )
    values = worst_values(rule, counts, tables)
    if not len(values):
        return None
    tail = (1 - evaluation.confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    chosen = "declared reference" if rule.reference else "reference chosen anew"
    return interval(float(low), float(high), evaluation.confidence, f"count bootstrap, {chosen}")


def _table(parity: Parity, rule: ParityRule, counts: GroupCounts) -> dict[str, object]:
    """Per-group table with counts, rates, intervals and tests, for a page and a plot."""
    cells = ("true_negatives", "false_positives", "false_negatives", "true_positives")
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
            asdict(group) | dict(zip(cells, counts.cells[i].tolist(), strict=True))
            for i, group in enumerate(parity.groups)
        ],
    }


def _swept(
    spec: AdverseImpactSweep, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    _demand(evidence, subject)
    outcome, selected = decisions(evidence)
    score = numbers(evidence.score, "the score")
    groups = grouping(subject, evidence.sensitive, evidence.train_sensitive)
    rule = _rule(spec, context, subject, steps=SWEEP_STEPS)
    points = []
    shift = np.linspace(-spec.span, spec.span, SWEEP_STEPS)
    for share in np.unique(np.clip(selected.mean() + shift, 1 / len(score), 1)):
        cut = float(np.quantile(score, 1 - share, method="higher"))
        chosen = score >= cut
        points.append((float(chosen.mean()), cut, judge(groups.count(outcome, chosen), rule)))
    verdicts = {parity.verdict for _, _, parity in points}
    worst = min(points, key=lambda point: point[2].value)[2]
    return Finding(
        verdict=next(verdict for verdict in _GRAVEST_FIRST if verdict in verdicts),
        message=f"Moving the cut-off by up to {spec.span:.0%} of the applicants, "
        + parity_message(worst, rule, groups.subject)[0].lower()
        + parity_message(worst, rule, groups.subject)[1:],
        value=worst.value,
        n=len(score),
        remedy=parity_remedy(worst, rule, groups.subject),
        details={
            "points": [
                {
                    "selection_rate": rate,
                    "cut_off": cut,
                    "value": parity.value,
                    "worst": parity.worst.group,
                    "reference": parity.reference.group,
                    "verdict": parity.verdict.value,
                }
                for rate, cut, parity in points
            ]
        },
    )


_GRAVEST_FIRST: Final = (
    Verdict.FAIL,
    Verdict.INSUFFICIENT_EVIDENCE,
    Verdict.WARN,
    Verdict.PASS,
)

"""Check of the adverse impact ratio at other cut-offs than the present one.

A later change of the cut-off must not undo what the gate found. The cut-offs are scores that occur:
equal scores stay together, as they do in service. Each aims at a share of the rows, up to `span`
more or fewer than are selected at present, but at most half the way to nobody and to everybody,
where ratios mean nothing. Where many rows share a score the share is met as nearly as the scores
allow, and cut-offs outside the span are left out. The present decision is always among them; when
it is alone, nothing was swept and nothing passes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.bias import parity_rule
from accredit_governance.gates.contrast import ParityRule, worst_values
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import GroupCounts, Grouping
from accredit_governance.gates.parity import Parity, judge
from accredit_governance.gates.results import CheckResult, Interval, Verdict
from accredit_governance.gates.sentences import parity_message, parity_remedy
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import Subject, each_subject, grouped, subjects_of
from accredit_governance.gates.vectors import decisions, numbers, same_rows
from accredit_governance.policy.bias_checks import AdverseImpactSweep

STEPS: Final = 9
_NEAR: Final = 1e-9
_GRAVEST_FIRST: Final = (
    Verdict.FAIL,
    Verdict.INSUFFICIENT_EVIDENCE,
    Verdict.WARN,
    Verdict.PASS,
)


@dataclass(frozen=True, slots=True)
class CutOff:
    """A place to cut the score.

    Attributes:
        score: Rows with this score or a higher one are selected; None: the present decision.
        chosen: Whether each test row is selected.
    """

    score: float | None
    chosen: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Of the rows that are selected."""
        return float(self.chosen.mean())


def adverse_impact_sweep(
    spec: AdverseImpactSweep, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Adverse impact ratio at cut-offs that select up to `span` more or fewer, per subject."""
    of = subjects_of(evidence, context, intersections=spec.intersections)
    return each_subject(spec, of, evidence, context, partial(_swept, spec, evidence, context))


def cut_offs(score: Floats, selected: NDArray[np.bool_], span: float) -> list[CutOff]:
    """The present decision and up to `STEPS` cut-offs around it, by rising share.

    Args:
        score: Higher is more favourable; no NaN.
        selected: The present decision.
        span: Greatest change of the selected share.
    """
    rate = float(selected.mean())
    lowest, highest = max(rate - span, rate / 2), min(rate + span, (1 + rate) / 2)
    levels, rows = np.unique(score, return_counts=True)
    shares = np.cumsum(rows[::-1])[::-1] / len(score)
    within = np.flatnonzero((shares >= lowest - _NEAR) & (shares <= highest + _NEAR))
    found = [CutOff(None, selected)]
    if len(within):
        aims = np.linspace(lowest, highest, STEPS)
        nearest = np.abs(shares[within][None, :] - aims[:, None]).argmin(axis=1)
        for at in np.unique(within[nearest]):
            chosen = score >= levels[at]
            if not (chosen == selected).all():
                found.append(CutOff(float(levels[at]), chosen))
    return sorted(found, key=lambda cut: cut.share)


def _swept(
    spec: AdverseImpactSweep, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    groups = grouped(evidence, subject)
    outcome, selected = decisions(evidence)
    same_rows(evidence.score, evidence.outcome, "the score")
    score = numbers(evidence.score, "the score")
    cuts = cut_offs(score, selected, spec.span)
    rule = parity_rule(spec, evidence, context, subject, repetitions=len(cuts))
    counts = [groups.count(outcome, cut.chosen) for cut in cuts]
    parities = [judge(each, rule) for each in counts]
    verdicts = {parity.verdict for parity in parities}
    worst = min(parities, key=lambda parity: parity.value)
    verdict = next(verdict for verdict in _GRAVEST_FIRST if verdict in verdicts)
    # The sentence is about a cut-off with the verdict; the value is the lowest of all.
    told = min((p for p in parities if p.verdict is verdict), key=lambda parity: parity.value)
    sentence = parity_message(told, rule, groups.subject)
    lower = f"{sentence[0].lower()}{sentence[1:]}"
    message = (
        f"At {len(cuts)} cut-offs selecting {cuts[0].share:.1%} to {cuts[-1].share:.1%} of the "
        f"rows, {lower}"
    )
    remedy = parity_remedy(told, rule, groups.subject)
    if len(cuts) == 1:
        message = (
            f"No other cut-off of the score's {len(np.unique(score)):,} values selects up to "
            f"{spec.span:.1%} of the rows more or fewer, so none was examined; at the present "
            f"decision, selecting {cuts[0].share:.1%}, {lower}"
        )
        if verdict.lets_through:
            verdict = Verdict.INSUFFICIENT_EVIDENCE
            remedy = (
                "Demand a span that reaches the next value of the score in a new policy version, "
                "or submit a model with a finer score."
            )
    return Finding(
        verdict=verdict,
        message=message,
        value=worst.value,
        interval=_bootstrapped(rule, counts[0], groups, cuts, context),
        n=len(score),
        remedy=remedy,
        details={
            "points": [_point(*each) for each in zip(cuts, parities, strict=True)],
            "limit": rule.limit,
            "reference": rule.reference,
        },
    )


def _point(cut: CutOff, parity: Parity) -> dict[str, object]:
    """One point of the plot."""
    return {
        "selection_rate": cut.share,
        "cut_off": cut.score,
        "present": cut.score is None,
        "value": parity.value,
        "worst": parity.worst.group,
        "reference": parity.reference.group,
        "verdict": parity.verdict.value,
    }


def _bootstrapped(
    rule: ParityRule, counts: GroupCounts, groups: Grouping, cuts: list[CutOff], context: Context
) -> Interval | None:
    """Interval of the lowest value over groups and cut-offs.

    Rows that the same cut-offs select are one cell, so all cut-offs share the resampled rows.
    """
    evaluation = context.policy.evaluation
    pattern = np.zeros(len(groups.codes), dtype=np.int64)
    for bit, cut in enumerate(cuts):
        pattern |= cut.chosen.astype(np.int64) << bit
    patterns, place = np.unique(pattern, return_inverse=True)
    width = len(patterns)
    cells = np.bincount(groups.codes * width + place, minlength=len(groups.names) * width)
    kept = rule.matters(counts)
    tables = statistics.count_bootstrap(
        cells.reshape(len(groups.names), width).astype(np.int64),
        replicates=evaluation.replicates,
        seed=evaluation.seed,
        kept=kept,
    )
    some = counts.only(kept)
    lowest = np.full(evaluation.replicates, np.inf)
    for bit in range(len(cuts)):
        hits = tables @ ((patterns >> bit) & 1)
        missed = tables.sum(axis=2) - hits
        none = np.zeros_like(hits)
        values = worst_values(rule, some, np.stack([missed, hits, none, none], axis=2))
        lowest = np.fmin(lowest, values)
    lowest = lowest[np.isfinite(lowest)]
    if not len(lowest):
        return None
    tail = (1 - evaluation.confidence) / 2
    low, high = np.quantile(lowest, [tail, 1 - tail])
    return interval(
        float(low), float(high), evaluation.confidence, "count bootstrap over all cut-offs"
    )

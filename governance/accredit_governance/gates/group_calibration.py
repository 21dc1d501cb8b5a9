"""Check whether the probabilities are right for every group; `promises` holds the verdict."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates.answer import Context, Finding, interval
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import Grouping, need_two
from accredit_governance.gates.promises import Kept, Promises, add_up, judge_promises
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.sentences import every_group, remedied, small_groups
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import (
    Subject,
    each_subject,
    grouped,
    listed,
    subjects_of,
)
from accredit_governance.gates.vectors import EvidenceUnusable, decisions, numbers, same_rows
from accredit_governance.policy.bias_checks import GroupCalibration

BINS: Final = 5


def group_calibration(
    spec: GroupCalibration, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """Observed over expected favourable outcomes, per sensitive feature and pair of them."""
    of = subjects_of(evidence, context, intersections=spec.intersections)
    return each_subject(spec, of, evidence, context, partial(_examined, spec, evidence, context))


def _examined(
    spec: GroupCalibration, evidence: Evidence, context: Context, subject: Subject
) -> Finding:
    groups = grouped(evidence, subject)
    need_two(groups.subject, groups.rows, groups.known)
    outcome, _ = decisions(evidence)
    same_rows(evidence.score, evidence.outcome, "the score")
    score = numbers(evidence.score, "the score")
    if score.min() < 0 or score.max() > 1:
        raise EvidenceUnusable("the score is no probability: it leaves the range 0 to 1")
    evaluation = context.policy.evaluation
    found = add_up(
        score,
        outcome,
        groups,
        min_ratio=spec.min_ratio,
        max_gap=spec.max_gap,
        confidence=evaluation.confidence,
        min_share=evaluation.min_group_share,
    )
    kept = judge_promises(found)
    shown = listed(kept.groups)
    return Finding(
        verdict=kept.verdict,
        message=_message(kept, found, spec, subject.label, evaluation.min_group_share),
        value=kept.value,
        interval=interval(kept.low, kept.high, found.confidence, "observed share, worst group"),
        n=len(score),
        remedy=remedied(
            kept.verdict,
            subject.label,
            failing=[each.group for each in kept.groups if each.fails],
            collect=[(each.group, each.more_rows) for each in kept.groups],
            beyond=bool(found.beyond.any()),
        ),
        details={
            "rate": "observed share of favourable outcomes",
            "comparison": "ratio to the mean probability",
            "min_ratio": spec.min_ratio,
            "max_gap": spec.max_gap,
            "confidence": found.confidence,
            "worst": kept.worst.group,
            "min_group_share": evaluation.min_group_share,
            "groups": [asdict(each) for each in shown],
            "groups_not_listed": len(kept.groups) - len(shown),
            "reliability": _reliability(
                score, outcome, groups, [each.group for each in shown if each.gating]
            ),
        },
    )


def _message(
    kept: Kept, found: Promises, spec: GroupCalibration, subject: str, min_share: float
) -> str:
    worst = kept.worst
    figures = (
        f"By {subject}, outcomes of {worst.group} are farthest from what was predicted: "
        f"{worst.rate:.1%} favourable of {worst.rows:,} where {worst.expected:.1%} were "
        "predicted"
    )
    limits = (
        f"{spec.min_ratio:g} to {1 / spec.min_ratio:.3g} times and {100 * spec.max_gap:g} points"
    )
    if kept.verdict is Verdict.FAIL:
        chance = f"adjusted p = {worst.p_holm:.2g}"
        return f"{figures}, not within {limits} of that, and not by chance ({chance})."
    if kept.verdict is Verdict.INSUFFICIENT_EVIDENCE:
        return f"{figures}: too few rows to tell whether it is within {limits} of that."
    groups = zip(kept.groups, found.beyond.tolist(), strict=True)
    small = [each.group for each, beyond in groups if beyond and not each.gating]
    beside = small_groups(small, "outside")
    told = every_group(min_share)
    return f"{figures}: {told} is within {limits} of that, beyond chance{beside}."


def _reliability(
    score: Floats, outcome: NDArray[np.bool_], groups: Grouping, names: list[str]
) -> list[dict[str, object]]:
    """Predicted and observed shares per group in fifths of all scores, for a plot."""
    cuts = np.unique(np.quantile(score, np.arange(1, BINS) / BINS))
    place = groups.codes * BINS + np.searchsorted(cuts, score, side="right")
    cells = len(groups.names) * BINS
    rows = np.bincount(place, minlength=cells)
    predicted = np.bincount(place, score, cells)
    observed = np.bincount(place, outcome.astype(np.float64), cells)
    of = {name: i for i, name in enumerate(groups.names)}
    return [
        {
            "group": name,
            "bin": cell % BINS + 1,
            "predicted": predicted[cell] / rows[cell],
            "observed": observed[cell] / rows[cell],
            "rows": int(rows[cell]),
        }
        for name in names
        for cell in range(of[name] * BINS, (of[name] + 1) * BINS)
        if rows[cell]
    ]

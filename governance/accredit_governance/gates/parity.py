"""The three-way verdict on groups: fail, pass, or not enough evidence.

Per subject (a sensitive feature or a pair), with the family-wise level `1 - confidence`:

1. fail, when for some group the point estimate is beyond the limit *and* the Holm-adjusted test of
   parity with the reference rejects: practically and statistically significant.
   Parity is tested with a declared reference, else with everybody else (see `contrast`).
2. pass, when nothing fails and the Bonferroni-simultaneous bound of every gating group is on the
   good side of the limit.
3. otherwise insufficient evidence, with the rows that are missing.

A plain comparison of the point estimate with the limit would fail four of five perfectly fair
models at 2,000 rows and six groups. Groups below the minimum share do not gate: they may fail but
do not stand in the way of a pass. A pass needs a known group that gates: the unknown alone show
nothing about how known people fare.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.contrast import Contrast, ParityRule, contrast
from accredit_governance.gates.groups import GroupCounts
from accredit_governance.gates.results import Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """One group against the reference.

    Attributes:
        group: Its name.
        rows: Test rows.
        share: Of the test rows.
        hits: Rows that the rate counts.
        trials: Rows that it is a share of.
        rate: Hits over trials; None without trials.
        rate_low: Lower end of the rate's Wilson interval, on its own.
        rate_high: Upper end.
        value: Ratio or gap to the reference; None without trials.
        bound: Simultaneous bound of the value; None for the reference and without trials.
        p: P-value of parity (see `contrast`); None as for the bound.
        p_holm: The same, adjusted for the number of groups.
        gating: Whether the group can block a pass.
        reference: Whether the others are compared with it.
        fails: Whether it makes the verdict a fail.
        more_rows: Further rows of the group that a pass would take at least; None where rows are
            not what is missing.
    """

    group: str
    rows: int
    share: float
    hits: int
    trials: int
    rate: float | None
    rate_low: float
    rate_high: float
    value: float | None
    bound: float | None
    p: float | None
    p_holm: float | None
    gating: bool
    reference: bool
    fails: bool
    more_rows: int | None


@dataclass(frozen=True, slots=True)
class Parity:
    """Verdict on one subject.

    Attributes:
        verdict: Pass, warn, fail or insufficient evidence.
        value: Worst ratio or gap: of the failing groups, else of the gating ones, else of all.
        worst: The group with that value.
        reference: Group that the others were compared with.
        groups: All groups, in the order of the counts.
        nobody_gates: Whether no known group beside the reference has the minimum share, so that
            nothing passes.
    """

    verdict: Verdict
    value: float
    worst: Comparison
    reference: Comparison
    groups: tuple[Comparison, ...]
    nobody_gates: bool


def judge(counts: GroupCounts, rule: ParityRule) -> Parity:
    """The verdict on one subject.

    Raises:
        EvidenceUnusable: there is only one known group, or nobody was selected.
        EvidenceMissing: no group, or not the reference group, has rows to compute the rate from.
    """
    found = contrast(counts, rule)
    significant = found.p_holm <= 1 - rule.confidence
    fails = found.compared & rule.beyond(found.value, rule.limit) & significant
    short = found.gating & ((found.trials == 0) | rule.beyond(found.bound, rule.limit))
    groups = _comparisons(found, rule, fails, short)
    masks = (fails, found.gating & found.compared, found.compared)
    pool = next(np.flatnonzero(mask) for mask in masks if mask.any())
    pick = np.argmin if rule.kind == "ratio" else np.argmax
    worst = groups[int(pool[pick(found.value[pool])])]
    value = float(found.value[int(pool[pick(found.value[pool])])])
    nobody_gates = not (found.gating & counts.known).any()
    if fails.any():
        verdict = Verdict.FAIL
    elif short.any() or nobody_gates:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    elif rule.warn is not None and rule.is_beyond(value, rule.warn):
        verdict = Verdict.WARN
    else:
        verdict = Verdict.PASS
    return Parity(verdict, value, worst, groups[found.reference], groups, nobody_gates)


def _comparisons(
    found: Contrast, rule: ParityRule, fails: NDArray[np.bool_], short: NDArray[np.bool_]
) -> tuple[Comparison, ...]:
    """The numbers of each group as a record."""
    z = statistics.critical_value(rule.confidence, sides=2)
    low, high = statistics.wilson(found.hits, found.trials, z)
    rows = found.counts.rows
    needed = _rows_if_equal(found, rule)
    records = []
    for i, name in enumerate(found.counts.names):
        trials, compared = int(found.trials[i]), bool(found.compared[i])
        records.append(
            Comparison(
                group=name,
                rows=int(rows[i]),
                share=float(rows[i] / rows.sum()),
                hits=int(found.hits[i]),
                trials=trials,
                rate=float(found.hits[i] / trials) if trials else None,
                rate_low=float(low[i]),
                rate_high=float(high[i]),
                value=float(found.value[i]) if trials else None,
                bound=float(found.bound[i]) if compared else None,
                p=float(found.p[i]) if compared else None,
                p_holm=float(found.p_holm[i]) if compared else None,
                gating=bool(found.gating[i]) or i == found.reference,
                reference=i == found.reference,
                fails=bool(fails[i]),
                more_rows=_more_rows(found, rule, i, needed) if short[i] else None,
            )
        )
    return tuple(records)


def _rows_if_equal(found: Contrast, rule: ParityRule) -> int | None:
    """Trials a group needs to pass if its rate is truly that of the reference."""
    if rule.kind == "ratio":
        hits, trials = found.base
        return statistics.rows_needed_ratio(
            hits / trials,
            rule.limit,
            confidence=rule.confidence,
            comparisons=found.comparisons,
            reference_variance=float(statistics.log_ratio_variance(hits, trials)),
        )
    return statistics.rows_needed_gap(
        found.base, rule.limit, confidence=rule.confidence, comparisons=found.comparisons
    )


def _more_rows(found: Contrast, rule: ParityRule, group: int, needed: int | None) -> int | None:
    """Further rows of a group that falls short; of all kinds, not only those that the rate counts.

    With enough rows for truly equal groups, the observed value is what stands near the limit; then
    the rows at which the bound would clear the limit if the value stayed, the reference growing
    alike. None beyond the limit: more rows would only make that clearer.
    """
    trials, rows = int(found.trials[group]), int(found.counts.rows[group])
    per_trial = rows / trials if trials else found.counts.rows.sum() / found.trials.sum()
    if needed is not None and needed > trials:
        return math.ceil((needed - trials) * per_trial)
    value, bound = float(found.value[group]), float(found.bound[group])
    if not trials or rule.is_beyond(value, rule.limit):
        return None
    if rule.kind == "ratio":
        value, bound, limit = math.log(value), math.log(max(bound, 1e-9)), math.log(rule.limit)
    else:
        limit = rule.limit
    if value == limit:
        return None
    return math.ceil(rows * max(((value - bound) / (value - limit)) ** 2 - 1, 0)) or 1

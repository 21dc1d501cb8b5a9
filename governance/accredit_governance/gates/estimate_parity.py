"""The three-way verdict on estimates per group: mean scores, mean errors, areas under a curve.

The same rules as for rates (see `parity`), for numbers that are no counts:

1. fail, when for some group the difference to the reference group is beyond the limit *and* the
   Holm-adjusted test of no difference rejects;
2. pass, when nothing fails and the Bonferroni-simultaneous bound of every gating group is on the
   good side of the limit;
3. otherwise insufficient evidence, with the rows that are missing.

The reference is the declared group, else the largest known group. Not the best-off one: the best of
several equal estimates is good by chance, and against it the others look worse than they are. Sizes
do not depend on the estimates, so the tests compare directly with the reference in both cases.
"""

import math
from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.estimates import MIN_ROWS, Estimates, joined, p_values
from accredit_governance.gates.groups import Grouping, need_two
from accredit_governance.gates.results import Verdict
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.subjects import listed
from accredit_governance.gates.vectors import EvidenceMissing

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class EstimateRule:
    """What is compared and what is demanded.

    Attributes:
        title: `mean score`.
        kind: `gap`, the absolute difference to the reference in units of `unit`, tested on both
            sides; or `ratio` to it, tested for a greater value only. Estimates of a ratio are
            logarithms.
        limit: Greatest gap or ratio that passes.
        warn: A pass with a value above this is a warning; None: never.
        reference: Declared reference group; None: the largest known one.
        confidence: Of all groups together.
        min_share: Groups with a smaller share are shown and may fail, but do not block a pass.
        unit: Of a gap, positive; 1 for a ratio.
    """

    title: str
    kind: Literal["ratio", "gap"]
    limit: float
    warn: float | None
    reference: str | None
    confidence: float
    min_share: float
    unit: float = 1.0

    @property
    def tolerance(self) -> float:
        """The limit on the scale of the estimates."""
        ratio = self.kind == "ratio"
        return (math.log(self.limit) if ratio else self.limit * self.unit) + _ROUNDING

    def harm(self, difference: Floats) -> Floats:
        """How bad differences of estimates are, on their scale."""
        return difference if self.kind == "ratio" else np.abs(difference)

    def reported(self, difference: float) -> float:
        """A difference of estimates as a ratio, or as a gap in its units."""
        return math.exp(difference) if self.kind == "ratio" else difference / self.unit

    def estimate(self, value: float) -> float:
        """An estimate as it is reported."""
        return math.exp(value) if self.kind == "ratio" else value

    def is_beyond(self, reported: float) -> bool:
        """Whether a signed gap or a ratio, as it is reported, is on the bad side of the limit."""
        return (reported if self.kind == "ratio" else abs(reported)) > self.limit + _ROUNDING


@dataclass(frozen=True, slots=True)
class Compared:
    """One group against the reference.

    Attributes:
        group: Its name.
        rows: Its test rows.
        share: Of the test rows.
        estimate: Of the group on its own; None with too few rows.
        low: Lower end of the estimate's interval, on its own.
        high: Upper end.
        difference: Signed gap to the reference in the units of the rule, or ratio to it.
        bound: Simultaneous bound of the gap (absolute) or ratio; None for the reference.
        p: P-value of no difference.
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
    estimate: float | None
    low: float | None
    high: float | None
    difference: float | None
    bound: float | None
    p: float | None
    p_holm: float | None
    gating: bool
    reference: bool
    fails: bool
    more_rows: int | None


@dataclass(frozen=True, slots=True)
class EstimateParity:
    """Verdict on one subject.

    Attributes:
        verdict: Pass, warn, fail or insufficient evidence.
        value: Worst gap (absolute) or ratio: of the failing groups, else of the gating ones, else
            of all.
        low: Lower end of the interval of the value for that group alone.
        high: Upper end.
        worst: The group with that value.
        reference: Group that the others were compared with.
        groups: All groups.
        nobody_gates: Whether no known group beside the reference has the minimum share, so that
            nothing passes.
    """

    verdict: Verdict
    value: float
    low: float
    high: float
    worst: Compared
    reference: Compared
    groups: tuple[Compared, ...]
    nobody_gates: bool

    def details(self, rule: EstimateRule) -> dict[str, object]:
        """Per-group table for a page and a plot."""
        shown = listed(self.groups)
        return {
            "estimate": rule.title,
            "comparison": rule.kind,
            "limit": rule.limit,
            "unit": rule.unit,
            "confidence": rule.confidence,
            "reference": self.reference.group,
            "reference_rule": "declared" if rule.reference else "largest known group",
            "worst": self.worst.group,
            "min_group_share": rule.min_share,
            "groups": [asdict(group) for group in shown],
            "groups_not_listed": len(self.groups) - len(shown),
        }


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Numbers per group on the scale of the estimates, in the order of the groups."""

    estimates: Estimates
    groups: Grouping
    rule: EstimateRule
    reference: int
    compared: NDArray[np.bool_]
    gating: NDArray[np.bool_]
    difference: Floats
    bound: Floats
    p: Floats
    p_holm: Floats

    @property
    def level(self) -> float:
        """One-sided level of each bound."""
        return (1 - self.rule.confidence) / max(int(self.gating.sum()), 1)

    @property
    def harm(self) -> Floats:
        """How bad each difference is."""
        return self.rule.harm(self.difference)

    @property
    def fails(self) -> NDArray[np.bool_]:
        """Groups that are beyond the limit, and not by chance."""
        significant = self.p_holm <= 1 - self.rule.confidence
        return self.compared & (self.harm > self.rule.tolerance) & significant

    @property
    def short(self) -> NDArray[np.bool_]:
        """Gating groups whose bound does not clear the limit."""
        return self.gating & ~(self.compared & (self.bound <= self.rule.tolerance))


def judge_estimates(estimates: Estimates, groups: Grouping, rule: EstimateRule) -> EstimateParity:
    """The verdict on one subject.

    Raises:
        EvidenceUnusable: there is only one known group.
        EvidenceMissing: no second group, or not the reference group, has an estimate.
    """
    found = _contrast(estimates, groups, rule)
    fails, short = found.fails, found.short
    table = tuple(_record(found, i) for i in range(len(groups.names)))
    masks = (fails, found.gating & found.compared, found.compared)
    pool = next(np.flatnonzero(mask) for mask in masks if mask.any())
    at = int(pool[np.argmax(found.harm[pool])])
    value = rule.reported(float(found.harm[at]))
    nobody_gates = not (found.gating & groups.known).any()
    if fails.any():
        verdict = Verdict.FAIL
    elif short.any() or nobody_gates:
        verdict = Verdict.INSUFFICIENT_EVIDENCE
    elif rule.warn is not None and value > rule.warn + _ROUNDING:
        verdict = Verdict.WARN
    else:
        verdict = Verdict.PASS
    low, high = _interval(found, at)
    return EstimateParity(
        verdict, value, low, high, table[at], table[found.reference], table, nobody_gates
    )


def _contrast(estimates: Estimates, groups: Grouping, rule: EstimateRule) -> _Contrast:
    """Every group against the reference."""
    need_two(groups.subject, groups.rows, groups.known)
    reference = _reference(estimates, groups, rule)
    compared = np.isfinite(estimates.value)
    compared[reference] = False
    if not compared.any():
        raise EvidenceMissing(
            f"no second group of {groups.subject} has enough rows for a {rule.title}",
            remedy=f"Collect rows of every group of {groups.subject}.",
        )
    gating = groups.share >= rule.min_share
    gating[reference] = False
    level = (1 - rule.confidence) / max(int(gating.sum()), 1)
    low, high = joined(estimates, reference, level)
    p = p_values(estimates, reference, two_sided=rule.kind == "gap")
    p_holm = np.ones_like(p)
    p_holm[compared] = statistics.holm(p[compared])
    return _Contrast(
        estimates=estimates,
        groups=groups,
        rule=rule,
        reference=reference,
        compared=compared,
        gating=gating,
        difference=estimates.value - estimates.value[reference],
        bound=high if rule.kind == "ratio" else np.maximum(np.abs(low), np.abs(high)),
        p=p,
        p_holm=p_holm,
    )


def _reference(estimates: Estimates, groups: Grouping, rule: EstimateRule) -> int:
    """Position of the reference group."""
    usable = np.isfinite(estimates.value)
    if rule.reference is not None:
        place = groups.names.index(rule.reference) if rule.reference in groups.names else -1
        if place < 0 or not usable[place]:
            raise EvidenceMissing(
                f"the declared reference group '{rule.reference}' of {groups.subject} has too few "
                f"rows for a {rule.title}",
                remedy=f"Collect rows of '{rule.reference}', or correct the declared reference.",
            )
        return place
    eligible = usable & groups.known
    if not eligible.any():
        raise EvidenceMissing(
            f"no known group of {groups.subject} has enough rows for a {rule.title}",
            remedy=f"Collect more rows with a known {groups.subject}.",
        )
    return int(np.argmax(np.where(eligible, groups.rows, -1)))


def _record(found: _Contrast, i: int) -> Compared:
    """The numbers of one group."""
    rule, rows = found.rule, found.groups.rows
    usable, compared = bool(np.isfinite(found.estimates.value[i])), bool(found.compared[i])
    low, high = found.estimates.limits(np.array([i]), (1 - rule.confidence) / 2)
    return Compared(
        group=found.groups.names[i],
        rows=int(rows[i]),
        share=float(rows[i] / rows.sum()),
        estimate=rule.estimate(float(found.estimates.value[i])) if usable else None,
        low=rule.estimate(float(low[0])) if usable else None,
        high=rule.estimate(float(high[0])) if usable else None,
        difference=rule.reported(float(found.difference[i])) if usable else None,
        bound=rule.reported(float(found.bound[i])) if compared else None,
        p=float(found.p[i]) if compared else None,
        p_holm=float(found.p_holm[i]) if compared else None,
        gating=bool(found.gating[i]) or i == found.reference,
        reference=i == found.reference,
        fails=bool(found.fails[i]),
        more_rows=_more_rows(found, i) if found.short[i] else None,
    )


def _interval(found: _Contrast, at: int) -> tuple[float, float]:
    """Ends of the interval of one group's gap (absolute) or ratio."""
    rule = found.rule
    low, high = joined(found.estimates, found.reference, (1 - rule.confidence) / 2)
    ends = [float(low[at]), float(high[at])]
    if rule.kind == "gap":
        sign = math.copysign(1.0, float(found.difference[at]))
        ends = sorted(sign * end for end in ends)
        ends[0] = max(ends[0], 0.0)
    return rule.reported(ends[0]), rule.reported(ends[1])


def _more_rows(found: _Contrast, i: int) -> int | None:
    """Further rows of a group that falls short.

    First as many as truly equal groups need; a group that has those stands near the limit, and
    then as many as bring the bound within it if the estimates stay and the reference grows alike.
    None beyond the limit: more rows would only make that clearer. A group without an estimate
    needs at least as many rows as an estimate takes.
    """
    rows = int(found.groups.rows[i])
    tolerance = found.rule.tolerance
    z = statistics.critical_value(1 - found.level)
    spread = np.nan_to_num(found.estimates.spread, nan=np.nanmax(found.estimates.spread))
    base = spread[found.reference] / found.groups.rows[found.reference]
    room = (tolerance / z) ** 2 - float(base)
    needed = math.ceil(float(spread[i]) / room) if room > 0 else None
    if needed is not None and needed > rows:
        return needed - rows
    if not found.compared[i]:
        return MIN_ROWS
    harm, bound = float(found.harm[i]), float(found.bound[i])
    if harm >= tolerance:
        return None
    return math.ceil(rows * max(((bound - harm) / (tolerance - harm)) ** 2 - 1, 0)) or 1

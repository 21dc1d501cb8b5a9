"""Every group against the reference group: ratios or gaps, their bounds and tests.

The reference is the declared group, else the known group with the highest rate among those of at
least the minimum share.

A declared reference is also what the tests compare with. One that the data chose was high partly by
chance: plain tests against it fail up to a third of the fair models (20 groups). Then two tests at
half the level each decide, and the smaller adjusted p-value counts:

1. each group against everybody else, which needs no choice, with Holm's adjustment;
2. each group against the chosen reference, with Bonferroni's adjustment over every pair of a group
   and another that could have been the reference, so that the choice costs nothing. It finds what
   the first dilutes: one small favoured group above many that are alike.

Of only two groups both are one and the same test, which then has the whole level. By
`benchmarks/fairness/verdicts.py` at most 5 % of the fair models fail.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates import statistics
from accredit_governance.gates.groups import GroupCounts, Rate, need_two
from accredit_governance.gates.statistics import Counts, Floats
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable

_ROUNDING: Final = 1e-12
"""0.4 / 0.5 and 0.8 are on the limit, however they are rounded."""


@dataclass(frozen=True, slots=True)
class ParityRule:
    """What is compared and what is demanded.

    Attributes:
        rate: Which rate.
        kind: `ratio` to the reference group (at least `limit`) or `gap`, the absolute difference
            to it (at most `limit`).
        limit: See `kind`.
        warn: A pass with a value on the wrong side of this is a warning; None: never.
        reference: Declared reference group; None: the one with the highest rate.
        confidence: Of all groups together.
        min_share: Groups with a smaller share are shown and may fail, but do not block a pass.
    """

    rate: Rate
    kind: Literal["ratio", "gap"]
    limit: float
    warn: float | None
    reference: str | None
    confidence: float
    min_share: float

    def beyond(self, value: Floats, limit: float) -> NDArray[np.bool_]:
        """Whether values are on the bad side of a limit; on the limit is good."""
        if self.kind == "ratio":
            return value < limit - _ROUNDING
        return value > limit + _ROUNDING

    def is_beyond(self, value: float, limit: float) -> bool:
        """Whether one value is on the bad side of a limit."""
        return bool(self.beyond(np.asarray(value), limit))

    def matters(self, counts: GroupCounts) -> NDArray[np.bool_]:
        """Groups that can be worst or the reference: the large ones, and a declared one."""
        large = (counts.share >= self.min_share).tolist()
        pairs = zip(counts.names, large, strict=True)
        return np.array([keep or name == self.reference for name, keep in pairs], dtype=np.bool_)

    def values(self, rates: Floats, reference: Floats | float) -> Floats:
        """Ratio of rates to the reference rate, or absolute gap to it."""
        if self.kind == "ratio":
            return rates / reference
        return np.abs(reference - rates)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Numbers per group, in the order of the counts.

    Attributes:
        counts: The groups.
        hits: Rows that the rate counts.
        trials: Rows that it is a share of.
        reference: Position of the reference group.
        gating: Groups that are large enough to block a pass, the reference left out.
        compared: Groups with trials, the reference left out.
        value: Ratio or gap; NaN without trials.
        bound: Its Bonferroni-simultaneous bound towards the limit, over the gating groups.
        p: P-value of parity with a declared reference, else of the test of the two that decides:
            one-sided for a ratio (the group is worse off), two-sided for a gap; 1 where nothing is
            compared.
        p_holm: The same, adjusted over all tests.
    """

    counts: GroupCounts
    hits: Counts
    trials: Counts
    reference: int
    gating: NDArray[np.bool_]
    compared: NDArray[np.bool_]
    value: Floats
    bound: Floats
    p: Floats
    p_holm: Floats

    @property
    def comparisons(self) -> int:
        """Number of groups whose bounds hold together; at least 1."""
        return max(int(self.gating.sum()), 1)

    @property
    def base(self) -> tuple[int, int]:
        """Hits and trials of the reference group."""
        return int(self.hits[self.reference]), int(self.trials[self.reference])


def contrast(counts: GroupCounts, rule: ParityRule) -> Contrast:
    """Every group against the reference.

    Raises:
        EvidenceUnusable: there is only one known group, or nobody was selected, so nothing can be
            compared.
        EvidenceMissing: no group, or not the reference group, has rows to compute the rate from.
    """
    hits, trials = rule.rate.of(counts.cells)
    large = counts.share >= rule.min_share
    reference = _reference(counts, rule, hits, trials, large)
    eligible = counts.known & large & (trials > 0)
    compared = trials > 0
    compared[reference] = False
    if not compared.any():
        raise EvidenceMissing(
            f"no second group of {counts.subject} has rows for a {rule.rate.title}",
            remedy=f"Collect rows of every group of {counts.subject}.",
        )
    gating = large.copy()
    gating[reference] = False
    base = int(hits[reference]), int(trials[reference])
    rates = np.divide(hits, trials, out=np.full(hits.shape, np.nan), where=trials > 0)
    p, p_holm = _tests(rule, hits, trials, reference, eligible)
    return Contrast(
        counts=counts,
        hits=hits,
        trials=trials,
        reference=reference,
        gating=gating,
        compared=compared,
        value=rule.values(rates, base[0] / base[1]),
        bound=_bounds(rule, hits, trials, base, max(int(gating.sum()), 1)),
        p=p,
        p_holm=p_holm,
    )


def worst_values(rule: ParityRule, counts: GroupCounts, tables: Counts) -> Floats:
    """Worst value of the groups of at least the minimum share, in each replicate of the counts.

    The reference is chosen anew in each replicate unless it is declared, so that the spread holds
    the uncertainty of that choice too.

    Args:
        rule: What is compared.
        counts: The observed counts, for names and shares.
        tables: Replicates by groups by 4.

    Returns:
        One value per replicate; NaN where it cannot be computed.
    """
    hits, trials = rule.rate.of(tables)
    rates = np.divide(hits, trials, out=np.full(hits.shape, np.nan), where=trials > 0)
    large = counts.share >= rule.min_share
    if rule.reference is not None:
        place = counts.names.index(rule.reference)
        reference = rates[:, place]
        large[place] = False
    else:
        eligible = large & counts.known & np.isfinite(rates)
        reference = np.where(eligible, rates, -np.inf).max(axis=1)
    usable = np.isfinite(reference) & ((reference > 0) | (rule.kind == "gap"))
    values = rule.values(rates[:, large], np.where(usable, reference, np.nan)[:, None])
    empty = np.isnan(values)
    if rule.kind == "ratio":
        worst = np.where(empty, np.inf, values).min(axis=1, initial=np.inf)
    else:
        worst = np.where(empty, -np.inf, values).max(axis=1, initial=-np.inf)
    found: Floats = np.where(np.isfinite(worst), worst, np.nan)
    return found


def _reference(
    counts: GroupCounts, rule: ParityRule, hits: Counts, trials: Counts, large: NDArray[np.bool_]
) -> int:
    """Position of the reference group."""
    need_two(counts.subject, counts.rows, counts.known)
    if rule.reference is not None:
        return _declared(counts, rule.reference, rule, hits, trials)
    eligible = counts.known & large & (trials > 0)
    if not eligible.any():
        raise EvidenceMissing(
            f"no known group of {counts.subject} is large enough to be the reference of a "
            f"{rule.rate.title}",
            remedy=f"Collect more rows with a known {counts.subject}.",
        )
    rates = np.where(eligible, hits / np.maximum(trials, 1), -1.0)
    if rule.kind == "ratio" and not rates.max() > 0:
        raise EvidenceUnusable(
            f"nobody was selected: the {rule.rate.title} is 0 in every group and has no ratio"
        )
    return int(np.argmax(rates))


def _declared(
    counts: GroupCounts, name: str, rule: ParityRule, hits: Counts, trials: Counts
) -> int:
    """Position of the declared reference group."""
    place = counts.names.index(name) if name in counts.names else -1
    if place < 0 or not trials[place]:
        raise EvidenceMissing(
            f"the declared reference group '{name}' of {counts.subject} has no rows for a "
            f"{rule.rate.title}",
            remedy=f"Collect rows of '{name}', or correct the declared reference.",
        )
    if rule.kind == "ratio" and not hits[place]:
        raise EvidenceUnusable(f"nobody of the reference group '{name}' was selected")
    return place


def _tests(
    rule: ParityRule,
    hits: Counts,
    trials: Counts,
    reference: int,
    eligible: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """P-values of parity, raw and adjusted; 1 for groups without trials.

    Args:
        rule: What is compared.
        hits: Per group.
        trials: Per group.
        reference: Position of the reference group.
        eligible: Groups that the data could have made the reference.
    """
    tested = trials > 0
    if rule.reference is not None:
        tested[reference] = False
        p = _against(rule, hits, trials, tested, reference)
        return p, _holm(p, tested)
    # Which group is the reference depends on the data, so the family must not: it is tested too.
    rest = _against(rule, hits, trials, tested, None)
    if int(tested.sum()) == 2:
        # A against B and B against A are one and the same two-sided test.
        return rest, rest.copy() if rule.kind == "gap" else _holm(rest, tested)
    others = tested.copy()
    others[reference] = False
    chosen = _against(rule, hits, trials, others, reference)
    pairs = _pairs(int(tested.sum()), int(eligible.sum()), ordered=rule.kind == "ratio")
    by_rest = np.minimum(2 * _holm(rest, tested), 1)
    by_chosen = np.where(others, np.minimum(2 * pairs * chosen, 1), 1)
    nearer = by_chosen < by_rest
    return np.where(nearer, chosen, rest), np.minimum(by_chosen, by_rest)


def _against(
    rule: ParityRule,
    hits: Counts,
    trials: Counts,
    tested: NDArray[np.bool_],
    reference: int | None,
) -> Floats:
    """P-value of each tested group against the reference, or against everybody else without one."""
    p = np.ones(len(hits))
    for i in np.flatnonzero(tested):
        other = (
            (int(hits.sum() - hits[i]), int(trials.sum() - trials[i]))
            if reference is None
            else (int(hits[reference]), int(trials[reference]))
        )
        p[i] = statistics.parity_p(
            int(hits[i]), int(trials[i]), reference=other, two_sided=rule.kind == "gap"
        )
    return p


def _holm(p: Floats, tested: NDArray[np.bool_]) -> Floats:
    """Adjusted p-values of the tested groups; 1 for the others."""
    adjusted = np.ones_like(p)
    adjusted[tested] = statistics.holm(p[tested])
    return adjusted


def _pairs(tested: int, eligible: int, *, ordered: bool) -> int:
    """Pairs of a tested group and an eligible one; each once when the order makes no difference."""
    both_ways = eligible * (tested - 1)
    return both_ways if ordered else both_ways - eligible * (eligible - 1) // 2


def _bounds(
    rule: ParityRule, hits: Counts, trials: Counts, base: tuple[int, int], comparisons: int
) -> Floats:
    """The bound of each group that has to be on the good side for a pass."""
    if rule.kind == "ratio":
        level = (1 - rule.confidence) / comparisons
        return statistics.ratio_lower_bound(hits, trials, reference=base, level=level)
    z = statistics.critical_value(rule.confidence, comparisons=comparisons)
    low, high = statistics.difference_bounds(hits, trials, reference=base, z=z)
    return np.maximum(np.abs(low), np.abs(high))

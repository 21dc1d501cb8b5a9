"""Observation: what one column looks like in both windows, before any verdict.

Three faults are looked for beside the drift of the distribution, because a distribution test is
slow to see them or blind to them: missing values grow, categories appear, values leave the range.
A fault needs both size (its rule) and evidence (it must be improbable given the reference).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from accredit_governance.monitoring.divergence import (
    Counts,
    drift_p_value,
    excess_p_value,
    pooled,
    psi,
)
from accredit_governance.monitoring.histogram import (
    CategoryCells,
    NumericCells,
    Tally,
    as_numbers,
    as_tally,
    shortened,
)
from accredit_governance.monitoring.report import CellShare, ColumnKind, ColumnRole, Symptom
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.windows import Values

MIN_ROWS_TO_NAME: Final = 5
"""Rarer new categories are counted, not named: a value of one row may point to a person."""

MAX_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Observation:
    """Numbers of one column; the fields mean what they mean in `ColumnDrift`.

    Attributes:
        rate_change: decisions only: selection rate of the current minus the reference window.
    """

    column: str
    role: ColumnRole
    kind: ColumnKind
    n_reference: int
    n_current: int
    psi: float | None = None
    p_value: float | None = None
    null_share_reference: float | None = None
    null_share_current: float | None = None
    unseen_share: float | None = None
    unseen: tuple[str, ...] = ()
    range_low: float | None = None
    range_high: float | None = None
    range_breaches: int = 0
    unreadable: int = 0
    rate_change: float | None = None
    symptoms: tuple[Symptom, ...] = ()
    cells: tuple[CellShare, ...] = field(default=(), repr=False)

    @property
    def judged(self) -> bool:
        """Whether the distributions were compared."""
        return self.p_value is not None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of both windows, and how to read it.

    Attributes:
        absent: the current window lacks the column; `current` is then empty.
    """

    name: str
    role: ColumnRole
    kind: ColumnKind
    reference: Values = field(repr=False)
    current: Values = field(repr=False)
    absent: bool = False


def outline(column: Column) -> Observation:
    """Row counts and null shares only: for windows that are too small to be judged."""
    return Observation(
        column=column.name,
        role=column.role,
        kind=column.kind,
        n_reference=len(column.reference),
        n_current=len(column.current),
        null_share_reference=_null_share(column.reference),
        null_share_current=_null_share(column.current),
    )


def observe(column: Column, rules: DriftRules, *, significance: float) -> Observation:
    """Compare one column that holds values in both windows.

    Args:
        column: both sides, each with at least one row.
        rules: sizes from which a fault counts.
        significance: probability below which a fault is believed, already divided by the number of
            faults that are looked for.
    """
    seen = outline(column)
    if _nulls_grew(column, rules, significance):
        seen = replace(seen, symptoms=(*seen.symptoms, Symptom.NULL_GROWTH))
    if column.kind is ColumnKind.DATETIME:
        return seen
    if column.kind is ColumnKind.NUMERIC:
        return _observe_numbers(seen, column, rules, significance)
    return _observe_categories(seen, column, rules, significance)


def _observe_numbers(
    seen: Observation, column: Column, rules: DriftRules, significance: float
) -> Observation:
    before, _ = as_numbers(column.reference)
    after, unreadable = as_numbers(column.current)
    if not np.isfinite(before).any():
        return seen
    cells = NumericCells.of(before)
    known = after[~np.isnan(after)]
    breaches = int(((known < cells.low) | (known > cells.high)).sum())
    # The range of n values from a continuous law leaves out a share that is Beta(2, n - 1).
    outside = excess_p_value(
        breaches,
        known.size,
        prior_hits=2.0,
        prior_misses=max(1.0, float(np.isfinite(before).sum()) - 1.0),
    )
    symptoms = list(seen.symptoms)
    if known.size and breaches >= rules.range_breach_share * known.size and outside <= significance:
        symptoms.append(Symptom.RANGE_BREACH)
    if unreadable:
        symptoms.append(Symptom.UNREADABLE)
    counted = cells.counts(before), cells.counts(after)
    return replace(
        _compare(seen, *counted, rules),
        cells=_cell_shares(cells.labels, *counted),
        range_low=cells.low,
        range_high=cells.high,
        range_breaches=breaches,
        unreadable=unreadable,
        symptoms=tuple(symptoms),
    )


def _observe_categories(
    seen: Observation, column: Column, rules: DriftRules, significance: float
) -> Observation:
    boolean = column.kind is ColumnKind.BOOLEAN
    before = as_tally(column.reference, boolean=boolean)
    after = as_tally(column.current, boolean=boolean)
    cells = CategoryCells.of(before)
    new = cells.unseen(after)
    hits, present = sum(new.values()), sum(after.known.values())
    prior_hits, prior_misses = cells.unseen_prior
    unlikely = excess_p_value(hits, present, prior_hits=prior_hits, prior_misses=prior_misses)
    symptoms = list(seen.symptoms)
    if hits and hits >= rules.unseen_share * present and unlikely <= significance:
        symptoms.append(Symptom.UNSEEN_CATEGORIES)
    named = [shortened(name) for name, rows in new.items() if rows >= MIN_ROWS_TO_NAME]
    counted = cells.counts(before), cells.counts(after)
    return replace(
        _compare(seen, cells.merged(counted[0]), cells.merged(counted[1]), rules),
        cells=_cell_shares(cells.labels, *counted),
        unseen_share=hits / present if present else 0.0,
        unseen=tuple(named[:MAX_NAMED]),
        rate_change=_rate_change(column, before, after),
        symptoms=tuple(symptoms),
    )


def _compare(
    seen: Observation, reference: Counts, current: Counts, rules: DriftRules
) -> Observation:
    """Add PSI and p-value; leaves them out when a side holds no row."""
    if reference.sum() == 0 or current.sum() == 0:
        return seen
    cells = pooled(reference, current)
    return replace(seen, psi=psi(*cells), p_value=drift_p_value(*cells, tolerance=rules.tolerance))


def _cell_shares(
    labels: Sequence[str], reference: Counts, current: Counts
) -> tuple[CellShare, ...]:
    n, m = max(1, int(reference.sum())), max(1, int(current.sum()))
    return tuple(
        CellShare(label=label, reference=float(a / n), current=float(b / m))
        for label, a, b in zip(labels, reference, current, strict=True)
        if a or b
    )


def _nulls_grew(column: Column, rules: DriftRules, significance: float) -> bool:
    before, after = int(column.reference.isna().sum()), int(column.current.isna().sum())
    n, m = len(column.reference), len(column.current)
    unlikely = excess_p_value(after, m, prior_hits=before + 0.5, prior_misses=n - before + 0.5)
    return after / m - before / n >= rules.null_share_increase and unlikely <= significance


def _rate_change(column: Column, before: Tally, after: Tally) -> float | None:
    if column.role is not ColumnRole.DECISION or not (before.known and after.known):
        return None
    return _rate(after) - _rate(before)


def _rate(tally: Tally) -> float:
    return tally.known.get("true", 0) / sum(tally.known.values())


def _null_share(values: Values) -> float | None:
    return float(values.isna().mean()) if len(values) else None

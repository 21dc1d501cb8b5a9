"""Which derived features are worth a test: proposals, and their order by a cheap screen.

Proposals join the strongest columns of a quick model. The screen then asks of each proposal
whether it tells anything about what that model leaves unexplained: rows are sorted into bins by the
proposed value, and the mean residuals of the bins are compared with zero (a chi-square statistic,
standardised). It needs no further model.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.schema import ColumnSchema
from accredit_engine.features.blocks import is_missing
from accredit_engine.features.plan import PLANS, PlanName
from accredit_engine.features.spec import DerivedKind, DerivedSpec

_NUMBERS: Final = 8
_SHAPED: Final = 6
_TIMES: Final = 4
_CATEGORIES: Final = 5
_GROUPED: Final = 3
_AVERAGED: Final = 5
_GROUP_LEVELS: Final = (3, 1_000)
_BINS: Final = 16


def tree_proposals(prepared: Prepared, importance: Mapping[str, float]) -> tuple[DerivedSpec, ...]:
    """What trees may profit from, the strongest columns first."""
    strongest = _strongest(prepared.schema, importance)
    return tuple(
        dict.fromkeys(
            (
                *_times(strongest),
                *_missing_count(prepared),
                *_arithmetic(strongest),
                *_categories(strongest),
                *_groups(strongest),
            )
        )
    )


def shape_proposals(
    prepared: Prepared, importance: Mapping[str, float], kinds: Sequence[DerivedKind]
) -> tuple[DerivedSpec, ...]:
    """What linear models may profit from beyond that, the strongest columns first."""
    numbers = _of_kind(_strongest(prepared.schema, importance), Kind.NUMERIC)
    many = [name for name in numbers if len(np.unique(prepared.table.numbers[name][:1_000])) > 4]
    return tuple(DerivedSpec(kind, (name,)) for name in many[:_SHAPED] for kind in kinds)


def traces(entries: NDArray[np.float64], residuals: NDArray[np.float64]) -> float:
    """How far residuals (n, o) differ between bins of any entry (n, w), in standard deviations.

    About 0 for noise; missing values are a bin of their own.
    """
    best = -np.inf
    for entry in range(entries.shape[1]):
        bins, count = _binned(entries[:, entry])
        sizes = np.bincount(bins, minlength=count)
        seen = sizes > 0
        freedom = max(1, int(seen.sum()) - 1)
        for output in range(residuals.shape[1]):
            residual = residuals[:, output] - residuals[:, output].mean()
            variance = float((residual**2).mean())
            if variance <= 0:
                continue
            sums = np.bincount(bins, weights=residual, minlength=count)[seen]
            statistic = float((sums**2 / sizes[seen]).sum()) / variance
            best = max(best, (statistic - freedom) / (2 * freedom) ** 0.5)
    return float(best) if np.isfinite(best) else 0.0


def unlike(ranked: Sequence[DerivedSpec]) -> tuple[DerivedSpec, ...]:
    """The ranked specs without those that repeat a better one: one per set of parents."""
    found: dict[frozenset[str], DerivedSpec] = {}
    for spec in ranked:
        found.setdefault(frozenset(spec.columns), spec)
    return tuple(found.values())


def _binned(values: NDArray[np.float64]) -> tuple[NDArray[np.intp], int]:
    known = ~np.isnan(values)
    bins = np.full(len(values), _BINS, dtype=np.intp)
    if known.any():
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
        bins[known] = np.searchsorted(edges, values[known], side="right")
    return bins, _BINS + 1


def _strongest(
    schema: Sequence[ColumnSchema], importance: Mapping[str, float]
) -> list[ColumnSchema]:
    """Columns by falling importance, ties in the order of the schema."""
    return sorted(schema, key=lambda column: -importance.get(column.name, 0.0))


def _of_kind(columns: Sequence[ColumnSchema], kind: Kind) -> list[str]:
    return [column.name for column in columns if column.kind is kind]


def _times(columns: Sequence[ColumnSchema]) -> Iterator[DerivedSpec]:
    times = _of_kind(columns, Kind.DATETIME)[:_TIMES]
    for name in times:
        yield DerivedSpec(DerivedKind.CYCLE, (name,))
    for pair in combinations(times, 2):
        yield DerivedSpec(DerivedKind.DAYS_BETWEEN, pair)


def _missing_count(prepared: Prepared) -> Iterator[DerivedSpec]:
    holes = [
        column.name for column in prepared.schema if is_missing(prepared.table, column.name).any()
    ]
    if len(holes) > 1:
        yield DerivedSpec(DerivedKind.MISSING_COUNT, tuple(holes))


def _arithmetic(columns: Sequence[ColumnSchema]) -> Iterator[DerivedSpec]:
    numbers = _of_kind(columns, Kind.NUMERIC)[:_NUMBERS]
    for pair in combinations(numbers, 2):
        for kind in (DerivedKind.RATIO, DerivedKind.DIFFERENCE, DerivedKind.PRODUCT):
            yield DerivedSpec(kind, pair)


def _categories(columns: Sequence[ColumnSchema]) -> Iterator[DerivedSpec]:
    names = _of_kind(columns, Kind.CATEGORICAL)
    for pair in combinations(names[:_CATEGORIES], 2):
        yield DerivedSpec(DerivedKind.CROSSING, pair)
    # Categories with more levels have these entries already.
    most = PLANS[PlanName.BOOSTING].max_levels
    few = [
        column.name
        for column in columns
        if column.kind is Kind.CATEGORICAL and len(column.levels) <= most
    ]
    for name in few[:_AVERAGED]:
        yield DerivedSpec(DerivedKind.TARGET_MEAN, (name,))
        yield DerivedSpec(DerivedKind.FREQUENCY, (name,))


def _groups(columns: Sequence[ColumnSchema]) -> Iterator[DerivedSpec]:
    numbers = _of_kind(columns, Kind.NUMERIC)[:_GROUPED]
    least, most = _GROUP_LEVELS
    categories = [
        column.name
        for column in columns
        if column.kind is Kind.CATEGORICAL and least <= len(column.levels) <= most
    ]
    for number, category in product(numbers, categories[:_GROUPED]):
        yield DerivedSpec(DerivedKind.GROUP, (number, category))

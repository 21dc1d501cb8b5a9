"""Histograms with cells that the reference fixes once, so that any later window can be counted.

Every column has a cell for missing values. Numbers have ten cells between the reference deciles
and one each below and above the reference range; categories have a cell each (the most frequent 20;
the others share one) and one for what the reference never saw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.monitoring.windows import Values

MAX_CATEGORIES: Final = 20
FEW_VALUES: Final = 12
"""A numeric column with at most this many values gets a cell per value."""

NULL_LABEL: Final = "missing"
OTHER_LABEL: Final = "other known"
UNSEEN_LABEL: Final = "never seen before"


@dataclass(frozen=True, slots=True)
class NumericCells:
    """Cells of a numeric column: below, between the cuts, above, missing.

    Attributes:
        cuts: increasing inner limits; a value equal to a cut belongs below it.
        low: smallest reference value.
        high: largest reference value.
    """

    cuts: tuple[float, ...]
    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        """Cells of reference values; missing and infinite ones are left out.

        Raises:
            ValueError: no finite value is left.
        """
        finite = values[np.isfinite(values)]
        if finite.size == 0:
            raise ValueError("no finite value to take cells from")
        distinct = np.unique(finite)
        if distinct.size <= FEW_VALUES:
            cuts = distinct[:-1]
        else:
            deciles = np.quantile(finite, np.arange(1, 10) / 10, method="inverted_cdf")
            cuts = np.unique(deciles)
        return cls(tuple(float(c) for c in cuts), float(distinct[0]), float(distinct[-1]))

    @property
    def labels(self) -> tuple[str, ...]:
        """One label per cell, in the order of `counts`."""
        limits = (self.low, *self.cuts, self.high)
        between = [f"{a:.6g} to {b:.6g}" for a, b in pairwise(limits)]
        return (f"below {self.low:.6g}", *between, f"above {self.high:.6g}", NULL_LABEL)

    def counts(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Rows per cell."""
        missing = np.isnan(values)
        known = values[~missing]
        below, above = known < self.low, known > self.high
        inside = known[~(below | above)]
        cell = np.searchsorted(np.asarray(self.cuts), inside, side="left")
        between = np.bincount(cell, minlength=len(self.cuts) + 1)
        ends = [int(below.sum())], between, [int(above.sum()), int(missing.sum())]
        return np.concatenate(ends).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows per category, as text, and rows without a value."""

    known: Mapping[str, int]
    missing: int


@dataclass(frozen=True, slots=True)
class CategoryCells:
    """Cells of a categorical column: frequent categories, other known ones, unseen, missing.

    Attributes:
        frequent: categories with a cell of their own, most frequent first, ties by name.
        known: all categories of the reference.
        rows: reference rows with a value.
        singletons: categories that occur exactly once in the reference.
        doubletons: categories that occur exactly twice.
    """

    frequent: tuple[str, ...]
    known: frozenset[str]
    rows: int
    singletons: int
    doubletons: int

    @classmethod
    def of(cls, reference: Tally) -> Self:
        """Cells of a reference."""
        ordered = sorted(reference.known.items(), key=lambda pair: (-pair[1], pair[0]))
        return cls(
            frequent=tuple(name for name, _ in ordered[:MAX_CATEGORIES]),
            known=frozenset(reference.known),
            rows=sum(reference.known.values()),
            singletons=sum(1 for _, count in ordered if count == 1),
            doubletons=sum(1 for _, count in ordered if count == 2),
        )

    @property
    def unseen_prior(self) -> tuple[float, float]:
        """Beta law of the share of a like population that the reference has not seen.

        Mean f1/n (Good-Turing) and variance (f1 + 2·f2)/n² (Esty, Ann. Statist. 11 (1983) 905),
        for f1 categories that occur once and f2 that occur twice; half a row is added to f1.
        """
        once = self.singletons + 0.5
        hits = once * once / (once + 2 * self.doubletons)
        return hits, hits * max(0.5, self.rows - self.singletons) / once

    @property
    def labels(self) -> tuple[str, ...]:
        """One label per cell, in the order of `counts`; long names are cut."""
        return (*(shortened(f) for f in self.frequent), OTHER_LABEL, UNSEEN_LABEL, NULL_LABEL)

    def counts(self, tally: Tally) -> NDArray[np.int64]:
        """Rows per cell."""
        own = [tally.known.get(name, 0) for name in self.frequent]
        unseen = sum(self.unseen(tally).values())
        other = sum(tally.known.values()) - sum(own) - unseen
        return np.array([*own, other, unseen, tally.missing], dtype=np.int64)

    @staticmethod
    def merged(counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same rows with unseen categories counted as other ones.

        Which categories are unseen follows from the reference sample itself: among many rare ones
        there are always some, so a comparison that keeps them apart sees drift where none is.
        """
        *own, other, unseen, missing = counts
        return np.array([*own, other + unseen, missing], dtype=np.int64)

    def unseen(self, tally: Tally) -> dict[str, int]:
        """Rows of every category that the reference lacks, most frequent first, ties by name."""
        new = [pair for pair in tally.known.items() if pair[0] not in self.known]
        return dict(sorted(new, key=lambda pair: (-pair[1], pair[0])))


def shortened(text: str, limit: int = 60) -> str:
    """Text of at most `limit` characters; what was cut is shown by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_numbers(values: Values) -> tuple[NDArray[np.float64], int]:
    """Values as floats with NaN for missing, and how many were present but no number."""
    numbers = pd.to_numeric(values, errors="coerce")
    unreadable = int((numbers.isna() & values.notna()).sum())
    return numbers.to_numpy(dtype="float64", na_value=np.nan), unreadable


def as_tally(values: Values, *, boolean: bool = False) -> Tally:
    """Rows per category. Whole floats read like integers; with `boolean`, 1 and 0 like truths."""
    known: dict[str, int] = {}
    for value, count in values.value_counts(dropna=True).items():
        text = _text(value)
        if boolean:
            text = _TRUTHS.get(text.lower(), text)
        known[text] = known.get(text, 0) + int(count)
    return Tally({k: v for k, v in known.items() if v > 0}, int(values.isna().sum()))


_TRUTHS: Final[Mapping[str, str]] = MappingProxyType(
    {"1": "true", "0": "false", "true": "true", "false": "false"}
)


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)

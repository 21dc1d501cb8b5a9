"""Groups of people: which group each row belongs to, and how the groups are selected.

Rules:
1. Several sensitive features are looked at one by one and as crossed pairs, as the gates do.
2. A group with fewer than 30 rows is not compared: its rate is noise. Its people still count in
   the groups of the single features that the small crossing belongs to.
3. A crossing without two groups of 30 rows is left out; a single feature without them is refused.
4. The ratio of a model is the smallest over everything that is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import UnfitMitigation
from accredit_engine.evaluation.threshold import rate_threshold

MIN_GROUP_ROWS: Final = 30
CROSS: Final = " × "


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of one sensitive feature, or of two crossed.

    Attributes:
        subject: `race`, or `race × sex`.
        names: Names of the groups, ascending.
        codes: intp (n,): position of each row's group in `names`.
        large: bool (groups,): whether the group has 30 rows in the whole training table.
    """

    subject: str
    names: tuple[str, ...]
    codes: NDArray[np.intp]
    large: NDArray[np.bool_]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each group."""
        return np.bincount(self.codes, minlength=len(self.names)).astype(np.int64)

    def take(self, rows: NDArray[np.intp]) -> "Grouping":
        """The same groups on some rows; which of them are large does not change."""
        return replace(self, codes=self.codes[rows])

    def rates(self, selected: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Selection rate of each group (groups,), given one decision per row; 0 without rows."""
        chosen = np.bincount(self.codes[selected], minlength=len(self.names))
        return chosen / np.maximum(self.rows, 1)

    def ratio(self, selected: NDArray[np.bool_]) -> float:
        """Lowest selection rate of a large group divided by the highest; 0 if none is selected."""
        return rate_ratio(self.rates(selected)[self.large])


def rate_ratio(rates: NDArray[np.float64]) -> float:
    """Lowest rate divided by the highest; 0 when there is none or all are 0."""
    highest = float(rates.max()) if len(rates) else 0.0
    return float(rates.min()) / highest if highest > 0 else 0.0


def groupings(
    groups: Mapping[str, NDArray[np.str_]], features: Sequence[str]
) -> tuple[Grouping, ...]:
    """Each feature, then each crossed pair, as far as two groups of 30 rows can be compared.

    Args:
        groups: Sensitive feature → group of each row (n,) as text.
        features: Which of them, in order.
    """
    single = {name: _grouping(name, groups[name]) for name in features}
    pairs = (_crossed(single[one], single[other]) for one, other in combinations(features, 2))
    return tuple(found for found in (*single.values(), *pairs) if found.large.sum() >= 2)


def refuse_groups(groups: Mapping[str, NDArray[np.str_]], features: Sequence[str]) -> None:
    """Refuse sensitive features whose groups cannot be compared.

    Raises:
        UnfitMitigation: a feature has fewer than two groups of 30 rows.
    """
    compared = {found.subject for found in groupings(groups, features)}
    for name in features:
        if name not in compared:
            message = f"{name!r} has fewer than two groups of at least {MIN_GROUP_ROWS} rows"
            raise UnfitMitigation(message)


def decisions(favourable: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Who is selected (n,) when a share `rate` of all is selected, best first.

    Args:
        favourable: Probability or margin of the favourable class (n,).
        rate: Share in (0, 1).
    """
    return favourable >= rate_threshold(favourable, rate)


def ratios(
    favourable: NDArray[np.float64], compared: Sequence[Grouping], rate: float
) -> dict[str, float]:
    """Selection-rate ratio by subject when a share `rate` of all is selected."""
    selected = decisions(favourable, rate)
    return {grouping.subject: grouping.ratio(selected) for grouping in compared}


def lowest_ratio(
    favourable: NDArray[np.float64], compared: Sequence[Grouping], rate: float
) -> float:
    """The smallest of the ratios: quick enough to judge thousands of blends.

    Raises:
        ValueError: nothing is compared.
    """
    return min(ratios(favourable, compared, rate).values())


def selection_rates(
    favourable: NDArray[np.float64], grouping: Grouping, rate: float
) -> dict[str, tuple[float, int]]:
    """Selection rate and rows by group, small ones too, when a share `rate` is selected."""
    rates = grouping.rates(decisions(favourable, rate))
    return {
        name: (float(rates[at]), int(rows))
        for at, (name, rows) in enumerate(zip(grouping.names, grouping.rows, strict=True))
    }


def _grouping(subject: str, groups: NDArray[np.str_]) -> Grouping:
    names, codes, rows = np.unique(groups, return_inverse=True, return_counts=True)
    return Grouping(subject, tuple(str(name) for name in names), codes, rows >= MIN_GROUP_ROWS)


def _crossed(one: Grouping, other: Grouping) -> Grouping:
    pairs, codes, rows = np.unique(
        one.codes * len(other.names) + other.codes, return_inverse=True, return_counts=True
    )
    names = [
        one.names[p // len(other.names)] + CROSS + other.names[p % len(other.names)] for p in pairs
    ]
    return Grouping(
        one.subject + CROSS + other.subject, tuple(names), codes, rows >= MIN_GROUP_ROWS
    )

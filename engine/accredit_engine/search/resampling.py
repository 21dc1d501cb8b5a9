"""How far a difference in selection-rate ratios is noise: rows drawn anew, many times.

Rows matter only through their groups and the two decisions on them, so the counts of these cells
are drawn (multinomial). That is the bootstrap over rows, at a cost that hardly grows with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.search.groups import Grouping

REPLICATES: Final = 2000


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows by the groups that they belong to.

    Attributes:
        compared: The groupings.
        of_row: intp (n,): cell of each row; rows of a cell are alike in every grouping.
        group: intp (cells, groupings): position of the cell's group in each grouping.
    """

    compared: tuple[Grouping, ...]
    of_row: NDArray[np.intp]
    group: NDArray[np.intp]

    @classmethod
    def of(cls, compared: Sequence[Grouping]) -> "Cells":
        """Cells of some groupings of the same rows, at least one grouping."""
        of_row = compared[0].codes
        for grouping in compared[1:]:
            both = of_row * len(grouping.names) + grouping.codes
            of_row = np.unique(both, return_inverse=True)[1]
        found, first = np.unique(of_row, return_index=True)
        group = np.stack([grouping.codes[first] for grouping in compared], axis=1)
        return cls(tuple(compared), np.searchsorted(found, of_row), group)

    def difference_error(
        self,
        one: NDArray[np.bool_],
        other: NDArray[np.bool_],
        *,
        seed: int,
        replicates: int = REPLICATES,
    ) -> float:
        """Standard error of the difference between two models' lowest selection-rate ratios.

        Both models decide on the same rows, so what they have in common cancels out.

        Args:
            one: Decisions of one model (n,); True selects.
            other: Decisions of the other, same rows.
            seed: Of the draws.
            replicates: Number of draws, at least 2.
        """
        rows = np.bincount(self.of_row * 4 + one * 2 + other, minlength=4 * len(self.group))
        kept = np.flatnonzero(rows)
        counts = np.random.default_rng(seed).multinomial(
            int(rows.sum()), rows[kept] / rows.sum(), size=replicates
        )
        group = self.group[kept // 4]
        lowest = [
            np.stack(
                [
                    _ratios(counts, group[:, at], grouping, selected)
                    for at, grouping in enumerate(self.compared)
                ]
            ).min(axis=0)
            for selected in (kept % 4 >= 2, kept % 2 == 1)
        ]
        return float(np.std(lowest[1] - lowest[0], ddof=1))


def _ratios(
    counts: NDArray[np.int64],
    codes: NDArray[np.intp],
    grouping: Grouping,
    selected: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Ratio of each replicate (r,) from its counts per cell (r, c); 0 where nobody is selected."""
    rates = []
    for code in np.flatnonzero(grouping.large):
        members = codes == code
        drawn = counts[:, members].sum(axis=1)
        chosen = counts[:, members & selected].sum(axis=1)
        rates.append(chosen / np.maximum(drawn, 1))
    table = np.stack(rates)
    highest = table.max(axis=0)
    ratio: NDArray[np.float64] = table.min(axis=0) / np.where(highest > 0, highest, 1.0)
    return ratio

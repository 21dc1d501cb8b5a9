"""Some of the rows of a prepared table."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.preparation import Prepared


def taken(prepared: Prepared, rows: NDArray[np.intp]) -> Prepared:
    """The given rows, with the findings and roles of the whole table.

    Args:
        prepared: A training table.
        rows: Positions, ascending.
    """
    return replace(
        prepared,
        frame=prepared.frame.iloc[rows],
        table=prepared.table.take(rows),
        y=prepared.y[rows],
        groups={name: groups[rows] for name, groups in prepared.groups.items()},
        group_of=None if prepared.group_of is None else prepared.group_of[rows],
        time_of=None if prepared.time_of is None else prepared.time_of[rows],
        weight=None if prepared.weight is None else prepared.weight[rows],
        duplicates=prepared.duplicates[rows],
    )

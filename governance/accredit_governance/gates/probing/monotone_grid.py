"""Probe: inputs with a declared direction, moved over their values on real rows.

Rules:

1. Directions are those of the policy and those that the run was asked to hold. An input that the
   two give opposite directions is not tried.
2. An input takes at most `VALUES` of its training values: all, or evenly spread quantiles, always
   with the smallest and the greatest. Everything else of a row stays as it is.
3. The margin of the favourable outcome (regression: the prediction) may move against the direction
   by rounding only: 1e-9 of its own size.
"""

from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import InputColumn, Kind, category_text
from accredit_governance.gates.probes import Direction, MonotoneGrid
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.probing.explaining import fewer
from accredit_governance.policy.explanation_checks import Monotonicity

VALUES: Final = 20
ROWS: Final = 500
MOST_ANSWERS: Final = 1_000_000
"""Rows asked in all; with very many directions, fewer real rows are tried for each."""
TOLERANCE: Final = 1e-9


def probe(case: Case) -> MonotoneGrid:
    """Try every declared direction."""
    spec = next(spec for spec in case.policy.gates if isinstance(spec, Monotonicity))
    columns = {column.name: column for column in case.model.contract.columns}
    declared = {**case.monotone, **spec.directions}
    conflicts = {
        name
        for name, direction in spec.directions.items()
        if case.monotone.get(name, direction) != direction
    }
    directions, unordered = [], []
    wanted = [name for name in declared if name in columns and name not in conflicts]
    rows = fewer(case, min(ROWS, max(20, MOST_ANSWERS // (VALUES * max(1, len(wanted))))))
    for name in sorted(wanted):
        values = grid_values(columns[name], case.evidence.train_inputs[name])
        if values is None:
            unordered.append(name)
        else:
            directions.append(_moved(case, case.inputs.iloc[rows], name, values, declared[name]))
    return MonotoneGrid(
        directions=tuple(directions),
        undeclared=tuple(
            name
            for name, column in columns.items()
            if column.kind is Kind.NUMERIC
            and name in case.policy.decisions.reasons
            and name not in declared
        ),
        conflicts=tuple(sorted(conflicts & set(columns))),
        unordered=tuple(unordered),
        absent=tuple(sorted(set(declared) - set(columns))),
    )


def grid_values(column: InputColumn, train: "pd.Series[float]") -> "pd.Series[float] | None":
    """Values to try in rising order, by rule 2; None when the values of the input have no order."""
    present = train.dropna()
    if column.kind is Kind.ORDINAL:
        place = {level: at for at, (level, _) in enumerate(column.categories)}
        codes = present.map(category_text).map(place)
        known = present[codes.notna()]
        ordered = known.iloc[np.argsort(codes[codes.notna()].to_numpy(), kind="stable")]
        return _spread(ordered.drop_duplicates())
    if column.kind is Kind.NUMERIC:
        # Numbers among words are read as numbers, as the model reads them.
        present = pd.to_numeric(present, errors="coerce").dropna()
    is_amount = pd.api.types.is_numeric_dtype(present.dtype) or (
        pd.api.types.is_datetime64_any_dtype(present.dtype)
    )
    if column.kind not in {Kind.NUMERIC, Kind.BOOLEAN, Kind.DATETIME} or not is_amount:
        return None
    ordered = present.sort_values(kind="stable")
    distinct = ordered.drop_duplicates()
    if len(distinct) <= VALUES:
        return distinct
    # Where one value fills most quantiles, the distinct values are spread instead.
    quantiles = _spread(ordered).drop_duplicates()
    return quantiles if 2 * len(quantiles) > VALUES else _spread(distinct)


def _spread(ordered: "pd.Series[float]") -> "pd.Series[float]":
    """At most `VALUES` entries, evenly spread over their places, with the first and the last."""
    count = min(VALUES, len(ordered))
    return ordered.iloc[np.linspace(0, len(ordered) - 1, count).round().astype(np.int64)]


def _moved(
    case: Case, rows: pd.DataFrame, name: str, values: "pd.Series[float]", direction: int
) -> Direction:
    """One input moved over its values, on all rows at once."""
    count = len(values)
    grid = rows.iloc[np.repeat(np.arange(len(rows)), count)].reset_index(drop=True)
    tiled = values.iloc[np.tile(np.arange(count), len(rows))].reset_index(drop=True)
    margin = case.model.margin(grid.assign(**{name: tiled})).reshape(len(rows), count)
    size = np.maximum(1.0, np.abs(margin))
    back = -direction * np.diff(margin, axis=1)
    wrong = back > TOLERANCE * np.maximum(size[:, 1:], size[:, :-1])
    return Direction(
        column=name,
        direction=direction,
        steps=back.size,
        violations=int(wrong.sum()),
        worst=float(back[wrong].max(initial=0.0)),
    )

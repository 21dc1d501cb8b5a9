"""Profile of a table: what each column holds, as plain JSON."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.kinds import infer_kind
from accredit_engine.data.schema import booleans_of, datetimes_of, level_counts, numbers_of

QUANTILES: Final = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_TOP_CATEGORIES: Final = 20


def profile(frame: pd.DataFrame) -> dict[str, object]:
    """Rows, columns and per column: kind, missing, unique, and its distribution.

    Numeric, boolean and datetime columns (epoch seconds) get minimum, maximum, mean, standard
    deviation and quantiles; the others their 20 most frequent values with counts. Columns that
    look like identifiers or free text get no values at all: they may name people.
    """
    columns = [_column(frame[name], str(name)) for name in frame.columns]
    return {"rows": len(frame), "columns": columns}


def quantiles_of(values: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Pairs (share, value) of the values that are not NaN; empty when there are none."""
    present = values[~np.isnan(values)]
    if not len(present):
        return ()
    return tuple(
        (share, float(value))
        for share, value in zip(QUANTILES, np.quantile(present, QUANTILES), strict=True)
    )


def _column(column: pd.Series, name: str) -> dict[str, object]:
    kind = infer_kind(column, name)
    entry: dict[str, object] = {
        "name": name,
        "kind": kind.value,
        "dtype": str(column.dtype),
        "missing": int(column.isna().sum()),
        "unique": int(column.nunique()),
    }
    if kind is Kind.NUMERIC:
        entry |= _distribution(numbers_of(column, name, lenient=True))
    elif kind is Kind.DATETIME:
        entry |= _distribution(datetimes_of(column, name))
    elif kind is Kind.BOOLEAN:
        entry |= _distribution(booleans_of(column, name))
    elif kind in (Kind.CATEGORICAL, Kind.ORDINAL, Kind.CONSTANT):
        top = level_counts(column)[:_TOP_CATEGORIES]
        entry["top"] = [{"value": value, "count": count} for value, count in top]
    return entry


def _distribution(values: NDArray[np.float64]) -> dict[str, object]:
    present = values[~np.isnan(values)]
    if not len(present):
        return {}
    return {
        "min": float(present.min()),
        "max": float(present.max()),
        "mean": float(present.mean()),
        "std": float(present.std()),
        "quantiles": [{"share": share, "value": value} for share, value in quantiles_of(values)],
    }

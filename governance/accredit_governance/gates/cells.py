"""Cutting an input into cells, so that its values can be related to groups.

1. Missing values are a cell of their own.
2. An input of at most `CELLS` values has a cell for each.
3. An input of more values whose order can be read (numbers, times, also such that are kept as text)
   is cut into tenths. Values that cannot be read keep cells of their own.
4. An input of more values has, besides, a cell for each value, except where its order can be read
   and the values hardly ever repeat. A postal code is a number, but what it tells is not in its
   order. Of more than `MAX_CATEGORIES` values the rarest share a cell.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_governance.gates.statistics import Floats

Cells = NDArray[np.int32]
"""Cell of each row, from 1; 0 is missing."""

CELLS: Final = 10
MAX_CATEGORIES: Final = 5_000
MIN_REPEATS: Final = 3
"""Rows per value, on average, from which each value of an ordered input has a cell too."""

_READABLE: Final = 0.9
"""Share of the values that must be numbers or times for the whole to be read as such."""

_LOOK: Final = 500
"""Values by which it is told whether text holds numbers or times."""

_TIMES: Final = ("ISO8601", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y")


def cell_table(inputs: pd.DataFrame) -> dict[str, tuple[Cells, ...]]:
    """Cells of each input in one way of cutting or two, the finest last."""
    return {str(name): _ways(inputs[name]) for name in inputs.columns}


def _ways(column: "pd.Series[float] | pd.Series[str]") -> tuple[Cells, ...]:
    codes, levels = pd.factorize(column, sort=False)
    each = (codes + 1).astype(np.int32)
    if len(levels) <= CELLS:
        return (each,)
    places = _places(pd.Index(levels))
    if places is None:
        return (_pooled(each),)
    tenths = _tenths(codes, places)
    if len(levels) * MIN_REPEATS > len(codes):
        return (tenths,)
    return tenths, _pooled(each)


def _tenths(codes: NDArray[np.intp], places: Floats) -> Cells:
    """Cells of about equally many rows; a value without a place keeps a cell of its own.

    Args:
        codes: Number of the value of each row; -1 is missing.
        places: Place of each value in their order; NaN where it cannot be read.
    """
    values = np.append(places, np.nan)[codes]
    cuts = np.unique(np.quantile(values[np.isfinite(values)], np.arange(1, CELLS) / CELLS))
    cell = np.searchsorted(cuts, values, side="right") + 1
    cell = np.where(np.isnan(values), codes + CELLS + 1, cell)
    return np.where(codes < 0, 0, cell).astype(np.int32)


def _pooled(each: Cells) -> Cells:
    """The same cells, the rarest of more than `MAX_CATEGORIES` as one."""
    counts = np.bincount(each)
    counts[0] = 0
    if np.count_nonzero(counts) <= MAX_CATEGORIES:
        return each
    kept = np.zeros(len(counts), dtype=np.bool_)
    kept[np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]] = True
    kept[0] = True
    return np.where(kept[each], each, len(counts)).astype(np.int32)


def _places(levels: "pd.Index[float] | pd.Index[str]") -> Floats | None:
    """Place of each value in the order of all, as a number; None when they have no order."""
    if isinstance(levels, pd.DatetimeIndex | pd.TimedeltaIndex):
        return np.asarray(levels.asi8, dtype=np.float64)
    if pd.api.types.is_numeric_dtype(levels.dtype):
        places = np.asarray(levels.to_numpy(dtype=np.float64, na_value=np.nan))
        return places if np.isfinite(places).any() else None
    text = pd.Series([str(level).strip() for level in levels.tolist()], dtype="object")
    if _read(_numbers(text.head(_LOOK))):
        places = _numbers(text)
        return places if _read(places) else None
    for form in _TIMES:
        if _read(_times(text.head(_LOOK), form)):
            places = _times(text, form)
            return places if _read(places) else None
    return None


def _read(places: Floats) -> bool:
    return bool(np.isfinite(places).mean() >= _READABLE)


def _numbers(text: "pd.Series[str]") -> Floats:
    found = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(found, dtype=np.float64)


def _times(text: "pd.Series[str]", form: str) -> Floats:
    """Times as numbers of one unit; NaN where the text is none of this form."""
    times = pd.to_datetime(text, format=form, errors="coerce", utc=True).dt.tz_localize(None)
    since = (times - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)
    return np.asarray(since.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)

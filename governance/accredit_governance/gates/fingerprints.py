"""Fingerprints of rows: which rows of one frame occur in another one."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import category_text

Hashes = NDArray[np.uint64]

_MISSING: Final = "\0missing"
_PRIME: Final = np.uint64(1_099_511_628_211)
_START: Final = np.uint64(14_695_981_039_346_656_037)


def fingerprints(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Hashes, Hashes]:
    """Hash per row of two frames: equal for rows whose values are equal in every column.

    Values are the same whatever type a column was read as: 1, 1.0 and "1" are equal, a missing
    value equals a missing value. Nothing is copied but one column at a time.

    Args:
        first: any frame with at least one column, each name once.
        second: a frame with the same columns in any order.

    Returns:
        uint64 (rows,) for each frame. Different rows share a hash with probability 2⁻⁶⁴.
    """
    found = np.full(len(first), _START), np.full(len(second), _START)
    for name in first.columns:
        for total, values in zip(found, _comparable(first[name], second[name]), strict=True):
            total ^= pd.util.hash_array(values)
            total *= _PRIME
    return found


def _comparable(
    first: "pd.Series[float]", second: "pd.Series[float]"
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | tuple[NDArray[np.object_], ...]:
    """Numbers as float and times as seconds, if both frames can; all else as text."""
    if all(pd.api.types.is_numeric_dtype(column.dtype) for column in (first, second)):
        return _floats(first), _floats(second)
    if any(pd.api.types.is_datetime64_any_dtype(column.dtype) for column in (first, second)):
        return _seconds(first), _seconds(second)
    return _texts(first), _texts(second)


def _floats(column: "pd.Series[float]") -> NDArray[np.float64]:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    # Adding 0 makes -0 the same as 0; there is more than one NaN in bits.
    plain: NDArray[np.float64] = np.where(np.isnan(values), np.nan, values + 0.0)
    return plain


def _seconds(column: "pd.Series[float]") -> NDArray[np.float64]:
    times = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    epoch = pd.Timestamp(0, tz="UTC")
    return _floats((times - epoch).dt.total_seconds())


def _texts(column: "pd.Series[float]") -> NDArray[np.object_]:
    codes, levels = pd.factorize(column.astype("object"))
    texts = np.array([*(category_text(level) for level in levels), _MISSING], dtype=np.object_)
    # A missing value has the code -1, and so the last text.
    found: NDArray[np.object_] = texts[codes]
    return found

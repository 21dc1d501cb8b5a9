"""Kinds of columns, and decoding of a frame into plain typed arrays.

Everything after this module works on a `Table`: numbers as float64 with NaN for missing,
categories as integer codes over the levels seen in training. Decoding is the only place where
the many dtypes of pandas are dealt with, in training and in prediction alike.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, category_text
from accredit_engine.errors import MissingColumn, UnfitSettings, UnknownColumn, UnparsableValue

MISSING: Final = -1
UNKNOWN: Final = -2
MAX_LEVELS: Final = 10_000
"""Levels beyond this count are treated as unknown; the most frequent are kept."""

_SAMPLE_ROWS: Final = 5_000
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$")
_IDENTIFIER_NAME: Final = re.compile(r"(^|[_\W])(id|uuid|guid|key|number|no|nr)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """Name, kind and, for categoricals, the levels in the order of their codes."""

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Decoded columns.

    Attributes:
        rows: Number of rows.
        numbers: float64 (rows,) per numeric, boolean (0, 1) and datetime (epoch seconds) column;
            NaN is missing.
        codes: int64 (rows,) per categorical column; -1 is missing, -2 an unknown level.
    """

    rows: int
    numbers: Mapping[str, NDArray[np.float64]]
    codes: Mapping[str, NDArray[np.int64]]

    def take(self, rows: NDArray[np.intp]) -> "Table":
        """The given rows, in the given order."""
        return Table(
            rows=len(rows),
            numbers={name: values[rows] for name, values in self.numbers.items()},
            codes={name: values[rows] for name, values in self.codes.items()},
        )


def infer_kinds(
    frame: pd.DataFrame, *, overrides: Mapping[str, str] | None = None
) -> dict[str, Kind]:
    """Kind of every column, in the order of the frame.

    Raises:
        UnknownColumn: an override names a column that is not there.
        UnfitSettings: an override names no kind.
    """
    stated = {}
    for name, kind in (overrides or {}).items():
        if name not in frame.columns:
            message = f"column_kinds names {name!r}, which is no column of the frame"
            raise UnknownColumn(message)
        try:
            stated[name] = Kind(kind)
        except ValueError as error:
            message = f"column_kinds gives {name!r} the kind {kind!r}; use one of {list(Kind)}"
            raise UnfitSettings(message) from error
    return {
        str(name): stated.get(str(name), infer_kind(frame[name], str(name)))
        for name in frame.columns
    }


def infer_kind(column: pd.Series, name: str) -> Kind:
    """Kind of one column from its dtype and, for text, a sample of its values."""
    if column.value_counts(dropna=False).size <= 1:
        return Kind.CONSTANT
    if pd.api.types.is_bool_dtype(column.dtype):
        return Kind.BOOLEAN
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return Kind.DATETIME
    if pd.api.types.is_numeric_dtype(column.dtype):
        return Kind.IDENTIFIER if _counts_rows(column, name) else Kind.NUMERIC
    return _kind_of_objects(column, name)


def decode(frame: pd.DataFrame, schema: Sequence[ColumnSchema]) -> Table:
    """The columns of the schema as plain arrays; other columns are ignored.

    Infinite numbers become missing.

    Raises:
        MissingColumn: a column of the schema is not in the frame.
        UnparsableValue: values are not of the kind of their column.
    """
    frame = with_text_names(frame)
    absent = [column.name for column in schema if column.name not in frame.columns]
    if absent:
        named = ", ".join(repr(name) for name in absent[:10])
        message = f"the frame lacks {len(absent)} of the model's columns: {named}; add them"
        raise MissingColumn(message)
    numbers: dict[str, NDArray[np.float64]] = {}
    codes: dict[str, NDArray[np.int64]] = {}
    for column in schema:
        series = frame[column.name]
        if column.kind is Kind.CATEGORICAL:
            positions = {level: code for code, level in enumerate(column.levels)}
            codes[column.name] = _category_codes(series, positions)
        else:
            numbers[column.name] = _NUMBERS[column.kind](series, column.name)
    return Table(rows=len(frame), numbers=numbers, codes=codes)


def with_text_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its column names as text; the frame itself when they are text already."""
    if all(isinstance(name, str) for name in frame.columns):
        return frame
    return frame.rename(columns=str)


def levels_of(column: pd.Series) -> tuple[str, ...]:
    """Distinct categories as text, sorted; at most `MAX_LEVELS`, the most frequent."""
    counts = level_counts(column)
    return tuple(sorted(name for name, _ in counts[:MAX_LEVELS]))


def level_counts(column: pd.Series) -> list[tuple[str, int]]:
    """Categories as text with their counts, the most frequent first, ties by text."""
    codes, uniques = pd.factorize(_plain(column))
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    merged: dict[str, int] = {}
    for value, count in zip(uniques, counts, strict=True):
        text = category_text(value)
        merged[text] = merged.get(text, 0) + int(count)
    return sorted(merged.items(), key=lambda item: (-item[1], item[0]))


def numbers_of(series: pd.Series, name: str) -> NDArray[np.float64]:
    """Numbers of a column; blank text is missing, infinities are missing.

    Raises:
        UnparsableValue: text that is no number.
    """
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return np.asarray(series.dt.total_seconds(), dtype=np.float64)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        blank = series.isna() | (series.astype("str").str.strip() == "")
        parsed = pd.to_numeric(series.where(~blank), errors="coerce")
        _refuse_unparsed(parsed.isna() & ~blank, name, "numbers")
        series = parsed
    values = series.to_numpy(dtype=np.float64, na_value=np.nan).copy()
    values[~np.isfinite(values)] = np.nan
    return values


def datetimes_of(series: pd.Series, name: str) -> NDArray[np.float64]:
    """Epoch seconds in UTC; times without a zone are taken as UTC.

    Raises:
        UnparsableValue: values that are no ISO 8601 times.
    """
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        times = pd.to_datetime(series, utc=True)
    else:
        blank = series.isna()
        times = pd.to_datetime(
            series.astype("str").where(~blank), errors="coerce", utc=True, format="ISO8601"
        )
        _refuse_unparsed(times.isna() & ~blank, name, "ISO 8601 times")
    plain = times.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(plain), np.nan, plain.astype(np.int64) / 1e6)


def booleans_of(series: pd.Series, name: str) -> NDArray[np.float64]:
    """Booleans as 0 and 1; the numbers 0 and 1 and the texts true and false are accepted.

    Raises:
        UnparsableValue: anything else.
    """
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    blank = series.isna()
    words = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}
    codes, uniques = pd.factorize(_plain(series))
    values = np.array([words.get(category_text(value).lower(), np.nan) for value in uniques])
    decoded = np.where(codes < 0, np.nan, np.append(values, np.nan)[codes])
    _refuse_unparsed(pd.Series(np.isnan(decoded), index=series.index) & ~blank, name, "booleans")
    return decoded


_NUMBERS: Final[Mapping[Kind, Callable[[pd.Series, str], NDArray[np.float64]]]] = {
    Kind.NUMERIC: numbers_of,
    Kind.DATETIME: datetimes_of,
    Kind.BOOLEAN: booleans_of,
}


def _category_codes(series: pd.Series, positions: Mapping[str, int]) -> NDArray[np.int64]:
    codes, uniques = pd.factorize(_plain(series))
    table = [positions.get(category_text(value), UNKNOWN) for value in uniques]
    return np.array([*table, MISSING], dtype=np.int64)[codes]


def _plain(series: pd.Series) -> pd.Series:
    """Without the categorical dtype, whose unused levels would show up as values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.astype(series.cat.categories.dtype)
    return series


def _counts_rows(column: pd.Series, name: str) -> bool:
    """Whether whole numbers merely number the rows: all different, and named so or consecutive."""
    if not pd.api.types.is_integer_dtype(column.dtype) or len(column) < 50:
        return False
    if column.isna().any() or not column.is_unique:
        return False
    consecutive = int(column.max()) - int(column.min()) + 1 == len(column)
    return consecutive or _IDENTIFIER_NAME.search(name) is not None


def _kind_of_objects(column: pd.Series, name: str) -> Kind:
    present = column.dropna()
    sample = present.iloc[:_SAMPLE_ROWS]
    types = {type(value) for value in sample}
    if types <= {bool, np.bool_}:
        return Kind.BOOLEAN
    if not types & {str}:
        number = pd.to_numeric(sample, errors="coerce")
        return Kind.CATEGORICAL if number.isna().any() else Kind.NUMERIC
    return _kind_of_text(present, sample.astype("str").str.strip(), name)


def _kind_of_text(present: pd.Series, sample: pd.Series, name: str) -> Kind:
    filled = sample[sample != ""]
    if filled.empty:
        return Kind.CATEGORICAL
    if pd.to_numeric(filled, errors="coerce").notna().all():
        few = filled.nunique() <= 10
        whole = pd.to_numeric(present.where(present.astype("str").str.strip() != ""), "coerce")
        blanks = present.astype("str").str.strip() == ""
        return Kind.CATEGORICAL if few or (whole.isna() & ~blanks).any() else Kind.NUMERIC
    if filled.str.match(_ISO_DATE).all():
        return Kind.DATETIME
    unique_share = filled.nunique() / len(filled)
    words = float(filled.str.count(r"\s+").mean()) + 1
    if unique_share > 0.5 and words >= 4:
        return Kind.TEXT
    if unique_share > 0.95 and len(filled) >= 50:
        return Kind.IDENTIFIER
    if unique_share > 0.5 and len(filled) >= 50 and _IDENTIFIER_NAME.search(name):
        return Kind.IDENTIFIER
    return Kind.CATEGORICAL


def _refuse_unparsed(unparsed: pd.Series, name: str, expected: str) -> None:
    count = int(unparsed.sum())
    if count:
        message = f"column {name!r} has {count} values that are no {expected}; clean or drop them"
        raise UnparsableValue(message)

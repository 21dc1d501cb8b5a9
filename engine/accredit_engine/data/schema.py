"""Decoding of a frame into plain typed arrays.

Everything after this module works on a `Table`: numbers as float64 with NaN for missing,
categories as integer codes over the levels seen in training, texts as they are. Decoding is the
only place where the many dtypes of pandas are dealt with, in training and in prediction alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, category_text
from accredit_engine.data.few_rows import (
    MISSING,
    UNKNOWN,
    few_codes,
    few_numbers,
    plain_values,
)
from accredit_engine.data.kinds import holds_types, value_types
from accredit_engine.data.scales import scale_order
from accredit_engine.errors import MissingColumn, UnknownOrder, UnparsableValue

MAX_LEVELS: Final = 10_000
"""Levels beyond this count are treated as unknown; the most frequent are kept."""

CODED: Final = frozenset({Kind.CATEGORICAL, Kind.ORDINAL})
"""Kinds that a table holds as codes of levels."""

_SPELLED: Final = CODED | {Kind.TEXT}


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """One input.

    Attributes:
        name: Name of the column.
        kind: Its kind.
        levels: Levels of a categorical or ordinal in the order of their codes; those of an ordinal
            rise.
        lenient: Whether text in a numeric column that is no number is taken as missing instead of
            being refused.
        positions: Code of each level.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    lenient: bool = False
    positions: Mapping[str, int] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        """Number the levels once: a column may have thousands, and a row is decoded in no time."""
        positions = {level: code for code, level in enumerate(self.levels)}
        object.__setattr__(self, "positions", positions)


@dataclass(frozen=True, slots=True)
class Table:
    """Decoded columns.

    Attributes:
        rows: Number of rows.
        numbers: float64 (rows,) per numeric, boolean (0, 1) and datetime (epoch seconds) column;
            NaN is missing.
        codes: int64 (rows,) per categorical or ordinal column: the position of the level; -1 is
            missing, -2 an unknown level.
        texts: object (rows,) of `str` per text column; "" is missing.
    """

    rows: int
    numbers: Mapping[str, NDArray[np.float64]]
    codes: Mapping[str, NDArray[np.int64]]
    texts: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def only(self, names: Sequence[str]) -> "Table":
        """The given columns; the arrays are shared."""
        kept = set(names)
        return Table(
            rows=self.rows,
            numbers={name: values for name, values in self.numbers.items() if name in kept},
            codes={name: values for name, values in self.codes.items() if name in kept},
            texts={name: values for name, values in self.texts.items() if name in kept},
        )

    def take(self, rows: NDArray[np.intp]) -> "Table":
        """The given rows, in the given order."""
        return Table(
            rows=len(rows),
            numbers={name: values[rows] for name, values in self.numbers.items()},
            codes={name: values[rows] for name, values in self.codes.items()},
            texts={name: values[rows] for name, values in self.texts.items()},
        )


def column_schema(column: pd.Series, name: str, kind: Kind, *, stated: bool) -> ColumnSchema:
    """Schema of one column of the training frame.

    Args:
        column: Training values.
        name: Name of the column.
        kind: Its kind.
        stated: Whether the caller stated the kind. A stated number is no place for words.

    Raises:
        UnknownOrder: nothing tells the order of an ordinal's levels.
    """
    if kind is Kind.CATEGORICAL:
        return ColumnSchema(name, kind, levels_of(column))
    if kind is Kind.ORDINAL:
        return ColumnSchema(name, kind, ordered_levels(column, name))
    if kind is Kind.NUMERIC and not stated and not _is_number(column):
        return ColumnSchema(name, kind, lenient=set(value_types(column)) != {"numbers"})
    return ColumnSchema(name, kind)


def uniform(frame: pd.DataFrame, schema: Sequence[ColumnSchema], table: Table) -> pd.DataFrame:
    """The frame with inputs of mixed types spelled in one type, as they are read.

    Files of columns know one type per column. Other columns are kept; nothing is copied when
    nothing changes.
    """
    changed: dict[str, pd.Series] = {}
    for column in schema:
        series = frame[column.name]
        if column.lenient:
            changed[column.name] = pd.Series(table.numbers[column.name], index=frame.index)
        elif column.kind in _SPELLED and _mixes_types(series):
            spelled = texts_of(series)
            changed[column.name] = pd.Series(spelled, index=frame.index).where(series.notna(), None)
    return frame.assign(**changed) if changed else frame


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
    texts: dict[str, NDArray[np.object_]] = {}
    few = plain_values(frame)
    for column in schema:
        name = column.name
        if column.kind in CODED:
            found = few_codes(few.get(name), column.positions)
            codes[name] = _category_codes(frame[name], column.positions) if found is None else found
        elif column.kind is Kind.TEXT:
            texts[name] = texts_of(frame[name])
        elif column.kind is Kind.NUMERIC:
            plain = few_numbers(few.get(name))
            if plain is None:
                plain = numbers_of(frame[name], name, lenient=column.lenient)
            numbers[name] = plain
        else:
            numbers[name] = _NUMBERS[column.kind](frame[name], name)
    return Table(rows=len(frame), numbers=numbers, codes=codes, texts=texts)


def with_text_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its column names as text; the frame itself when they are text already."""
    if all(isinstance(name, str) for name in frame.columns):
        return frame
    return frame.rename(columns=str)


def levels_of(column: pd.Series) -> tuple[str, ...]:
    """Distinct categories as text, sorted; at most `MAX_LEVELS`, the most frequent."""
    counts = level_counts(column)
    return tuple(sorted(name for name, _ in counts[:MAX_LEVELS]))


def ordered_levels(column: pd.Series, name: str) -> tuple[str, ...]:
    """Distinct categories as text, lowest first.

    The order is that of an ordered categorical dtype, else that of the numbers if all levels are
    numbers, else that of a known scale or of bands of numbers.

    Raises:
        UnknownOrder: none of these applies.
    """
    if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        levels = tuple(category_text(level) for level in column.cat.categories)
        return levels[:MAX_LEVELS]
    found = levels_of(column)
    numbers = pd.to_numeric(pd.Series(found, dtype=object), errors="coerce")
    if len(found) and numbers.notna().all():
        return tuple(found[at] for at in np.argsort(numbers.to_numpy(), kind="stable"))
    order = scale_order(found)
    if order is None:
        message = (
            f"column {name!r} is said to be ordinal, but its {len(found)} levels are no numbers "
            "and no known scale; make it an ordered categorical, lowest level first"
        )
        raise UnknownOrder(message)
    return order


def level_counts(column: pd.Series) -> list[tuple[str, int]]:
    """Categories as text with their counts, the most frequent first, ties by text."""
    codes, uniques = pd.factorize(_plain(column))
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    merged: dict[str, int] = {}
    for value, count in zip(uniques, counts, strict=True):
        text = category_text(value)
        merged[text] = merged.get(text, 0) + int(count)
    return sorted(merged.items(), key=lambda item: (-item[1], item[0]))


def texts_of(series: pd.Series) -> NDArray[np.object_]:
    """Texts of a column; "" is missing, other values are spelled as categories are."""
    codes, uniques = pd.factorize(_plain(series))
    spelled = np.empty(len(uniques) + 1, dtype=object)
    spelled[:-1] = [category_text(value) for value in uniques]
    spelled[-1] = ""
    return np.asarray(spelled[codes], dtype=object)


def numbers_of(series: pd.Series, name: str, *, lenient: bool = False) -> NDArray[np.float64]:
    """Numbers of a column; blank text is missing, infinities are missing.

    Args:
        series: The column.
        name: Its name, for messages.
        lenient: Whether what is no number is missing, too.

    Raises:
        UnparsableValue: text that is no number, unless lenient.
    """
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iuf":
        plain = np.array(series.to_numpy(), dtype=np.float64)
        plain[~np.isfinite(plain)] = np.nan
        return plain
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return np.asarray(series.dt.total_seconds(), dtype=np.float64)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        blank = series.isna() | (series.astype("str").str.strip() == "")
        parsed = pd.to_numeric(series.where(~blank), errors="coerce")
        if not lenient:
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
    Kind.DATETIME: datetimes_of,
    Kind.BOOLEAN: booleans_of,
}


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_timedelta64_dtype(
        column.dtype
    )


def _mixes_types(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return not isinstance(column.cat.categories.dtype, pd.StringDtype | np.dtype) or (
            len(holds_types(column.cat.categories.to_series())) > 1
        )
    held = holds_types(column)
    return len(held) > 1 or "others" in held


def _category_codes(series: pd.Series, positions: Mapping[str, int]) -> NDArray[np.int64]:
    codes, uniques = pd.factorize(_plain(series))
    table = [positions.get(category_text(value), UNKNOWN) for value in uniques]
    return np.array([*table, MISSING], dtype=np.int64)[codes]


def _plain(series: pd.Series) -> pd.Series:
    """Values that differ if and only if they are spelled differently.

    Without the categorical dtype, whose unused levels would show up as values. Objects of several
    types are spelled at once: to a hash table 1, 1.0 and true are one key, and a row would depend
    on the rows before it.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    if series.dtype != object:
        return series
    types = set(map(type, series.dropna()))
    if len(types) <= 1 and types <= {str, int, float, bool}:
        return series
    return series.map(category_text, na_action="ignore")


def _refuse_unparsed(unparsed: pd.Series, name: str, expected: str) -> None:
    count = int(unparsed.sum())
    if count:
        message = f"column {name!r} has {count} values that are no {expected}; clean or drop them"
        raise UnparsableValue(message)

"""Which kind of thing a column holds, read from its dtype and values.

Rules for text and mixed columns, first match wins:

1. At least 95 % of the values are numbers, of which more than ten differ: numeric; the rest is
   taken as missing. Up to ten different numbers written as text are codes: categorical.
2. ISO 8601 dates or times only: datetime.
3. Three words or more per value and mostly different values, or eight words or more: free text.
4. Nearly every value differs (95 %, or 80 % under a name such as `customer_id`): identifier.
5. Levels of a known scale or bands of numbers: ordinal.
6. Everything else: categorical.

Whole numbers that merely number the rows are identifiers; repeated ones under the name of an
identifier are categorical. An ordered pandas categorical is ordinal.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from numbers import Number
from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import Kind, category_text
from accredit_engine.data.scales import scale_order
from accredit_engine.errors import UnfitSettings, UnknownColumn

NUMERIC_SHARE: Final = 0.95
_NESTED: Final = (list, tuple, dict, set, frozenset, np.ndarray)
_SAMPLE_ROWS: Final = 5_000
_MIN_ROWS: Final = 50
_FEW_NUMBERS: Final = 10
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$")
_IDENTIFIER_NAME: Final = re.compile(
    r"(^|[_\W])(?i:id|uuid|guid|key|number|no|nr)$|[a-z](Id|ID|Uuid|UUID|Key)$"
)
_ID_NAME: Final = re.compile(r"(^|[_\W])(?i:id|uuid|guid)$|[a-z](Id|ID|Uuid|UUID)$")
_ROW_NAME: Final = re.compile(
    r"^(index|idx|row|row_?(id|no|nr|num|number)|unnamed.*)$", re.IGNORECASE
)
_TIME_NAME: Final = re.compile(
    r"(^|[_\W])(year|month|week|day|hour|minute|second|date|time|timestamp|period|age|epoch|t)s?$",
    re.IGNORECASE,
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
        str(name): stated[str(name)] if str(name) in stated else infer_kind(frame[name], str(name))
        for name in frame.columns
    }


def infer_kind(column: pd.Series, name: str) -> Kind:
    """Kind of one column from its dtype and, for text, its values."""
    dtype = column.dtype
    if len(column.unique()) <= 1:
        return Kind.CONSTANT
    if pd.api.types.is_bool_dtype(dtype):
        return Kind.BOOLEAN
    if isinstance(dtype, pd.CategoricalDtype):
        return Kind.ORDINAL if dtype.ordered or _has_scale(column) else Kind.CATEGORICAL
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Kind.DATETIME
    if pd.api.types.is_timedelta64_dtype(dtype):
        return Kind.NUMERIC
    if pd.api.types.is_numeric_dtype(dtype):
        return _kind_of_numbers(column, name)
    return _kind_of_objects(column, name)


def value_types(column: pd.Series) -> dict[str, int]:
    """Values of a text or object column by what they are; missing values and blanks not counted.

    Keys, each with at least one value: numbers (text that reads as a number included), texts,
    booleans, times, others.
    """
    present = column.dropna()
    found = {"numbers": 0, "texts": 0, "booleans": 0, "times": 0, "others": 0}
    if isinstance(column.dtype, pd.StringDtype):
        found["texts"] = len(present)
    else:
        for kind, count in Counter(map(type, present)).items():
            found[_type_of_class(kind)] += count
    if found["texts"]:
        if found["texts"] < len(present):
            present = present[[isinstance(value, str) for value in present]]
        codes, uniques = pd.factorize(present)
        counts = np.bincount(codes, minlength=len(uniques))
        texts = pd.Series(uniques).astype("str").str.strip()
        reads = pd.to_numeric(texts, errors="coerce").notna().to_numpy()
        blanks = int(counts[(texts == "").to_numpy()].sum())
        numbers = int(counts[reads].sum())
        found["numbers"] += numbers
        found["texts"] -= numbers + blanks
    return {key: count for key, count in found.items() if count}


def holds_types(column: pd.Series) -> set[str]:
    """Types of Python values in an object column, as in `value_types` but text is always text."""
    if column.dtype != object:
        return set()
    return {_type_of_class(kind) for kind in set(map(type, column.dropna()))}


def holds_nested(column: pd.Series) -> bool:
    """Whether an object column holds lists, mappings or arrays instead of single values."""
    if column.dtype != object:
        return False
    return any(issubclass(kind, _NESTED) for kind in set(map(type, column)))


def _type_of_class(kind: type) -> str:
    if issubclass(kind, bool | np.bool_):
        return "booleans"
    if issubclass(kind, str):
        return "texts"
    if issubclass(kind, dt.date | np.datetime64):
        return "times"
    return "numbers" if issubclass(kind, Number) else "others"


def _kind_of_numbers(column: pd.Series, name: str) -> Kind:
    if not pd.api.types.is_integer_dtype(column.dtype) or len(column) < _MIN_ROWS:
        return Kind.NUMERIC
    present = column.dropna()
    unique = int(present.nunique())
    if unique == len(column):
        span = int(present.max()) - int(present.min()) + 1
        # A part of numbered rows, as a split leaves it, still fills much of its range.
        counts_rows = span <= 3 * len(column) and _TIME_NAME.search(name) is None
        named = _IDENTIFIER_NAME.search(name) or _ROW_NAME.search(name)
        return Kind.IDENTIFIER if counts_rows or named else Kind.NUMERIC
    if _ID_NAME.search(name) and unique > _FEW_NUMBERS:
        nearly = unique > 0.8 * len(present)
        return Kind.IDENTIFIER if nearly else Kind.CATEGORICAL
    return Kind.NUMERIC


def _kind_of_objects(column: pd.Series, name: str) -> Kind:
    present = column.dropna()
    held = holds_types(present) or {"texts"}
    if held == {"booleans"}:
        return Kind.BOOLEAN
    if held == {"times"}:
        return Kind.DATETIME
    if "texts" not in held:
        return Kind.NUMERIC if held == {"numbers"} else Kind.CATEGORICAL
    if held == {"texts"}:
        return _kind_of_text(present.astype("str").str.strip(), name)
    return Kind.NUMERIC if _mostly_numbers(present) else Kind.CATEGORICAL


def _mostly_numbers(present: pd.Series) -> bool:
    types = value_types(present)
    if types.get("numbers", 0) < NUMERIC_SHARE * sum(types.values()):
        return False
    texts = present.map(category_text).astype("str")
    return int(pd.to_numeric(texts, errors="coerce").nunique()) > _FEW_NUMBERS


def _kind_of_text(present: pd.Series, name: str) -> Kind:
    """Kind of stripped text."""
    filled = present[present != ""]
    if filled.empty:
        return Kind.CATEGORICAL
    sample = filled.iloc[
        np.linspace(0, len(filled) - 1, min(len(filled), _SAMPLE_ROWS)).astype(int)
    ]
    if pd.to_numeric(sample, errors="coerce").notna().mean() >= 0.9 and _mostly_numbers(filled):
        return Kind.NUMERIC
    if sample.str.match(_ISO_DATE).all() and filled.str.match(_ISO_DATE).all():
        return Kind.DATETIME
    unique = int(filled.nunique())
    unique_share = unique / len(filled)
    words = float(sample.str.count(r"\s+").mean()) + 1
    if (words >= 3 and unique_share > 0.5) or (words >= 8 and unique > _MIN_ROWS):
        return Kind.TEXT
    least = 0.8 if _IDENTIFIER_NAME.search(name) else 0.95
    if unique_share > least and len(filled) >= _MIN_ROWS:
        return Kind.IDENTIFIER
    return Kind.ORDINAL if _has_scale(filled) else Kind.CATEGORICAL


def _has_scale(column: pd.Series) -> bool:
    levels = column.dropna().unique()
    # No known scale and no useful row of bands has more levels.
    return len(levels) <= 30 and scale_order([category_text(level) for level in levels]) is not None

"""Findings about single columns and the whole table, before anything is trained.

Nothing here changes data. Rules: missing values (warning from 20 %), near-constant columns (one
value in 99 % of the rows), high cardinality (more than 50 levels), identifiers and free text,
numbers stored as text, mixed types, infinities, sentinel values, outliers (three interquartile
ranges beyond the quartiles), duplicate rows, few rows.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.kinds import value_types
from accredit_engine.data.schema import MAX_LEVELS, ColumnSchema, Table, numbers_of

FEW_ROWS: Final = 200
_MUCH_MISSING: Final = 0.2
_NEAR_CONSTANT: Final = 0.99
_MANY_LEVELS: Final = 50
_CODES_SHARE: Final = 0.5
_FENCE: Final = 3.0
_FAR: Final = 50.0
_MANY_OUTLIERS: Final = 0.05
_QUARTILE_ROWS: Final = 20_000
_REPEATED_DIGITS: Final = re.compile(r"^-?(?:9{3,}|8{3,}|6{3,}|7{3,})(?:\.\d+)?$")


def column_findings(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> list[Finding]:
    """Findings about the given columns, in the order of `kinds`."""
    findings: list[Finding] = []
    for name, kind in kinds.items():
        column = frame[name]
        unique = int(column.nunique())
        findings += _kind_findings(column, name, kind, unique)
        if kind is Kind.CONSTANT:
            continue
        findings += _missing(column, name)
        if unique <= 1 + (1 - _NEAR_CONSTANT) * len(column):
            findings += _near_constant(column, name)
        findings += _mixed_types(column, name, kind)
        if kind is Kind.NUMERIC:
            findings += _number_findings(column, name)
        if kind is Kind.CATEGORICAL:
            findings += _levels(column, name, unique)
    return findings


def outlier_findings(table: Table, schema: Sequence[ColumnSchema]) -> list[Finding]:
    """Values far outside the bulk of numeric columns.

    A column with more than 5 % of them has a heavy tail, not outliers, and is not named.
    """
    findings = []
    for column in schema:
        if column.kind is not Kind.NUMERIC:
            continue
        values = table.numbers[column.name]
        values = values[~np.isnan(values)]
        if len(values) < FEW_ROWS // 10:
            continue
        step = max(1, len(values) // _QUARTILE_ROWS)
        low, high = (float(value) for value in np.quantile(values[::step], (0.25, 0.75)))
        spread = high - low
        if spread <= 0:
            continue
        beyond = np.maximum(values - high, low - values) / spread
        count = int((beyond > _FENCE).sum())
        if not 0 < count <= _MANY_OUTLIERS * len(values):
            continue
        farthest = float(beyond.max())
        findings.append(
            Finding(
                "outliers",
                Severity.WARNING if farthest > _FAR else Severity.INFO,
                column.name,
                f"{column.name!r} has {count} values more than {_FENCE:g} interquartile ranges "
                "outside the quartiles",
                {
                    "rows": count,
                    "share": round(count / len(values), 6),
                    "farthest_ranges": round(farthest, 3),
                },
                "Check the farthest: a wrong unit or a slip of the keyboard looks like this.",
            )
        )
    return findings


def table_findings(frame: pd.DataFrame) -> list[Finding]:
    """Findings about the whole table."""
    findings = []
    rows = len(frame)
    if rows < FEW_ROWS:
        findings.append(
            Finding(
                "few_rows",
                Severity.WARNING,
                None,
                f"{rows} rows are little to learn from: scores will be noisy",
                {"rows": rows, "limit": FEW_ROWS},
                "Collect more rows, or read the interval of every score.",
            )
        )
    repeated = int(frame.duplicated().sum())
    if repeated:
        share = repeated / rows
        findings.append(
            Finding(
                "duplicate_rows",
                Severity.WARNING if share >= 0.01 else Severity.INFO,
                None,
                f"{repeated} rows repeat an earlier row",
                {"rows": repeated, "share": round(share, 6)},
                "Remove true repeats: they can sit on both sides of a split.",
            )
        )
    return findings


def _kind_findings(column: pd.Series, name: str, kind: Kind, unique: int) -> list[Finding]:
    if kind is Kind.CONSTANT:
        code = "empty_column" if unique == 0 else "constant_column"
        text = "has no values" if unique == 0 else "has a single value"
        remedy = "Drop it; it is left out of the model."
        return [Finding(code, Severity.INFO, name, f"{name!r} {text}", {"unique": unique}, remedy)]
    if kind is Kind.IDENTIFIER:
        return [
            Finding(
                "identifier_column",
                Severity.WARNING,
                name,
                f"{name!r} looks like an identifier: {unique} different values",
                {"unique": unique, "rows": len(column)},
                "It is left out. State its kind in column_kinds if it carries meaning.",
            )
        ]
    if kind is Kind.TEXT:
        return [
            Finding(
                "free_text_column",
                Severity.INFO,
                name,
                f"{name!r} looks like free text and is read by its words",
                {"unique": unique, "rows": len(column)},
                "Make sure that it names nobody and is known before the outcome; else exclude it.",
            )
        ]
    return []


def _mixed_types(column: pd.Series, name: str, kind: Kind) -> list[Finding]:
    """Numbers stored as text, and columns that hold several types."""
    plain = pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    if not plain or kind not in {Kind.NUMERIC, Kind.CATEGORICAL, Kind.TEXT, Kind.ORDINAL}:
        return []
    types = value_types(column)
    total = sum(types.values())
    if set(types) == {"numbers"}:
        return _numbers_as_text(column, name, kind)
    # Codes such as 1, 2, 3A are names: a column counts as mixed when numbers are the greater part.
    mixes_text = types.get("numbers", 0) >= _CODES_SHARE * total and len(types) > 1
    if not (mixes_text or len(set(types) - {"texts"}) > 1):
        return []
    is_numeric = kind is Kind.NUMERIC
    read = "as numbers, the rest as missing" if is_numeric else f"as {kind.value}"
    counts = ", ".join(f"{count} {what}" for what, count in types.items())
    return [
        Finding(
            "mixed_types",
            Severity.WARNING,
            name,
            f"{name!r} mixes types ({counts}) and is read {read}",
            dict(types),
            "Store one type; write missing values as missing, not as words.",
        )
    ]


def _numbers_as_text(column: pd.Series, name: str, kind: Kind) -> list[Finding]:
    is_text = any(isinstance(value, str) for value in column.dropna().iloc[:1000])
    if kind is not Kind.NUMERIC or not is_text:
        return []
    return [
        Finding(
            "numbers_as_text",
            Severity.INFO,
            name,
            f"{name!r} holds numbers stored as text and is read as numeric",
            {"unique": int(column.nunique())},
            "Store numbers as numbers; records to predict must hold numbers.",
        )
    ]


def _missing(column: pd.Series, name: str) -> list[Finding]:
    count = int(column.isna().sum())
    if not count:
        return []
    share = count / len(column)
    return [
        Finding(
            "missing_values",
            Severity.WARNING if share >= _MUCH_MISSING else Severity.INFO,
            name,
            f"{name!r} is missing in {count} of {len(column)} rows",
            {"rows": count, "share": round(share, 6)},
            "Find out why; the model gets an indicator, never a guess without a mark.",
        )
    ]


def _near_constant(column: pd.Series, name: str) -> list[Finding]:
    counts = column.value_counts(dropna=False)
    share = float(counts.iloc[0] / len(column))
    if share < _NEAR_CONSTANT:
        return []
    return [
        Finding(
            "near_constant_column",
            Severity.INFO,
            name,
            f"{name!r} has the same value in {share:.1%} of the rows",
            {"share": round(share, 6), "other_rows": int(len(column) - counts.iloc[0])},
            "Consider dropping it: what it says rests on few rows.",
        )
    ]


def _levels(column: pd.Series, name: str, unique: int) -> list[Finding]:
    if unique <= _MANY_LEVELS:
        return []
    return [
        Finding(
            "high_cardinality",
            Severity.INFO,
            name,
            f"{name!r} has {unique} categories",
            {
                "categories": unique,
                "rows_per_category": round(len(column) / unique, 3),
                "kept": min(unique, MAX_LEVELS),
            },
            "Group rare categories, or drop the column if it names single cases.",
        )
    ]


def _number_findings(column: pd.Series, name: str) -> list[Finding]:
    findings = []
    if pd.api.types.is_float_dtype(column.dtype):
        infinite = int(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
        if infinite:
            findings.append(
                Finding(
                    "infinite_values",
                    Severity.WARNING,
                    name,
                    f"{name!r} has {infinite} infinite values; they are taken as missing",
                    {"rows": infinite},
                    "Repair the division or overflow that made them.",
                )
            )
    values = numbers_of(column, name, lenient=True)
    present = values[~np.isnan(values)]
    for value, count in _sentinels(present):
        findings.append(
            Finding(
                "sentinel_value",
                Severity.WARNING,
                name,
                f"{name!r} holds {value:g} in {count} rows, far from every other value",
                {"value": value, "rows": count},
                "If it stands for missing, replace it by a missing value before training.",
            )
        )
    return findings


def _sentinels(values: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Extremes that look made up: repeated digits, or repeats, far beyond the next value."""
    levels, counts = np.unique(values, return_counts=True)
    if len(levels) < 5:
        return []
    found = []
    spread = float(np.quantile(values, 0.95) - np.quantile(values, 0.05))
    for extreme, neighbour in ((len(levels) - 1, len(levels) - 2), (0, 1)):
        value, count = float(levels[extreme]), int(counts[extreme])
        gap = abs(value - float(levels[neighbour]))
        patterned = _REPEATED_DIGITS.match(f"{value:.10g}") is not None and gap > spread
        repeated = count >= 3 and gap > 20 * max(spread, 1e-12) and spread > 0
        if (patterned and gap > 0.5 * abs(value)) or repeated:
            found.append((value, count))
    return found

"""Findings about single columns and the whole table, before anything is trained.

Nothing here changes data. Rules: missing values (warning from 20 %), near-constant columns (one
value in 99 % of the rows), high cardinality (more than 50 levels), identifiers and free text,
numbers stored as text, infinities, sentinel values, duplicate rows, few rows, imbalance.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind, Label
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.schema import numbers_of

FEW_ROWS: Final = 200
_MUCH_MISSING: Final = 0.2
_NEAR_CONSTANT: Final = 0.99
_MANY_LEVELS: Final = 50
_RARE_CLASS_SHARE: Final = 0.1
_REPEATED_DIGITS: Final = re.compile(r"^-?(?:9{3,}|8{3,}|6{3,}|7{3,})(?:\.\d+)?$")


def column_findings(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> list[Finding]:
    """Findings about the given columns, in the order of `kinds`."""
    findings: list[Finding] = []
    for name, kind in kinds.items():
        column = frame[name]
        findings += _kind_findings(column, name, kind)
        if kind is Kind.CONSTANT:
            continue
        findings += _missing(column, name)
        findings += _near_constant(column, name)
        if kind is Kind.NUMERIC:
            findings += _number_findings(column, name)
        if kind is Kind.CATEGORICAL:
            findings += _levels(column, name)
    return findings


def table_findings(frame: pd.DataFrame, columns: Sequence[str]) -> list[Finding]:
    """Findings about the whole table, looking at the given columns."""
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
    repeated = int(frame[list(columns)].duplicated().sum()) if columns else 0
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


def class_findings(classes: Sequence[Label], y: NDArray[np.float64], target: str) -> list[Finding]:
    """Imbalance of the classes; `y` holds positions in `classes`."""
    counts = np.bincount(y.astype(np.int64), minlength=len(classes))
    share = float(counts.min() / counts.sum())
    if share >= _RARE_CLASS_SHARE:
        return []
    return [
        Finding(
            "class_imbalance",
            Severity.WARNING if share < 0.05 else Severity.INFO,
            target,
            f"the rarest class has {counts.min()} of {counts.sum()} rows",
            {"rows": int(counts.min()), "share": round(share, 6)},
            "Judge by AUC or average precision, not by accuracy.",
        )
    ]


def _kind_findings(column: pd.Series, name: str, kind: Kind) -> list[Finding]:
    unique = int(column.nunique())
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
                Severity.WARNING,
                name,
                f"{name!r} looks like free text and is left out",
                {"unique": unique, "rows": len(column)},
                "State its kind as categorical in column_kinds, or derive columns from it.",
            )
        ]
    if kind is Kind.NUMERIC and not pd.api.types.is_numeric_dtype(column.dtype):
        return [
            Finding(
                "numbers_as_text",
                Severity.INFO,
                name,
                f"{name!r} holds numbers stored as text and is read as numeric",
                {"unique": unique},
                "Store numbers as numbers; records to predict must hold numbers.",
            )
        ]
    return []


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


def _levels(column: pd.Series, name: str) -> list[Finding]:
    unique = int(column.nunique())
    if unique <= _MANY_LEVELS:
        return []
    return [
        Finding(
            "high_cardinality",
            Severity.INFO,
            name,
            f"{name!r} has {unique} categories",
            {"categories": unique, "rows_per_category": round(len(column) / unique, 3)},
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
    values = numbers_of(column, name)
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

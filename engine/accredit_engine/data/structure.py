"""Structure that a random split would hide: rows that belong together, and time.

A finding says what to pass to `fit`; nothing is decided here.

Groups: a column whose values look like names of cases (by its name, or codes with digits), with at
least 20 values and two rows per value on average, and whose rows share much of the target: an
intraclass correlation of 0.1 or more (one-way random effects, Shrout and Fleiss 1979, ICC(1)) that
chance does not give (F test, p < 1e-4).

Time: a datetime column by which neighbouring rows have like targets (autocorrelation of lag one of
0.1 or more, five standard errors), along which the target drifts (rank correlation, likewise), or
by which the rows are sorted.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import rankdata

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.seeds import child

_MIN_GROUPS: Final = 20
_MIN_ROWS_PER_GROUP: Final = 2.0
_MIN_ICC: Final = 0.1
_MAX_P: Final = 1e-4
_MIN_CORRELATION: Final = 0.1
_STANDARD_ERRORS: Final = 5.0
_SORTED: Final = 0.95
_MIN_TIMES: Final = 10
_MAX_SIGNALS: Final = 10
_CASE_NAME: Final = re.compile(
    r"(^|[_\W])(id|uuid|guid|key|code|no|nr|customer|client|patient|person|user|member|subject|"
    r"account|household|family|student|employee|device|machine|store|shop|branch|site|school|"
    r"hospital|vendor|supplier|merchant|session)$|[a-z](Id|ID)$"
)
_CODE_VALUE: Final = re.compile(r"^(?=.*\d)[A-Za-z0-9_:/#.-]{3,40}$")
_CASE_KINDS: Final = {Kind.CATEGORICAL, Kind.IDENTIFIER, Kind.NUMERIC}


def group_structure(
    inputs: pd.DataFrame,
    kinds: Mapping[str, Kind],
    y: NDArray[np.float64],
    *,
    task: Task,
    skipped: Collection[str] = (),
) -> list[Finding]:
    """Findings `group_structure`, the strongest column first.

    Args:
        inputs: Columns but the target, same rows as `y`.
        kinds: Kind of every column.
        y: float64 (n,): target, or positions of classes.
        task: What is predicted.
        skipped: Columns that have another part to play.
    """
    found = []
    signals = _signals(y, task)
    for name, kind in kinds.items():
        if name in skipped or kind not in _CASE_KINDS or not _names_cases(inputs[name], name, kind):
            continue
        codes, uniques = pd.factorize(inputs[name])
        groups = len(uniques)
        known = codes >= 0
        rows_per_group = int(known.sum()) / max(groups, 1)
        if groups < _MIN_GROUPS or rows_per_group < _MIN_ROWS_PER_GROUP:
            continue
        best = max(_icc(codes[known], signals[known, at]) for at in range(signals.shape[1]))
        icc, p_value = best
        if icc >= _MIN_ICC and p_value < _MAX_P:
            found.append((icc, name, groups, rows_per_group))
    return [
        Finding(
            "group_structure",
            Severity.WARNING,
            name,
            f"rows with the same {name!r} have like targets: {groups} groups of "
            f"{rows_per_group:.1f} rows, intraclass correlation {icc:.2f}",
            {
                "groups": groups,
                "rows_per_group": round(rows_per_group, 3),
                "intraclass_correlation": round(icc, 6),
            },
            f"If the model will meet new values of it, pass groups={name!r}: folds then keep them "
            "apart, and scores are no longer too good.",
        )
        for icc, name, groups, rows_per_group in sorted(found, key=lambda item: (-item[0], item[1]))
    ]


def time_structure(
    table: Table,
    y: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    *,
    task: Task,
    seed: int,
) -> list[Finding]:
    """Findings `time_structure` about the datetime columns, in the order of the schema."""
    signals = _signals(y, task)
    # Rows of equal times are shuffled, or a sort by target within a day would look like time.
    shuffled = np.random.default_rng(child(seed, "time_structure")).permutation(table.rows)
    findings = []
    for column in schema:
        if column.kind is not Kind.DATETIME:
            continue
        times = table.numbers[column.name]
        finding = _time_finding(column.name, times, signals, shuffled)
        if finding is not None:
            findings.append(finding)
    return findings


def _time_finding(
    name: str,
    times: NDArray[np.float64],
    signals: NDArray[np.float64],
    shuffled: NDArray[np.int64],
) -> Finding | None:
    known = ~np.isnan(times)
    if len(np.unique(times[known])) < _MIN_TIMES or known.mean() < 0.5:
        return None
    rows = shuffled[known[shuffled]]
    ordered = rows[np.argsort(times[rows], kind="stable")]
    autocorrelation = max(_correlation(part[:-1], part[1:]) for part in signals[ordered].T)
    ranks = rankdata(times[known])
    drift = max(abs(_correlation(ranks, rankdata(part))) for part in signals[known].T)
    is_sorted = abs(_correlation(np.arange(len(ranks)), ranks)) >= _SORTED
    limit = max(_MIN_CORRELATION, _STANDARD_ERRORS / np.sqrt(len(rows)))
    matters = autocorrelation >= limit or drift >= limit
    if not (matters or is_sorted):
        return None
    reason = "the target changes along" if matters else "the rows are sorted by"
    return Finding(
        "time_structure",
        Severity.WARNING if matters else Severity.INFO,
        name,
        f"{reason} {name!r}: autocorrelation {autocorrelation:.2f}, drift {drift:.2f}",
        {
            "autocorrelation": round(autocorrelation, 6),
            "drift": round(drift, 6),
            "sorted": int(is_sorted),
            "times": len(np.unique(times[known])),
        },
        f"If the model will answer for later times, pass time={name!r}: folds then train on the "
        "past and test on the future.",
    )


def _names_cases(column: pd.Series, name: str, kind: Kind) -> bool:
    if kind is Kind.NUMERIC and not pd.api.types.is_integer_dtype(column.dtype):
        return False
    if any(_CASE_NAME.search(spelled) for spelled in (name, name.lower())):
        return True
    if kind is Kind.NUMERIC:
        return False
    sample = column.dropna().unique()[:200]
    codes = sum(_CODE_VALUE.match(str(value)) is not None for value in sample)
    return len(sample) >= _MIN_GROUPS and codes >= 0.9 * len(sample)


def _icc(codes: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[float, float]:
    """ICC(1) for groups of unequal size, and the p-value of the one-way F test."""
    counts = np.bincount(codes).astype(np.float64)
    rows, groups = float(counts.sum()), len(counts)
    if rows <= groups:
        return 0.0, 1.0
    means = np.bincount(codes, weights=values) / counts
    between = float((counts * (means - values.mean()) ** 2).sum()) / (groups - 1)
    within = float(((values - means[codes]) ** 2).sum()) / (rows - groups)
    size = (rows - float((counts**2).sum()) / rows) / (groups - 1)
    if within <= 0:
        return (1.0, 0.0) if between > 0 else (0.0, 1.0)
    ratio = between / within
    icc = (ratio - 1) / (ratio - 1 + size)
    return float(icc), float(f_distribution.sf(ratio, groups - 1, rows - groups))


def _signals(y: NDArray[np.float64], task: Task) -> NDArray[np.float64]:
    """Columns (n, s) that can be averaged: the target, or one per frequent class."""
    if task is not Task.MULTICLASS:
        return y[:, None]
    classes = y.astype(np.int64)
    frequent = np.argsort(-np.bincount(classes), kind="stable")[:_MAX_SIGNALS]
    return np.asarray(classes[:, None] == frequent, dtype=np.float64)


def _correlation(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    left, right = first.astype(np.float64), second.astype(np.float64)
    left, right = left - left.mean(), right - right.mean()
    size = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / size if size > 0 else 0.0

"""Rows whose inputs are equal: copies on both sides of a split let a model be tested on its memory.

In a table of few coarse columns equal rows are no copies but different cases that look alike. Equal
rows count as copies when there are ten times as many equal pairs as columns drawn independently
would give, and they neither make up one heap nor nearly all of the table.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.schema import Table

_EXCESS: Final = 10.0
_LARGEST_SHARE: Final = 0.05
_FEWEST_DISTINCT: Final = 0.05
_MUCH: Final = 0.05
_DIGITS: Final = 3
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def duplicate_groups(table: Table, *, digits: int | None = None) -> NDArray[np.int64]:
    """Number of the group of equal input rows that each row is in: int64 (n,), from 0.

    Groups are numbered as they first occur. Missing values are equal to each other.

    Args:
        table: Inputs.
        digits: Significant digits of numbers that are compared, and texts without case; None
            compares exactly.
    """
    total = np.zeros(table.rows, dtype=np.uint64)
    for at, values in enumerate(_arrays(table, digits)):
        # Hashes of 64 bits: two different rows of a million meet by chance once in 30 million runs.
        hashed = pd.util.hash_array(values, categorize=False)
        total = (total ^ (hashed + np.uint64(at))) * _MIX
        total ^= total >> np.uint64(29)
    codes, _ = pd.factorize(total)
    return np.asarray(codes, dtype=np.int64)


def find_duplicates(
    table: Table, y: NDArray[np.float64], *, task: Task
) -> tuple[NDArray[np.int64], list[Finding]]:
    """Groups of copies for the folds, and what a person should know about them.

    Returns:
        int64 (n,): rows that are copies of each other share a number; all numbers differ when equal
        rows are no copies.
    """
    groups = duplicate_groups(table)
    counts = np.bincount(groups)
    repeated = counts[groups] > 1
    if not repeated.any():
        return groups, []
    first = np.unique(groups, return_index=True)[1]
    copies = _are_copies(counts, first, table)
    share = float(repeated.mean())
    conflicting, best = _conflicts(groups, y, task)
    near = duplicate_groups(table, digits=_DIGITS)
    near_rows = int((np.bincount(near)[near] > 1).sum())
    measure = "explained_share_at_most" if task is Task.REGRESSION else "accuracy_at_most"
    finding = Finding(
        "duplicate_inputs",
        Severity.WARNING if copies and share >= _MUCH else Severity.INFO,
        None,
        f"{int(repeated.sum())} rows have the inputs of another row; {conflicting} of them with "
        "another target",
        {
            "rows": int(repeated.sum()),
            "share": round(share, 6),
            "groups": int((counts > 1).sum()),
            "conflicting_rows": conflicting,
            measure: round(best, 6),
            "near_rows": near_rows,
            "kept_in_one_fold": int(copies),
        },
        "Remove true repeats. Where targets differ, a column that tells the rows apart is missing.",
    )
    return (groups if copies else np.arange(table.rows, dtype=np.int64)), [finding]


def _arrays(table: Table, digits: int | None) -> list[NDArray[np.float64] | NDArray[np.int64]]:
    arrays: list[NDArray[np.float64] | NDArray[np.int64]] = []
    for values in table.numbers.values():
        # Adding zero makes -0.0 and 0.0 one; NaN gets a single pattern of bits.
        plain = np.where(np.isnan(values), np.nan, values + 0.0)
        arrays.append(plain if digits is None else _rounded(plain, digits))
    arrays += table.codes.values()
    for texts in table.texts.values():
        plain_texts = texts if digits is None else np.array([text.lower() for text in texts])
        arrays.append(np.asarray(pd.factorize(plain_texts)[0], dtype=np.int64))
    return arrays


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    size = np.where((values == 0) | np.isnan(values), 1.0, np.abs(values))
    step = 10.0 ** (np.floor(np.log10(size)) - digits + 1)
    return np.asarray(np.round(values / step) * step + 0.0, dtype=np.float64)


def _are_copies(counts: NDArray[np.int64], first: NDArray[np.intp], table: Table) -> bool:
    rows = table.rows
    if counts.max() > max(2, _LARGEST_SHARE * rows) or len(counts) < _FEWEST_DISTINCT * rows:
        return False
    # How often two values meet is taken from distinct rows: copies must not vouch for themselves.
    distinct = table.take(first)
    chance = 1.0
    for values in _arrays(distinct, None):
        levels = np.bincount(pd.factorize(values, use_na_sentinel=False)[0])
        chance *= _pairs(levels) / max(_pairs(np.array([distinct.rows])), 1.0)
    return _pairs(counts) > _EXCESS * _pairs(np.array([rows])) * chance


def _pairs(counts: NDArray[np.int64]) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _conflicts(groups: NDArray[np.int64], y: NDArray[np.float64], task: Task) -> tuple[int, float]:
    """Rows of equal inputs with other targets; best accuracy, or share of variance, they allow."""
    order = pd.DataFrame({"group": groups, "y": y})
    distinct = order.groupby("group")["y"].transform("nunique")
    conflicting = int((distinct > 1).sum())
    if task is Task.REGRESSION:
        within = float(((y - order.groupby("group")["y"].transform("mean")) ** 2).sum())
        total = float(((y - y.mean()) ** 2).sum())
        return conflicting, 1 - within / total
    most = order.value_counts().groupby("group").max()
    return conflicting, float(most.sum() / len(y))

"""Target leakage: columns that give the answer away.

Each column is tried alone, out of fold. Rules:
1. It *determines* the target: every value that occurs goes with one target value (recoded,
   inverted or copied targets), or out of fold it predicts almost perfectly. Critical.
2. Its name contains the target's, and alone it predicts very well. Critical.
3. Alone it predicts very well. A warning, for a person to judge.

`hindsight` adds columns that were filled in after the outcome. A perfect single column exists in
honest data too, but so rarely that a person should say so: `exclude` or `column_kinds` are no way
around it, `leakage="quarantine"` reports what it dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.few_rows import MISSING
from accredit_engine.data.finding import Finding, Severity
from accredit_engine.data.hindsight import gap_findings, later_findings, name_findings
from accredit_engine.data.schema import CODED, ColumnSchema, Table
from accredit_engine.seeds import child

_SAMPLE_ROWS: Final = 6_000
_SAMPLE_ROWS_WHEN_WIDE: Final = 2_000
_WIDE: Final = 200
_BINS: Final = 64
_SCREEN_MARGIN: Final = 0.1
_FOLDS: Final = 3
_PERFECT: Final = {Task.BINARY: 0.995, Task.MULTICLASS: 0.999, Task.REGRESSION: 0.999}
_STRONG: Final = {Task.BINARY: 0.95, Task.MULTICLASS: 0.97, Task.REGRESSION: 0.9}
_MIN_ROWS_PER_LEVEL: Final = 10
_SHORTEST_NAME: Final = 4


@dataclass(frozen=True, slots=True)
class Strength:
    """How well one column alone predicts the target, out of fold.

    Attributes:
        column: Name of the column.
        score: AUC (the worst class against the rest for several classes) or R², on a sample. In a
            wide table, for columns that are far from strong, it is that of bins in sample.
        determines: Whether each of its few values goes with a single target value.
        rows: Rows that were looked at.
    """

    column: str
    score: float
    determines: bool
    rows: int


def strengths(
    table: Table,
    y: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    *,
    task: Task,
    seed: int,
) -> list[Strength]:
    """Strength of every column, in the order of the schema."""
    limit = _SAMPLE_ROWS_WHEN_WIDE if len(schema) > _WIDE else _SAMPLE_ROWS
    random = np.random.default_rng(child(seed, "leakage"))
    rows = np.arange(table.rows)
    if table.rows > limit:
        rows = np.sort(random.choice(table.rows, size=limit, replace=False))
    sample, target = table.take(rows), y[rows]
    folds = random.permutation(len(rows)) % _FOLDS
    found = []
    for column in schema:
        values, ordered = _values(sample, column)
        # Thousands of columns cannot each have trees of their own; hopeless ones are seen at once.
        score = _screened(values, target, task) if len(schema) > _WIDE else 1.0
        if score >= _STRONG[task] - _SCREEN_MARGIN:
            score = _score(values, target, folds, task, ordered=ordered)
        determines = _determines(values, target, task)
        found.append(Strength(column.name, score, determines, len(rows)))
    return found


def find_leaks(
    table: Table,
    y: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    *,
    target: str,
    task: Task,
    seed: int,
    known_at: NDArray[np.float64] | None,
) -> tuple[list[Finding], tuple[str, ...]]:
    """Findings, and the names of the columns that must not be inputs, in the order of the schema.

    Args:
        table: Inputs.
        y: float64 (n,): target, or positions of classes.
        schema: Columns in order.
        target: Name of the target.
        task: What is predicted.
        seed: Draws sample and folds.
        known_at: float64 (n,): when each row was known, epoch seconds; None if unknown.
    """
    found = strengths(table, y, schema, task=task, seed=seed)
    findings, _ = leakage_findings(found, target=target, task=task)
    # A column that gives the target away needs no second reason.
    told = {finding.column for finding in findings if finding.severity is Severity.CRITICAL}
    rest = [column for column in schema if column.name not in told]
    if known_at is not None:
        findings += later_findings(table, rest, known_at)
    findings += gap_findings(table, y, rest, target=target, task=task)
    findings += name_findings(rest, target)
    critical = {finding.column for finding in findings if finding.severity is Severity.CRITICAL}
    return findings, tuple(column.name for column in schema if column.name in critical)


def leakage_findings(
    found: Sequence[Strength], *, target: str, task: Task
) -> tuple[list[Finding], tuple[str, ...]]:
    """Findings, and the names of the columns that must not be inputs."""
    findings, leaks = [], []
    measure = "R²" if task is Task.REGRESSION else "AUC"
    for strength in found:
        named = _shares_name(strength.column, target)
        strong = strength.score >= _STRONG[task]
        perfect = strength.score >= _PERFECT[task] or (strength.determines and strong)
        evidence = {
            "score": round(strength.score, 6),
            "determines_target": int(strength.determines),
            "shares_name": int(named),
            "rows": strength.rows,
        }
        if perfect or (named and strong):
            leaks.append(strength.column)
            findings.append(
                Finding(
                    "target_leakage",
                    Severity.CRITICAL,
                    strength.column,
                    f"{strength.column!r} alone gives {target!r} away: {measure} "
                    f"{strength.score:.3f} out of fold",
                    evidence,
                    "Find out when it is known. If only after the outcome, exclude it.",
                )
            )
        elif strong:
            findings.append(
                Finding(
                    "suspiciously_strong",
                    Severity.WARNING,
                    strength.column,
                    f"{strength.column!r} alone predicts {target!r} with {measure} "
                    f"{strength.score:.3f} out of fold",
                    evidence,
                    "Make sure that it is known before the outcome.",
                )
            )
    return findings, tuple(leaks)


def _values(sample: Table, column: ColumnSchema) -> tuple[NDArray[np.float64], bool]:
    """One number per row, NaN where unknown, and whether their order means something."""
    if column.kind is Kind.ORDINAL:
        codes = sample.codes[column.name].astype(np.float64)
        return np.where(codes < 0, np.nan, codes), True
    if column.kind in CODED:
        return sample.codes[column.name].astype(np.float64), False
    if column.kind is Kind.TEXT:
        # Whole texts: a status of some words gives the target away, prose does not.
        texts = sample.texts[column.name]
        codes = np.asarray(pd.factorize(texts)[0], dtype=np.float64)
        return np.where(texts == "", float(MISSING), codes), False
    return sample.numbers[column.name], True


def _shares_name(column: str, target: str) -> bool:
    plain_column, plain_target = (re.sub(r"[\W_]+", "", name).lower() for name in (column, target))
    if min(len(plain_column), len(plain_target)) < _SHORTEST_NAME:
        return False
    return plain_target in plain_column or plain_column in plain_target


def _determines(values: NDArray[np.float64], y: NDArray[np.float64], task: Task) -> bool:
    """Each value goes with one target value, and values repeat enough to mean something."""
    if task is Task.REGRESSION and len(np.unique(y)) < len(y) // 2:
        task = Task.MULTICLASS
    present = ~np.isnan(values)
    levels, codes = np.unique(values[present], return_inverse=True)
    if not 2 <= len(levels) <= max(2, present.sum() // _MIN_ROWS_PER_LEVEL):
        return False
    lowest = np.full(len(levels), np.inf)
    highest = np.full(len(levels), -np.inf)
    np.minimum.at(lowest, codes, y[present])
    np.maximum.at(highest, codes, y[present])
    return bool((lowest == highest).all())


def _score(
    values: NDArray[np.float64],
    y: NDArray[np.float64],
    folds: NDArray[np.int64],
    task: Task,
    *,
    ordered: bool,
) -> float:
    """Out-of-fold strength; 0.5 or 0 when a fold cannot be scored."""
    classes = int(y.max()) + 1
    predicted = np.zeros((len(y), 1 if task is Task.REGRESSION else classes))
    for fold in range(_FOLDS):
        held = folds == fold
        inputs = values if ordered else _target_means(values, y, ~held, task)
        tree = _tree(task, int((~held).sum()))
        tree.fit(inputs[~held, None], y[~held])
        if task is Task.REGRESSION:
            predicted[held, 0] = tree.predict(inputs[held, None])
        else:
            columns = np.asarray(tree.classes_, dtype=np.int64)
            predicted[np.ix_(held, columns)] = tree.predict_proba(inputs[held, None])
    if task is Task.REGRESSION:
        linear = _squared_correlation(values, y) if ordered else 0.0
        return max(0.0, float(r2_score(y, predicted[:, 0])), linear)
    if task is Task.BINARY:
        return float(roc_auc_score(y, predicted[:, 1]))
    aucs = [
        float(roc_auc_score(y == label, predicted[:, label]))
        for label in range(classes)
        if 0 < (y == label).sum() < len(y)
    ]
    # The worst class: a column that separates one class of five is a feature, not a leak.
    return min(aucs)


def _screened(values: NDArray[np.float64], y: NDArray[np.float64], task: Task) -> float:
    """In-sample strength of at most 64 bins: hardly ever below that out of fold."""
    levels = np.unique(values[~np.isnan(values)])
    if len(levels) > _BINS:
        levels = levels[np.linspace(0, len(levels) - 1, _BINS).astype(np.intp)]
    bins = np.where(np.isnan(values), len(levels) + 1, np.searchsorted(levels, values))
    counts = np.bincount(bins)
    if task is Task.REGRESSION:
        means = np.bincount(bins, weights=y) / np.maximum(counts, 1)
        variance = float(y.var())
        return 1 - float(((y - means[bins]) ** 2).mean()) / variance if variance > 0 else 0.0
    classes = y.astype(np.int64)
    found = []
    for label in np.unique(classes):
        inside = np.bincount(bins, weights=classes == label)
        order = np.argsort(inside / np.maximum(counts, 1), kind="stable")
        hits, others = inside[order], (counts - inside)[order]
        below = np.cumsum(others) - others / 2
        found.append(float((hits * below).sum() / max(hits.sum() * others.sum(), 1.0)))
    return min(found)


def _tree(task: Task, rows: int) -> DecisionTreeClassifier | DecisionTreeRegressor:
    leaf = max(3, rows // 200)
    if task is Task.REGRESSION:
        return DecisionTreeRegressor(max_depth=8, min_samples_leaf=leaf, random_state=0)
    return DecisionTreeClassifier(max_depth=4, min_samples_leaf=leaf, random_state=0)


def _target_means(
    codes: NDArray[np.float64], y: NDArray[np.float64], train: NDArray[np.bool_], task: Task
) -> NDArray[np.float64]:
    """Categories replaced by a mean of the target over the training rows, shrunk by 5 rows."""
    # For several classes the class number is no quantity, but any order that groups like
    # categories serves a tree; unseen categories get the overall mean.
    signal = (y == np.median(y)).astype(np.float64) if task is Task.MULTICLASS else y
    shifted = codes.astype(np.int64) + 2
    size = int(shifted.max()) + 1
    counts = np.bincount(shifted[train], minlength=size)
    sums = np.bincount(shifted[train], weights=signal[train], minlength=size)
    prior = float(signal[train].mean())
    means = (sums + 5 * prior) / (counts + 5)
    return np.asarray(means[shifted], dtype=np.float64)


def _squared_correlation(values: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    present = ~np.isnan(values)
    if present.sum() < len(values) / 2 or np.ptp(values[present]) == 0 or np.ptp(y[present]) == 0:
        return 0.0
    return float(np.corrcoef(values[present], y[present])[0, 1] ** 2)

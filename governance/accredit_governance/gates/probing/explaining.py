"""Explaining rows, and the columns that count as their strongest reasons."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Task
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import TOP_REASONS, Floats, Rows
from accredit_governance.gates.probing.case import Case


def known_contributions(evidence: Evidence, rows: Rows) -> Floats:
    """Contributions (n, c) of the model itself, as the evidence holds them."""
    return evidence.attributions.iloc[rows].to_numpy(dtype=np.float64)


def contributions_of(model: FittedModel, rows: pd.DataFrame, explained: Rows) -> Floats:
    """Contributions (n, c) of the raw columns, in the order of the contract.

    Args:
        model: any model of the use case's task.
        rows: its inputs at least.
        explained: multiclass: position of the class whose margin is explained, per row. Models are
            compared on the class that the model under judgement predicts. Empty for other tasks.
    """
    found = model.explain(rows[[column.name for column in model.contract.columns]])
    if model.contract.task is not Task.MULTICLASS:
        return found.values.to_numpy(dtype=np.float64)
    cube = np.stack([found.of_class(label).to_numpy() for label in model.contract.classes], axis=1)
    return np.asarray(cube[np.arange(len(rows)), explained], dtype=np.float64)


def explained_class(model: FittedModel, rows: pd.DataFrame) -> Rows:
    """Position of the class with the greatest margin, per row; empty unless multiclass."""
    if model.contract.task is not Task.MULTICLASS:
        return np.empty(0, dtype=np.int64)
    inputs = rows[[column.name for column in model.contract.columns]]
    return np.asarray(model.margin(inputs).argmax(axis=1), dtype=np.int64)


def strongest(values: Floats, *, task: str, most: int = TOP_REASONS) -> NDArray[np.int64]:
    """Columns with the strongest reasons per row: int64 (n, `most`), -1 where there are fewer.

    Binary: those that push most away from the favourable outcome; a column that does not push away
    is no reason. Other tasks know no adverse direction: those that move the margin most, either
    way. Equal ones in the order of the columns.

    Args:
        values: contributions (n, c), finite.
        task: `binary`, `multiclass` or `regression`.
        most: columns per row, at least 1.
    """
    strength = -values if task == Task.BINARY.value else np.abs(values)
    order = np.argsort(-strength, axis=1, kind="stable")[:, :most]
    kept = np.where(np.take_along_axis(strength, order, axis=1) > 0, order, -1)
    table = np.full((len(values), most), -1, dtype=np.int64)
    table[:, : kept.shape[1]] = kept
    return table


def fewer(case: Case, most: int, candidates: NDArray[np.bool_] | None = None) -> Rows:
    """As `Case.sample`, but at most `most` rows: explaining is dear."""
    rows = case.sample(candidates)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(case.seed).choice(rows, most, replace=False))
    return rows

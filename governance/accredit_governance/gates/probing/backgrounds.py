"""Probe: the strongest reasons of the same rows against two disjoint backgrounds.

Exact attributions rest on all training rows: trees on the rows that passed each node, linear and
additive members on the means. Only the members whose attributions are sampled depend on a few
background rows. Those are chosen again here as they were in training, from two halves of the
training rows that share no row.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine import FittedModel
from accredit_engine.data.schema import decode
from accredit_engine.explanation.backgrounds import against, has_background
from accredit_governance.gates.probes import TOP_REASONS, Backgrounds
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.probing.explaining import (
    contributions_of,
    explained_class,
    fewer,
    strongest,
)

EXPLAINED_ROWS: Final = 300
"""Test rows that are explained; each takes hundreds of predictions per member."""
HALF_ROWS: Final = 200
"""Training rows in each half, from which the members' background rows are chosen."""


def probe(case: Case) -> Backgrounds:
    """Explain the same rows twice, if their attributions depend on a background at all."""
    if not any(has_background(part.member) for part in case.model.parts):
        nothing = np.empty((0, TOP_REASONS), dtype=np.int64)
        return Backgrounds(np.empty(0, dtype=np.int64), False, (0, 0), nothing, nothing)
    rows = fewer(case, EXPLAINED_ROWS)
    inputs = case.inputs.iloc[rows]
    explained = explained_class(case.model, inputs)
    halves = _halves(case)
    found: list[NDArray[np.int64]] = []
    for half in halves:
        model = with_background(case.model, half)
        values = contributions_of(model, inputs, explained)
        found.append(strongest(values, task=case.evidence.task))
    return Backgrounds(
        rows=rows,
        depends=True,
        sizes=(len(halves[0]), len(halves[1])),
        first=found[0],
        second=found[1],
    )


def with_background(model: FittedModel, rows: pd.DataFrame) -> FittedModel:
    """The model with its sampled attributions set against other rows; its answers stay the same.

    Args:
        model: any.
        rows: at least as many as a background has, with the inputs of the model.
    """
    table = decode(rows, model.schema)
    parts = tuple(
        replace(part, member=against(part.member, model.encoders[part.encoding].transform(table)))
        for part in model.parts
    )
    return replace(model, parts=parts)


def _halves(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two samples of the training rows without a row in common."""
    train = case.evidence.train_inputs
    order = np.random.default_rng(case.seed).permutation(len(train))
    size = min(HALF_ROWS, len(train) // 2)
    return train.iloc[order[:size]], train.iloc[order[size : 2 * size]]

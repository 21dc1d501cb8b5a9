"""Asking a model about rows, in the coding that the checks expect."""

import numpy as np
import pandas as pd

from accredit_engine import FittedModel
from accredit_engine.bundle.contract import Task
from accredit_governance.gates.probes import Answers


def answers_of(model: FittedModel, rows: pd.DataFrame) -> Answers:
    """What a model says about rows: score, decision, class probabilities.

    Args:
        model: any model of the use case's task.
        rows: its inputs at least.
    """
    inputs = rows[[column.name for column in model.contract.columns]]
    if model.contract.task is Task.BINARY:
        score = model.favourable_probability(inputs)
        return Answers(score, selected=score >= (model.threshold or 0.0))
    if model.contract.task is Task.MULTICLASS:
        table = model.predict_proba(inputs)
        return Answers(table.max(axis=1), probabilities=table)
    return Answers(np.asarray(model.predict(inputs), dtype=np.float64))

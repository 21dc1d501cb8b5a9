"""Explainable boosting machines (Lou et al. 2013) by the optional package `interpret`.

Main effects only: without pairs the model is a sum of step functions, copied out to plain arrays,
so that predicting needs neither the package nor trust in it.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.families.bag import BagMember, same_member
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.steps import StepsMember, steps_of
from accredit_engine.features.plan import PlanName

_MOST_CELLS: Final = 2_000_000


class EbmFamily:
    """Trains explainable boosting machines."""

    name = FamilyName.EBM
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.EBM]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """Its many passes over the entries cannot be interrupted."""
        del task
        if rows * entries > _MOST_CELLS:
            return f"explainable boosting learns too slowly above {_MOST_CELLS} cells"
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Few bags: each costs a whole fit."""
        del task, rows
        return {"bags": 4, "learning_rate": 0.03, "bins": 128, "leaf_rows": 4}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed and size of bins."""
        del task, rows
        return {
            "learning_rate": FloatDistribution(0.01, 0.1, log=True),
            "bins": IntDistribution(16, 256, log=True),
            "leaf_rows": IntDistribution(2, 50, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[StepsMember, Params]:
        """Fit and copy the step functions out; it stops by itself on bags of its own."""
        # Main effects only, so any interaction constraint holds.
        several = training.task is Task.MULTICLASS
        training.refuse_constraints(self.name, monotone=several, interactions=False)
        training.refuse_when_expired()
        entries = training.matrix.shape[1]
        is_number = training.task is Task.REGRESSION
        kind = ExplainableBoostingRegressor if is_number else ExplainableBoostingClassifier
        model = kind(
            feature_types=["continuous"] * entries,
            interactions=0,
            outer_bags=int(params["bags"]),
            learning_rate=float(params["learning_rate"]),
            max_bins=int(params["bins"]),
            min_samples_leaf=int(params["leaf_rows"]),
            monotone_constraints=list(training.monotone) if any(training.monotone) else None,
            n_jobs=1,
            random_state=training.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns of entries that are constant.
            model.fit(training.matrix, training.y, sample_weight=training.weight)
        edges, values = _steps(model, entries)
        intercept = np.ravel(model.intercept_)
        if len(intercept) < training.outputs:
            # Two classes of several: the package keeps one column of log-odds.
            intercept = intercept * [-0.5, 0.5]
            values = [own * [-0.5, 0.5] for own in values]
        return steps_of(self.name, training.matrix, edges, values, intercept), params

    def merged(self, members: Sequence[StepsMember]) -> StepsMember | BagMember:
        """Side by side, or the one that all are equal to."""
        return same_member(members) or BagMember(self.name, tuple(members))


def _steps(
    model: Any,  # Any: an untyped library.
    entries: int,
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Edges and values per entry; the package puts the bin of missing values first."""
    edges = [np.zeros(0) for _ in range(entries)]
    values = [np.zeros((2, np.size(model.intercept_))) for _ in range(entries)]
    for (entry,), scores in zip(model.term_features_, model.term_scores_, strict=True):
        own = np.asarray(model.bins_[entry][0], dtype=np.float64)
        table = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
        edges[entry] = own
        values[entry] = np.concatenate([table[1 : len(own) + 2], table[:1]])
    return edges, values

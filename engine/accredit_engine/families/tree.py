"""A shallow decision tree: a handful of rules that fit on one page.

Leaves hold log-odds (binary) or log-shares (multiclass), smoothed by half a row of the smallest
leaf, so that raw scores are margins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.trees import (
    Tree,
    TreesMember,
    classic_tree,
    joined,
    mean_trees,
    with_means,
)
from accredit_engine.features.plan import PlanName

MAX_DEPTH: Final = 4


class TreeFamily:
    """Trains one tree of depth four at most."""

    name = FamilyName.TREE
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.TREE]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """As deep as may be, with leaves of two in a hundred rows."""
        del task, rows
        return {"depth": MAX_DEPTH, "leaf_share": 0.02, "pruning": 0.0}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Size."""
        del task, rows
        return {
            "depth": IntDistribution(2, MAX_DEPTH),
            "leaf_share": FloatDistribution(0.005, 0.1, log=True),
            "pruning": FloatDistribution(0.0, 0.01),
        }

    def train(self, training: Training, params: Params) -> tuple[TreesMember, Params]:
        """Fit and copy the tree out.

        Monotone constraints hold for two classes and for values; scikit-learn has no others.
        """
        training.refuse_when_expired()
        several = training.task is Task.MULTICLASS
        training.refuse_constraints(self.name, monotone=several)
        is_number = training.task is Task.REGRESSION
        kind = DecisionTreeRegressor if is_number else DecisionTreeClassifier
        model = kind(
            max_depth=min(MAX_DEPTH, int(params["depth"])),
            min_samples_leaf=max(2, round(float(params["leaf_share"]) * len(training.y))),
            ccp_alpha=float(params["pruning"]) * (float(training.y.var()) if is_number else 1.0),
            monotonic_cst=list(training.monotone) if any(training.monotone) else None,
            random_state=training.seed,
        )
        model.fit(training.matrix, training.y, sample_weight=training.weight)
        tree = classic_tree(model.tree_, binary=training.task is Task.BINARY)
        if not is_number:
            smoothing = 0.5 / model.min_samples_leaf
            tree = _with_logarithms(tree, smoothing=smoothing, several=several)
        member = joined(
            self.name, [tree], base=np.zeros(training.outputs), divisor=1, is_rounded=True
        )
        return member, params

    def merged(self, members: Sequence[TreesMember]) -> TreesMember:
        """All trees side by side."""
        return mean_trees(members)


def _with_logarithms(tree: Tree, *, smoothing: float, several: bool) -> Tree:
    """Leaves with log-odds or log-shares; one smoothing for all keeps their order."""
    classes = tree.value.shape[1] if several else 2
    share = (tree.value + smoothing) / (1 + classes * smoothing)
    value = np.log(share) if several else np.log(share / (1 - share))
    return with_means(replace(tree, value=value))

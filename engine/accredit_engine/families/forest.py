"""Forests: random forests and extremely randomised trees.

Trees stay small (depth ≤ 12, ≤ 256 leaves, ≤ 150 trees) so that exact attributions are quick. The
raw score of a forest is its vote share p; the blend maps it onto the margin by an affine function,
so its attributions are those of p times a slope.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.trees import TreesMember, classic_tree, joined, mean_trees
from accredit_engine.features.plan import PlanName

MAX_DEPTH: Final = 12
MAX_LEAVES: Final = 256
_TREES_PER_STEP: Final = 25
_FEW_CELLS: Final = 200_000


class ForestFamily:
    """Trains forests."""

    name = FamilyName.FOREST
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.FOREST]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """A random forest with a third of the entries per split for numbers, fewer for classes."""
        del rows
        share = 0.35 if task is Task.REGRESSION else 0.2
        return {"kind": "random", "trees": 100, "depth": 12, "leaf": 3, "entries": share}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Kind, size and randomness."""
        del task
        return {
            "kind": CategoricalDistribution(["random", "extra"]),
            "trees": IntDistribution(60, 150, step=10),
            "depth": IntDistribution(4, MAX_DEPTH),
            "leaf": IntDistribution(1, max(10, min(40, rows // 50)), log=True),
            "entries": FloatDistribution(0.05, 1.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[TreesMember, Params]:
        """Fit and copy the trees out."""
        training.refuse_constraints(self.name)
        kinds = {
            ("random", False): RandomForestClassifier,
            ("random", True): RandomForestRegressor,
            ("extra", False): ExtraTreesClassifier,
            ("extra", True): ExtraTreesRegressor,
        }
        kind = kinds[str(params["kind"]), training.task is Task.REGRESSION]
        small = training.matrix.size <= _FEW_CELLS
        forest = kind(
            warm_start=True,
            max_depth=int(params["depth"]),
            max_leaf_nodes=MAX_LEAVES,
            min_samples_leaf=int(params["leaf"]),
            max_features=float(params["entries"]),
            n_jobs=1 if small else training.threads,
            random_state=training.seed,
        )
        # Grown in steps, which gives the same trees, so that a slow fit can be given up.
        trees = int(params["trees"])
        for grown in (*range(_TREES_PER_STEP, trees, _TREES_PER_STEP), trees):
            training.refuse_when_expired()
            forest.set_params(n_estimators=grown)
            forest.fit(training.matrix, training.y, sample_weight=training.weight)
        binary = training.task is Task.BINARY
        member = joined(
            self.name,
            [classic_tree(tree.tree_, binary=binary) for tree in forest.estimators_],
            base=np.zeros(training.outputs),
            divisor=trees,
            is_rounded=True,
        )
        return member, params

    def merged(self, members: Sequence[TreesMember]) -> TreesMember:
        """All trees of all forests in one."""
        return mean_trees(members)

"""Forests: random forests and extremely randomised trees, kept as plain arrays.

Trees stay small (depth ≤ 12, ≤ 256 leaves, ≤ 150 trees) so that exact attributions are quick. The
raw score of a forest is its vote share p; the blend maps it onto the margin by an affine function,
so its attributions are those of p times a slope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
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
from accredit_engine.errors import TrialFailed
from accredit_engine.families.arrays import array_bytes, floats_from, integers_from
from accredit_engine.families.family import FamilyName, Params, Training
from accredit_engine.features.plan import PlanName

MAX_DEPTH: Final = 12
MAX_LEAVES: Final = 256
_TREES_PER_STEP: Final = 25
_BLOCK_CELLS: Final = 400_000
_FEW_CELLS: Final = 200_000


@dataclass(frozen=True, slots=True)
class ForestMember:
    """All trees of a forest in one set of arrays; children are positions in the same arrays.

    Attributes:
        feature: int64 (nodes,): entry that is split on, -1 in leaves.
        threshold: float64 (nodes,): rows with value ≤ threshold go left.
        left: int64 (nodes,): left child; a leaf points at itself.
        right: int64 (nodes,): right child, likewise.
        value: float64 (nodes, o): mean vote or target of the node.
        weight: float64 (nodes,): training weight that reached the node.
        roots: int64 (trees,): position of each root.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    roots: NDArray[np.int64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.FOREST

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean over the trees (n, o), summed in the order of the trees."""
        inputs = rounded(matrix)
        step = max(1, _BLOCK_CELLS // len(self.roots))
        parts = [self._mean(inputs[at : at + step]) for at in range(0, len(inputs), step)]
        return np.concatenate(parts) if parts else np.zeros((0, self.value.shape[1]))

    def _mean(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        rows, trees = len(inputs), len(self.roots)
        offset = np.repeat(np.arange(rows) * inputs.shape[1], trees)
        flat = inputs.ravel()
        node = np.tile(self.roots, rows)
        active = np.flatnonzero(self.feature[node] >= 0)
        while len(active):
            here = node[active]
            goes_left = flat[offset[active] + self.feature[here]] <= self.threshold[here]
            node[active] = np.where(goes_left, self.left[here], self.right[here])
            active = active[self.feature[node[active]] >= 0]
        node = node.reshape(rows, trees)
        total = np.zeros((rows, self.value.shape[1]))
        for tree in range(trees):
            total += self.value[node[:, tree]]
        return total / trees

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {
            "feature.npy": array_bytes(self.feature),
            "threshold.npy": array_bytes(self.threshold),
            "left.npy": array_bytes(self.left),
            "right.npy": array_bytes(self.right),
            "value.npy": array_bytes(self.value),
            "weight.npy": array_bytes(self.weight),
            "roots.npy": array_bytes(self.roots),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        return cls(
            feature=integers_from(files["feature.npy"]),
            threshold=floats_from(files["threshold.npy"]),
            left=integers_from(files["left.npy"]),
            right=integers_from(files["right.npy"]),
            value=floats_from(files["value.npy"]),
            weight=floats_from(files["weight.npy"]),
            roots=integers_from(files["roots.npy"]),
        )


class ForestFamily:
    """Trains forests."""

    name = FamilyName.FOREST
    plan = PlanName.FOREST

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

    def train(self, training: Training, params: Params) -> tuple[ForestMember, Params]:
        """Fit and copy the trees out."""
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
            if training.expired():
                message = "out of time"
                raise TrialFailed(message)
            forest.set_params(n_estimators=grown)
            forest.fit(training.matrix, training.y, sample_weight=training.weight)
        return _copy_trees([tree.tree_ for tree in forest.estimators_], training), params


def rounded(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as scikit-learn's trees see them: rounded to float32 before any comparison."""
    # Values beyond float32 become infinite and still compare on the right side.
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32).astype(np.float64)


def _copy_trees(trees: "list[object]", training: Training) -> ForestMember:
    parts: dict[str, list[NDArray[np.generic]]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "value", "weight")
    }
    roots, start = [], 0
    for tree in trees:
        nodes = np.arange(tree.node_count)  # type: ignore[attr-defined] # Cython class
        is_leaf = tree.children_left < 0  # type: ignore[attr-defined] # Cython class
        value = tree.value[:, 0, :]  # type: ignore[attr-defined] # Cython class
        if training.task is Task.BINARY:
            value = value[:, 1:]
        children = (tree.children_left, tree.children_right)  # type: ignore[attr-defined] # as above
        left, right = (np.where(is_leaf, nodes, child) + start for child in children)
        feature = tree.feature  # type: ignore[attr-defined] # Cython class
        parts["feature"].append(np.where(is_leaf, -1, feature).astype(np.int64))
        parts["threshold"].append(tree.threshold)  # type: ignore[attr-defined] # Cython class
        parts["left"].append(left.astype(np.int64))
        parts["right"].append(right.astype(np.int64))
        parts["value"].append(value)
        parts["weight"].append(tree.weighted_n_node_samples)  # type: ignore[attr-defined] # as above
        roots.append(start)
        start += len(nodes)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return ForestMember(
        feature=joined["feature"].astype(np.int64),
        threshold=joined["threshold"].astype(np.float64),
        left=joined["left"].astype(np.int64),
        right=joined["right"].astype(np.int64),
        value=joined["value"].astype(np.float64),
        weight=joined["weight"].astype(np.float64),
        roots=np.array(roots, dtype=np.int64),
    )

"""CatBoost, when its package is installed; its symmetric trees are copied out to plain arrays.

It gets numbers only: its encodings of categories cannot be copied exactly. Predicting and
explaining do not need the package.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import catboost
import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.trees import Tree, TreesMember, joined, mean_trees, with_means
from accredit_engine.features.plan import PlanName

_MAX_ROUNDS: Final = 1_000
_PATIENCE: Final = 40
_FEW_CELLS: Final = 500_000
_MOST_CELLS: Final = 20_000_000
_LEAST_WEIGHT: Final = 0.01
"""Rows that an empty leaf stands for: TreeSHAP divides by the share of rows."""


class CatBoostFamily:
    """Trains symmetric trees."""

    name = FamilyName.CATBOOST
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.CATBOOST]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """A round must stay within a second."""
        del task
        if rows * entries > _MOST_CELLS:
            return f"CatBoost learns too slowly above {_MOST_CELLS} cells"
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Its own defaults, with fewer and larger steps."""
        del task
        return {"learning_rate": 0.06 if rows <= 20_000 else 0.1, "depth": 6, "l2": 3.0}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed, depth and penalty."""
        del task, rows
        return {
            "learning_rate": FloatDistribution(0.02, 0.3, log=True),
            "depth": IntDistribution(3, 8),
            "l2": FloatDistribution(0.3, 30.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[TreesMember, Params]:
        """Fit for `rounds` of the params, or until the held rows stop improving."""
        training.refuse_constraints(self.name, monotone=training.task is Task.MULTICLASS)
        data = catboost.Pool(training.matrix, label=training.y, weight=training.weight)
        watched = None
        if training.held is not None and "rounds" not in params:
            matrix, y = training.held
            watched = catboost.Pool(matrix, label=y, weight=training.held_weight)
        model = catboost.CatBoost(_settings(training, params))
        try:
            model.fit(
                data,
                eval_set=watched,
                early_stopping_rounds=_PATIENCE if watched is not None else None,
                callbacks=[_Clock(training)],
            )
        except catboost.CatBoostError as error:
            message = f"CatBoost refused: {str(error).splitlines()[0]}"
            raise TrialFailed(message) from error
        training.refuse_when_expired()
        rounds = int(model.tree_count_)
        return _copied(_document(model), training.outputs), {**params, "rounds": rounds}

    def merged(self, members: Sequence[TreesMember]) -> TreesMember:
        """All trees in one, divided by the number of members."""
        return mean_trees(members)


def _settings(training: Training, params: Params) -> dict[str, object]:
    objective = {
        Task.BINARY: "Logloss",
        Task.MULTICLASS: "MultiClass",
        Task.REGRESSION: "MAE" if training.absolute else "RMSE",
    }[training.task]
    settings: dict[str, object] = {
        "loss_function": objective,
        "iterations": int(params.get("rounds", _MAX_ROUNDS)),
        "learning_rate": float(params["learning_rate"]),
        "depth": int(params["depth"]),
        "l2_leaf_reg": float(params["l2"]),
        "random_seed": training.seed,
        "thread_count": 1 if training.matrix.size <= _FEW_CELLS else training.threads,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    if training.task is Task.MULTICLASS:
        settings["classes_count"] = training.outputs
    if any(training.monotone):
        settings["monotone_constraints"] = list(training.monotone)
    return settings


class _Clock:
    """Ends training when time is out."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def after_iteration(self, info: Any) -> bool:  # Any: an untyped library.
        """False stops."""
        del info
        return not (self._training.enough() or self._training.expired())


def _document(model: Any) -> dict[str, Any]:  # Any: an untyped library, parsed JSON.
    """The model as JSON, which the package writes into files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        document: dict[str, Any] = json.loads(path.read_text())
    return document


def _copied(document: Mapping[str, Any], outputs: int) -> TreesMember:  # Any: parsed JSON.
    scale, bias = document["scale_and_bias"]
    entries = document["features_info"]["float_features"]
    position = {entry["feature_index"]: entry["flat_feature_index"] for entry in entries}
    nan_right = {
        entry["flat_feature_index"]: entry["nan_value_treatment"] == "AsTrue" for entry in entries
    }
    trees = [
        _tree(tree, outputs, float(scale), position, nan_right)
        for tree in document["oblivious_trees"]
    ]
    base = np.broadcast_to(np.asarray(bias, dtype=np.float64), (outputs,))
    return joined(FamilyName.CATBOOST, trees, base=base, divisor=1, is_rounded=True)


def _tree(
    tree: Mapping[str, Any],  # Any: parsed JSON.
    outputs: int,
    scale: float,
    position: Mapping[int, int],
    nan_right: Mapping[int, bool],
) -> Tree:
    """A symmetric tree as a full binary tree.

    The last split is the root, so that the leaves come in the order of the package: the first
    split is the lowest bit of a leaf's number.
    """
    splits = list(reversed(tree["splits"] or []))
    depth = len(splits)
    inner = 2**depth - 1
    node = np.arange(2 * inner + 1)
    level = np.floor(np.log2(node + 1)).astype(np.int64)
    owners = [position[split["float_feature_index"]] for split in splits]
    feature = np.array([*owners, -1], dtype=np.int64)[level]
    threshold = np.array([*(float(split["border"]) for split in splits), 0.0])[level]
    left, right = 2 * node + 1, 2 * node + 2
    is_right = np.array([*(nan_right[owner] for owner in owners), False])[level]
    value = np.zeros((len(node), outputs))
    value[inner:] = scale * np.array(tree["leaf_values"], dtype=np.float64).reshape(-1, outputs)
    weight: NDArray[np.float64] = np.zeros(len(node))
    weight[inner:] = np.maximum(tree["leaf_weights"], _LEAST_WEIGHT)
    copied = Tree(
        feature=feature,
        threshold=threshold,
        left=left,
        right=right,
        missing=np.where(is_right, right, left),
        value=value,
        weight=weight,
    )
    return with_means(copied)

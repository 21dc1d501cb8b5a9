"""XGBoost, when its package is installed; its trees are copied out to plain arrays.

The package sums in single precision, so its own contributions miss its own scores by more than is
served; from the copied trees both are exact, and predicting does not need the package.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xgboost
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.trees import Tree, TreesMember, joined, mean_trees, with_means
from accredit_engine.features.plan import PlanName

_MAX_ROUNDS: Final = 1_000
_PATIENCE: Final = 40
_FEW_CELLS: Final = 1_000_000


class XGBoostFamily:
    """Trains XGBoost models on histograms."""

    name = FamilyName.XGBOOST
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.XGBOOST]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Trees of depth six at most, half of the entries per tree."""
        del task
        return {
            "learning_rate": 0.05 if rows <= 20_000 else 0.1,
            "depth": 4 if rows < 2_000 else 6,
            "leaf_weight": 1.0,
            "entries": 0.6,
            "rows": 0.9,
            "l2": 1.0,
        }

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed, size, randomness and penalty."""
        del task, rows
        return {
            "learning_rate": FloatDistribution(0.02, 0.3, log=True),
            "depth": IntDistribution(2, 8),
            "leaf_weight": FloatDistribution(0.1, 30.0, log=True),
            "entries": FloatDistribution(0.3, 1.0),
            "rows": FloatDistribution(0.5, 1.0),
            "l2": FloatDistribution(1e-2, 30.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[TreesMember, Params]:
        """Fit for `rounds` of the params, or until the held rows stop improving."""
        training.refuse_constraints(self.name, monotone=False, interactions=False)
        data = xgboost.DMatrix(training.matrix, label=training.y, weight=training.weight)
        callbacks: list[Any] = [_clock(training)]  # Any: an untyped library.
        watched = []
        if training.held is not None and "rounds" not in params:
            matrix, y = training.held
            watched = [(xgboost.DMatrix(matrix, label=y, weight=training.held_weight), "held")]
            callbacks.append(xgboost.callback.EarlyStopping(_PATIENCE))
        try:
            booster = xgboost.train(
                _settings(training, params),
                data,
                num_boost_round=int(params.get("rounds", _MAX_ROUNDS)),
                evals=watched,
                callbacks=callbacks,
                verbose_eval=False,
            )
        except xgboost.core.XGBoostError as error:
            message = f"XGBoost refused: {str(error).splitlines()[0]}"
            raise TrialFailed(message) from error
        training.refuse_when_expired()
        rounds = booster.best_iteration + 1 if watched else booster.num_boosted_rounds()
        document = json.loads(bytes(booster[:rounds].save_raw("json")))
        return _copied(document["learner"], training), {**params, "rounds": rounds}

    def merged(self, members: Sequence[TreesMember]) -> TreesMember:
        """All trees in one, divided by the number of members."""
        return mean_trees(members)


def _settings(training: Training, params: Params) -> dict[str, object]:
    objective = {
        Task.BINARY: "binary:logistic",
        Task.MULTICLASS: "multi:softprob",
        Task.REGRESSION: "reg:absoluteerror" if training.absolute else "reg:squarederror",
    }[training.task]
    settings: dict[str, object] = {
        "objective": objective,
        "tree_method": "hist",
        "eta": float(params["learning_rate"]),
        "max_depth": int(params["depth"]),
        "min_child_weight": float(params["leaf_weight"]),
        "colsample_bytree": float(params["entries"]),
        "subsample": float(params["rows"]),
        "lambda": float(params["l2"]),
        "nthread": 1 if training.matrix.size <= _FEW_CELLS else training.threads,
        "seed": training.seed,
        "verbosity": 0,
    }
    if training.task is Task.MULTICLASS:
        settings["num_class"] = training.outputs
    if any(training.monotone):
        settings["monotone_constraints"] = tuple(training.monotone)
    if training.interactions:
        settings["interaction_constraints"] = str(training.all_groups())
    return settings


def _clock(training: Training) -> Any:  # Any: an untyped base class.
    class Clock(xgboost.callback.TrainingCallback):  # type: ignore[misc, name-defined, unused-ignore] # untyped
        """Ends training when time is out."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # Any: as above.
            """True stops."""
            del model, epoch, evals_log
            return bool(training.enough() or training.expired())

    return Clock()


def _copied(learner: Mapping[str, Any], training: Training) -> TreesMember:  # Any: parsed JSON.
    model = learner["gradient_booster"]["model"]
    groups = model["tree_info"]
    trees = [
        _tree(tree, group, training.outputs)
        for tree, group in zip(model["trees"], groups, strict=True)
    ]
    text = str(learner["learner_model_param"]["base_score"]).strip("[]")
    base = np.array([float(value) for value in text.split(",")])
    if training.task is Task.BINARY:
        base = np.log(base / (1 - base))
    base = np.broadcast_to(base, (training.outputs,))
    return joined(FamilyName.XGBOOST, trees, base=base, divisor=1, is_rounded=True)


def _tree(tree: Mapping[str, Any], group: int, outputs: int) -> Tree:  # Any: parsed JSON.
    left = np.array(tree["left_children"], dtype=np.int64)
    right = np.array(tree["right_children"], dtype=np.int64)
    is_leaf = left < 0
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    # It sends values below the condition left; `≤` wants the next smaller float32.
    below = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    feature = np.where(is_leaf, -1, np.array(tree["split_indices"], dtype=np.int64))
    value: NDArray[np.float64] = np.zeros((len(left), outputs))
    value[:, group] = np.where(is_leaf, conditions.astype(np.float64), 0.0)
    goes_left = np.array(tree["default_left"], dtype=np.int64) == 1
    copied = Tree(
        feature=feature,
        threshold=np.where(is_leaf, 0.0, below),
        left=left,
        right=right,
        missing=np.where(goes_left, left, right),
        value=value,
        weight=np.array(tree["sum_hessian"], dtype=np.float64),
    )
    return with_means(copied)

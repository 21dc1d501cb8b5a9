"""Histogram gradient boosting by scikit-learn, its trees copied out to plain arrays.

All entries are numbers to it: explainers are silently wrong on its native categories. Raw scores
are log-odds (binary), log-probabilities up to a constant (multiclass) or values.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.families.trees import Tree, TreesMember, joined, mean_trees, with_means
from accredit_engine.features.plan import PlanName

_MAX_ROUNDS: Final = 400
_STEP: Final = 10
_GROWTH: Final = 0.25
"""Each step also adds this share of the rounds so far: a step costs a pass over all trees."""
_PATIENCE: Final = 20
_FEW_CELLS: Final = 5_000_000


class HistogramFamily:
    """Trains scikit-learn's histogram gradient boosting."""

    name = FamilyName.HISTOGRAM
    plan = PlanName.FOREST
    traits = TRAITS[FamilyName.HISTOGRAM]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Fewer and larger steps than LightGBM: each costs more here."""
        del task
        return {
            "learning_rate": 0.1,
            "leaves": 15 if rows < 2_000 else 31,
            "leaf_rows": 10 if rows < 2_000 else 20,
            "l2": 1.0,
            "entries": 0.5,
        }

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed, size and penalty."""
        del task
        return {
            "learning_rate": FloatDistribution(0.03, 0.3, log=True),
            "leaves": IntDistribution(4, 31 if rows < 2_000 else 127, log=True),
            "leaf_rows": IntDistribution(3, max(30, min(200, rows // 20)), log=True),
            "l2": FloatDistribution(1e-3, 30.0, log=True),
            "entries": FloatDistribution(0.2, 1.0),
        }

    def train(self, training: Training, params: Params) -> tuple[TreesMember, Params]:
        """Fit in steps until the held rows stop improving, and copy the trees out."""
        several = training.task is Task.MULTICLASS
        training.refuse_constraints(self.name, monotone=several, interactions=False)
        few = training.matrix.size <= _FEW_CELLS
        with threadpool_limits(1 if few else training.threads, user_api="openmp"):
            model, best = _grow(training, params)
        base = np.asarray(model._baseline_prediction).reshape(-1)  # noqa: SLF001 - no public name.
        shares = np.eye(training.outputs)
        if len(base) < training.outputs:
            # Two classes of several: scikit-learn keeps one column of log-odds.
            shares = np.array([[-0.5, 0.5]])
        trees = [
            _copied(tree.nodes, shares[at])
            for stage in model._predictors[:best]  # noqa: SLF001 - likewise.
            for at, tree in enumerate(stage)
        ]
        base = (base[:, None] * shares).sum(axis=0)
        member = joined(self.name, trees, base=base, divisor=1, is_rounded=False)
        return member, {**params, "rounds": best}

    def merged(self, members: Sequence[TreesMember]) -> TreesMember:
        """All trees in one, divided by the number of members."""
        return mean_trees(members)


def _grow(training: Training, params: Params) -> tuple[Any, int]:  # Any: scikit-learn is untyped.
    """The model and its best number of rounds."""
    model = _model(training, params)
    watched = None if "rounds" in params else training.held
    limit = int(params.get("rounds", _MAX_ROUNDS))
    best, least, rounds = 0, np.inf, 0
    while rounds < limit and not (rounds and training.enough()):
        training.refuse_when_expired()
        earlier, rounds = rounds, min(limit, rounds + max(_STEP, int(_GROWTH * rounds)))
        model.set_params(max_iter=rounds)
        model.fit(training.matrix, training.y, sample_weight=training.weight)
        if watched is None:
            best = rounds
            continue
        for at, loss in _losses(model, training, watched, earlier):
            if loss < least:
                best, least = at, loss
        if rounds - best >= _PATIENCE:
            break
    return model, max(best, 1)


def _model(training: Training, params: Params) -> Any:  # Any: as above.
    is_number = training.task is Task.REGRESSION
    kind = HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier
    extra = {"loss": "absolute_error"} if is_number and training.absolute else {}
    return kind(
        learning_rate=float(params["learning_rate"]),
        max_leaf_nodes=int(params["leaves"]),
        min_samples_leaf=int(params["leaf_rows"]),
        l2_regularization=float(params["l2"]),
        max_features=float(params["entries"]),
        max_bins=int(params.get("max_bin", 255)),
        monotonic_cst=list(training.monotone) if any(training.monotone) else None,
        interaction_cst=training.all_groups() if training.interactions else None,
        categorical_features=None,
        early_stopping=False,
        warm_start=True,
        random_state=training.seed,
        **extra,
    )


def _losses(
    model: Any,  # Any: as above.
    training: Training,
    watched: tuple[NDArray[np.float64], NDArray[np.float64]],
    earlier: int,
) -> list[tuple[int, float]]:
    """Loss on the held rows after each round that came after `earlier`."""
    matrix, y = watched
    weight = training.held_weight
    staged = model._staged_raw_predict(matrix)  # noqa: SLF001 - scores before the link.
    found = []
    for at, raw in enumerate(staged, start=1):
        if at > earlier:
            loss = model._loss(  # noqa: SLF001 - the loss that is trained on.
                y_true=y,
                raw_prediction=raw if raw.shape[1] > 1 else raw[:, 0],
                sample_weight=weight,
            )
            found.append((at, float(loss)))
    return found


def _copied(nodes: Any, shares: NDArray[np.float64]) -> Tree:  # Any: a record array.
    """A tree whose values go to the outputs by `shares` (o,)."""
    is_leaf = nodes["is_leaf"].astype(bool)
    feature = np.where(is_leaf, -1, nodes["feature_idx"]).astype(np.int64)
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    value = np.where(is_leaf, nodes["value"], 0.0)[:, None] * shares
    tree = Tree(
        feature=feature,
        threshold=nodes["num_threshold"].astype(np.float64),
        left=left,
        right=right,
        missing=np.where(nodes["missing_go_to_left"].astype(bool), left, right),
        value=value,
        weight=nodes["count"].astype(np.float64),
    )
    return with_means(tree)

"""Gradient boosting by LightGBM, deterministic, kept as its own text format.

Linear trees are never used: their contributions are not implemented.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.bag import BagMember
from accredit_engine.families.binned import binned_rows
from accredit_engine.families.booster import (
    BoosterMember,
    RateMember,
    count_trees,
    give_up_when_expired,
    mean_booster,
    trained_member,
)
from accredit_engine.families.family import (
    SAMPLED_OBJECTIVES,
    TRAITS,
    FamilyName,
    Params,
    Training,
    spread_rows,
)
from accredit_engine.features.plan import PlanName

_MAX_ROUNDS: Final = 3_000
_PATIENCE: Final = 50
_FEW_CELLS: Final = 1_000_000
"""Below this, a second thread waits more than it works, above all on a shared machine."""
_POSITIVE: Final = frozenset({"gamma"})
_SQUARED: Final = "regression"
_SHARE_OF_SPREAD: Final = 1.35
"""Huber's usual threshold in units of the spread: 95 % efficient on normal errors."""

_Callable: TypeAlias = Callable[[Any], None]  # Any: LightGBM's own type.


class BoostingFamily:
    """Trains LightGBM models."""

    name = FamilyName.BOOSTING
    plan = PlanName.BOOSTING
    traits = TRAITS[FamilyName.BOOSTING]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """Trees that grow with the data; slower learning where that is cheap."""
        del task
        return {
            "learning_rate": 0.05 if rows <= 20_000 else 0.1,
            "leaves": 15 if rows < 2_000 else 31 if rows < 10_000 else 63,
            "leaf_rows": 10 if rows < 2_000 else 20,
            "entries": 0.7,
            "rows": 0.9,
            "l2": 1.0,
            "l1": 1e-3,
        }

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Speed, size, randomness and penalties."""
        del task
        return {
            "learning_rate": FloatDistribution(0.02, 0.2, log=True),
            "leaves": IntDistribution(4, 31 if rows < 2_000 else 127, log=True),
            "leaf_rows": IntDistribution(3, max(30, min(200, rows // 20)), log=True),
            "entries": FloatDistribution(0.3, 1.0),
            "rows": FloatDistribution(0.5, 1.0),
            "l2": FloatDistribution(1e-3, 30.0, log=True),
            "l1": FloatDistribution(1e-3, 10.0, log=True),
            "extra_trees": CategoricalDistribution([0, 1]),
        }

    def train(
        self, training: Training, params: Params
    ) -> tuple[BoosterMember | RateMember, Params]:
        """Fit for `rounds` of the params, or until the held rows stop improving.

        Beside the names in `space`: `depth` (-1 is open), `max_bin`, `min_gain`, `path_smooth`,
        `cat_smooth`, `rows_every` (0 turns the drawing of rows off), `objective` (regression; a
        name that LightGBM knows), `quantile` (of that objective) and `power` (of tweedie).
        """
        objective = chosen_objective(training, params)
        member, rounds = train_booster(
            training, self.name, _settings(training, params, objective), objective, params
        )
        settled = {**params, "rounds": rounds}
        if isinstance(objective, str) and objective in SAMPLED_OBJECTIVES:
            return RateMember(member, spread_rows(training.matrix, member.raw(training.matrix))), {
                **settled
            }
        return member, settled

    def merged(self, members: Sequence[BoosterMember | RateMember]) -> BoosterMember | BagMember:
        """All trees in one booster; rates are kept side by side."""
        plain = [member for member in members if isinstance(member, BoosterMember)]
        if len(plain) < len(members):
            return BagMember(self.name, tuple(members))
        return mean_booster(plain)


def chosen_objective(training: Training, params: Params) -> Any:  # Any: a name or a function.
    """The caller's objective, or that of the params, or the usual one of the task.

    Raises:
        TrialFailed: the target has values for which the objective is not defined.
    """
    if training.objective is not None:
        chosen = training.objective
    elif training.task is Task.REGRESSION:
        usual = "regression_l1" if training.absolute else _SQUARED
        chosen = str(params.get("objective", usual))
    else:
        chosen = {Task.BINARY: "binary", Task.MULTICLASS: "multiclass"}[training.task]
    if isinstance(chosen, str) and chosen in SAMPLED_OBJECTIVES:
        lowest = float(training.y.min())
        if lowest < 0 or (lowest == 0 and chosen in _POSITIVE):
            message = f"{chosen} wants a target above 0, found {lowest:g}"
            raise TrialFailed(message)
    return chosen


def train_booster(
    training: Training,
    name: FamilyName,
    settings: dict[str, object],
    objective: object,
    params: Params,
) -> tuple[BoosterMember, int]:
    """Fit; returns the member and its rounds.

    Raises:
        TrialFailed: LightGBM refuses, or the time is out.
    """
    _refuse_ordered_categories(training)
    binned = binned_rows(training, settings)
    wanted = int(params["rounds"]) if "rounds" in params else None
    trees: list[int] = []
    callbacks: list[_Callable] = [
        count_trees(trees, wanted, patience=_PATIENCE),
        give_up_when_expired(training.expired, training.enough),
    ]
    valid_sets = []
    if binned.held is not None and wanted is None:
        valid_sets = [binned.held]
        callbacks.append(lgb.early_stopping(_PATIENCE, verbose=False))
    try:
        booster = lgb.train(
            {**settings, "objective": objective},
            binned.train,
            num_boost_round=max(_MAX_ROUNDS, wanted or 0),
            valid_sets=valid_sets,
            callbacks=callbacks,
            feval=_own_loss(training.task) if callable(objective) else None,
        )
    except lgb.basic.LightGBMError as error:
        message = f"LightGBM refused: {error}"
        raise TrialFailed(message) from error
    if booster.best_iteration > 0:
        booster.best_iteration = max(1, trees[booster.best_iteration - 1])
    member = trained_member(booster, name, training.outputs)
    return member, member.booster.current_iteration()


def shared_settings(training: Training) -> dict[str, object]:
    """Settings of every LightGBM fit: determinism, threads, constraints."""
    settings: dict[str, object] = {
        "min_data_per_group": 20,
        "feature_pre_filter": False,
        "data_random_seed": 1,
        "max_bin": 255,
        "seed": training.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1 if training.matrix.size <= _FEW_CELLS else training.threads,
        "verbosity": -1,
    }
    if training.task is Task.MULTICLASS:
        settings["num_class"] = training.outputs
    if any(training.monotone):
        settings["monotone_constraints"] = list(training.monotone)
    if training.interactions:
        settings["interaction_constraints"] = training.all_groups()
    return settings


def _settings(training: Training, params: Params, objective: object) -> dict[str, object]:
    settings = shared_settings(training)
    settings |= {
        "learning_rate": params["learning_rate"],
        "num_leaves": params["leaves"],
        "min_child_samples": params["leaf_rows"],
        "feature_fraction": params["entries"],
        "bagging_fraction": params["rows"],
        "bagging_freq": int(params.get("rows_every", 1)),
        "lambda_l2": params["l2"],
        "lambda_l1": params["l1"],
        "extra_trees": bool(params.get("extra_trees", 0)),
        "max_depth": int(params.get("depth", -1)),
        "max_bin": int(params.get("max_bin", 255)),
        "min_gain_to_split": float(params.get("min_gain", 0.0)),
        "path_smooth": float(params.get("path_smooth", 0.0)),
        "cat_smooth": float(params.get("cat_smooth", 10.0)),
    }
    if objective == "quantile":
        settings["alpha"] = float(params.get("quantile", 0.5))
    if objective == "huber":
        settings["alpha"] = _SHARE_OF_SPREAD * _spread(training.y)
    if objective == "tweedie":
        settings["tweedie_variance_power"] = float(params.get("power", 1.5))
    return settings


def _spread(y: NDArray[np.float64]) -> float:
    """Standard deviation that outliers do not move."""
    robust = 1.4826 * float(np.median(np.abs(y - np.median(y))))
    return robust or float(y.std()) or 1.0


def _refuse_ordered_categories(training: Training) -> None:
    if any(training.monotone) and any(training.monotone[at] for at in training.categorical):
        message = "a category without order cannot be held monotone"
        raise TrialFailed(message)


def _own_loss(task: Task) -> Callable[[NDArray[np.float64], Any], tuple[str, float, bool]]:
    """What is watched on held rows when the objective is a function: log loss or squared error."""

    def loss(raw: NDArray[np.float64], data: Any) -> tuple[str, float, bool]:  # Any: untyped.
        y = np.asarray(data.get_label(), dtype=np.float64)
        if task is Task.REGRESSION:
            return "l2", float(((raw - y) ** 2).mean()), False
        if task is Task.BINARY:
            return "loss", float(np.logaddexp(0, np.where(y > 0, -raw, raw)).mean()), False
        top = raw.max(axis=1)
        total = top + np.log(np.exp(raw - top[:, None]).sum(axis=1))
        own = raw[np.arange(len(y)), y.astype(np.int64)]
        return "loss", float((total - own).mean()), False

    return loss

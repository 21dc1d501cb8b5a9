"""Gradient boosting by LightGBM, deterministic, kept as its own text format.

Native categorical splits are safe here because contributions come from LightGBM itself
(`pred_contrib`): other explainers are silently wrong on them. Linear trees are never used: their
contributions are not implemented.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.family import FamilyName, Params, Training
from accredit_engine.features.plan import PlanName

_MAX_ROUNDS: Final = 3_000
_PATIENCE: Final = 50
_PARAMETERS: Final = "\nparameters:"
_PARAMETERS_END: Final = "end of parameters\n"
_FEW_CELLS: Final = 1_000_000
"""Below this, a second thread waits more than it works, above all on a shared machine."""


@dataclass(frozen=True, slots=True)
class BoostingMember:
    """A LightGBM model as text, and the parsed form of that text.

    Attributes:
        text: The model without the echo of its training parameters.
        outputs: Raw scores per row.
        booster: The parsed model.
    """

    text: str
    outputs: int
    booster: Any = field(repr=False, compare=False)  # Any: LightGBM ships no types.

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.BOOSTING

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        if not len(matrix):
            return np.zeros((0, self.outputs))
        scores = self.booster.predict(matrix, raw_score=True, num_threads=_threads(matrix))
        return np.asarray(scores, dtype=np.float64).reshape(len(matrix), self.outputs)

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Path-dependent TreeSHAP (Lundberg et al. 2020): contributions (n, m, o) and base (o,)."""
        entries = matrix.shape[1]
        if not len(matrix):
            return np.zeros((0, entries, self.outputs)), np.zeros(self.outputs)
        flat = self.booster.predict(matrix, pred_contrib=True, num_threads=_threads(matrix))
        phi = np.asarray(flat, dtype=np.float64).reshape(len(matrix), self.outputs, entries + 1)
        return phi[:, :, :-1].transpose(0, 2, 1), phi[0, :, -1].copy()

    def files(self) -> dict[str, bytes]:
        """Its text."""
        return {"model.txt": self.text.encode()}

    @classmethod
    def from_text(cls, text: str, outputs: int) -> Self:
        """Parse. The text must have been checked against a digest: damage aborts the process.

        Raises:
            ValueError: LightGBM refuses the text.
        """
        try:
            return cls(text, outputs, lgb.Booster(model_str=text))
        except lgb.basic.LightGBMError as error:
            message = f"LightGBM refuses the model: {error}"
            raise ValueError(message) from error


class BoostingFamily:
    """Trains LightGBM models."""

    name = FamilyName.BOOSTING
    plan = PlanName.BOOSTING

    def default(self, task: Task, rows: int) -> Params:
        """Moderate trees; slower learning where that is cheap."""
        del task
        return {
            "learning_rate": 0.05 if rows <= 20_000 else 0.1,
            "leaves": 15 if rows < 2_000 else 31,
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
        }

    def train(self, training: Training, params: Params) -> tuple[BoostingMember, Params]:
        """Fit for `rounds` of the params, or until the held rows stop improving."""
        settings = _settings(training, params)
        data = _dataset(training)
        rounds = int(params.get("rounds", _MAX_ROUNDS))
        callbacks: list[Callable[[Any], None]] = [_clock(training)]  # Any: LightGBM's own type.
        valid_sets = []
        if training.held is not None and "rounds" not in params:
            matrix, y = training.held
            valid_sets = [data.create_valid(matrix, label=y)]
            callbacks.append(lgb.early_stopping(_PATIENCE, verbose=False))
        try:
            booster = lgb.train(
                settings, data, num_boost_round=rounds, valid_sets=valid_sets, callbacks=callbacks
            )
        except lgb.basic.LightGBMError as error:
            message = f"LightGBM refused: {error}"
            raise TrialFailed(message) from error
        best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
        text = _without_parameters(booster.model_to_string(num_iteration=best))
        return BoostingMember.from_text(text, training.outputs), {**params, "rounds": best}


def _settings(training: Training, params: Params) -> dict[str, object]:
    objective = {
        Task.BINARY: "binary",
        Task.MULTICLASS: "multiclass",
        Task.REGRESSION: "regression_l1" if training.absolute else "regression",
    }[training.task]
    settings: dict[str, object] = {
        "objective": objective,
        "learning_rate": params["learning_rate"],
        "num_leaves": params["leaves"],
        "min_child_samples": params["leaf_rows"],
        "feature_fraction": params["entries"],
        "bagging_fraction": params["rows"],
        "bagging_freq": 1,
        "lambda_l2": params["l2"],
        "lambda_l1": params["l1"],
        "min_data_per_group": 20,
        "seed": training.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1 if training.matrix.size <= _FEW_CELLS else training.threads,
        "verbosity": -1,
    }
    if training.task is Task.MULTICLASS:
        settings["num_class"] = training.outputs
    return settings


def _dataset(training: Training) -> Any:  # Any: LightGBM ships no types.
    return lgb.Dataset(
        training.matrix,
        label=training.y,
        weight=training.weight,
        categorical_feature=list(training.categorical),
        params={"verbosity": -1, "min_data_per_group": 20},
        free_raw_data=False,
    )


def _clock(training: Training) -> Callable[[Any], None]:  # Any: LightGBM's own type.
    def give_up_when_expired(environment: Any) -> None:  # Any: as above.
        if environment.iteration % 5:
            return
        if training.enough():
            results = environment.evaluation_result_list
            raise lgb.callback.EarlyStopException(environment.iteration, results)
        if training.expired():
            message = "out of time"
            raise TrialFailed(message)

    return give_up_when_expired


def _without_parameters(text: str) -> str:
    """Leave the echo of the parameters out: it names threads and paths, not the model."""
    start, end = text.find(_PARAMETERS), text.find(_PARAMETERS_END)
    if start < 0 or end < 0:
        return text
    return text[: start + 1] + text[end + len(_PARAMETERS_END) :]


def _threads(matrix: NDArray[np.float64]) -> int:
    """One thread for few rows: starting more costs more than the work."""
    return 1 if len(matrix) < 20_000 else 2

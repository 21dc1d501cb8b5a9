"""Linear models: logistic regression, ridge, lasso and elastic net on scaled inputs.

Contributions of a linear model are `coefficient · (value - mean in training)`: the Shapley values
of independent inputs (Lundberg and Lee 2017, corollary 1).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from scipy.linalg import LinAlgWarning
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.features.plan import PlanName

_NEWTON_PARAMETERS = 400
"""Beyond this many coefficients Newton's method costs more than L-BFGS."""


@dataclass(frozen=True, slots=True)
class LinearMember:
    """Coefficients of a linear model.

    Attributes:
        coefficients: float64 (m, o).
        intercept: float64 (o,).
        means: float64 (m,): mean of the training matrix, the base of contributions.
    """

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]
    means: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.LINEAR

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        # Summed entry by entry: a matrix product orders its sums by batch size and processor,
        # and a served row must give the same bits as the golden row.
        scores = np.tile(self.intercept, (len(matrix), 1))
        for entry, coefficients in enumerate(self.coefficients):
            scores += matrix[:, entry, None] * coefficients
        return scores

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, o) and base (o,)."""
        phi = (matrix - self.means)[:, :, None] * self.coefficients[None]
        return phi, self.raw(self.means[None])[0]

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {
            "coefficients.npy": array_bytes(self.coefficients),
            "intercept.npy": array_bytes(self.intercept),
            "means.npy": array_bytes(self.means),
        }

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        del name
        return cls(
            coefficients=floats_from(files["coefficients.npy"]),
            intercept=floats_from(files["intercept.npy"]),
            means=floats_from(files["means.npy"]),
        )


class LinearFamily:
    """Trains linear models."""

    name = FamilyName.LINEAR
    plan = PlanName.LINEAR
    traits = TRAITS[FamilyName.LINEAR]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It fits all data."""
        del task, rows, entries
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """A mild penalty."""
        del rows
        if task is Task.REGRESSION:
            return {"penalty": "ridge", "alpha": 1e-3, "mixture": 0.5}
        return {"inverse_penalty": 0.3, "penalty": "ridge"}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Strength and shape of the penalty."""
        del rows
        if task is Task.REGRESSION:
            return {
                "penalty": CategoricalDistribution(["ridge", "elastic"]),
                "alpha": FloatDistribution(1e-5, 1.0, log=True),
                "mixture": FloatDistribution(0.05, 1.0),
            }
        space: dict[str, BaseDistribution] = {
            "inverse_penalty": FloatDistribution(1e-4, 30.0, log=True)
        }
        if task is Task.BINARY:
            space["penalty"] = CategoricalDistribution(["ridge", "lasso"])
        return space

    def train(self, training: Training, params: Params) -> tuple[LinearMember, Params]:
        """Fit; regression targets are scaled inside, so that `alpha` means the same everywhere."""
        training.refuse_when_expired()
        # Without interactions by nature, so any interaction constraint holds.
        training.refuse_constraints(self.name, interactions=False)
        with warnings.catch_warnings():
            # Stopping short of full convergence costs a little accuracy, which the folds measure.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", LinAlgWarning)
            if training.task is Task.REGRESSION:
                coefficients, intercept = _regression(training, params)
            else:
                coefficients, intercept = _classification(training, params)
        if not (np.isfinite(coefficients).all() and np.isfinite(intercept).all()):
            message = "the coefficients did not stay finite"
            raise TrialFailed(message)
        means = training.matrix.mean(axis=0)
        return LinearMember(coefficients, intercept, means), params

    def merged(self, members: Sequence[LinearMember]) -> LinearMember:
        """Mean coefficients."""
        return LinearMember(
            coefficients=np.mean([member.coefficients for member in members], axis=0),
            intercept=np.mean([member.intercept for member in members], axis=0),
            means=np.mean([member.means for member in members], axis=0),
        )


def _classification(
    training: Training, params: Params
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    newton = training.matrix.shape[1] * training.outputs <= _NEWTON_PARAMETERS
    solver, rounds = ("newton-cholesky", 60) if newton else ("lbfgs", 150)
    is_lasso = params.get("penalty") == "lasso" and training.task is Task.BINARY
    if is_lasso:
        solver, rounds = "liblinear", 100
    model = LogisticRegression(
        C=float(params["inverse_penalty"]),
        l1_ratio=1.0 if is_lasso else 0.0,
        solver=solver,
        max_iter=rounds,
        # This solver penalises the intercept too; scaled up, hardly.
        intercept_scaling=100.0 if is_lasso else 1.0,
        random_state=training.seed,
    )
    model.fit(training.matrix, training.y, sample_weight=training.weight)
    coefficients = np.asarray(model.coef_, dtype=np.float64).T.copy()
    intercept = np.asarray(model.intercept_, dtype=np.float64)
    if coefficients.shape[1] < training.outputs:
        # Two classes of several: scikit-learn keeps one column of log-odds.
        return coefficients * [-0.5, 0.5], intercept * [-0.5, 0.5]
    return coefficients, intercept


def _regression(
    training: Training, params: Params
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre, spread = float(training.y.mean()), float(training.y.std()) or 1.0
    scaled = (training.y - centre) / spread
    alpha = float(params["alpha"])
    if params["penalty"] == "ridge":
        model = Ridge(alpha=alpha * len(scaled), solver="cholesky")
    else:
        model = ElasticNet(alpha=alpha, l1_ratio=float(params["mixture"]), max_iter=300, tol=1e-3)
    model.fit(training.matrix, scaled, sample_weight=training.weight)
    coefficients = np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1) * spread
    intercept = np.array([float(model.intercept_) * spread + centre])
    return coefficients, intercept

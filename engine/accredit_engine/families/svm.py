"""Support vector machines with a radial kernel; several classes one against the rest.

Support vectors and their coefficients are kept as arrays. Decision values are no margins of a
probability model: they need an affine map.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, SVR

from accredit_engine.bundle.contract import Task
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.bag import BagMember, same_member
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training, spread_rows
from accredit_engine.features.plan import PlanName

_MOST_ROWS: Final = 6_000
_MOST_CELLS: Final = 600_000
_MOST_STEPS: Final = 200_000
_BLOCK_CELLS: Final = 32_768
_NAMES: Final = ("vectors", "coefficients", "intercept", "gamma", "background")


@dataclass(frozen=True, slots=True)
class SvmMember:
    """Support vectors and what they weigh.

    Attributes:
        vectors: float64 (m, s): support vectors, one per column.
        coefficients: float64 (o, s).
        intercept: float64 (o,).
        gamma: float64 (1,): the kernel is exp(-gamma · squared distance).
        background: float64 (b, m): typical training rows.
    """

    vectors: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]
    gamma: NDArray[np.float64]
    background: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.SVM

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Decision values (n, o), or values of a regression."""
        step = max(1, _BLOCK_CELLS // max(1, self.vectors.shape[1]))
        parts = [self._decide(matrix[at : at + step]) for at in range(0, len(matrix), step)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.intercept)))

    def _decide(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        distance = np.zeros((len(rows), self.vectors.shape[1]))
        gap = np.empty_like(distance)
        for entry, values in enumerate(self.vectors):
            np.subtract(rows[:, entry, None], values, out=gap)
            gap *= gap
            distance += gap
        kernel = np.exp(-self.gamma[0] * distance)
        scores = np.tile(self.intercept, (len(rows), 1))
        for output, coefficients in enumerate(self.coefficients):
            np.multiply(kernel, coefficients, out=gap)
            # Accumulated, not summed: a sum may group its terms by the shape of the batch.
            scores[:, output] += np.add.accumulate(gap, axis=1)[:, -1]
        return scores

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {f"{name}.npy": array_bytes(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        del name
        return cls(**{key: floats_from(files[f"{key}.npy"]) for key in _NAMES})


class SvmFamily:
    """Trains support vector machines."""

    name = FamilyName.SVM
    plan = PlanName.LINEAR
    traits = TRAITS[FamilyName.SVM]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """Its fit grows with the square of the rows, its prediction with rows times entries."""
        del task
        if rows > _MOST_ROWS:
            return f"support vectors take too long above {_MOST_ROWS} rows, found {rows}"
        if rows * entries > _MOST_CELLS:
            return f"support vectors answer too slowly above {_MOST_CELLS} cells"
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """The usual width of the kernel: one over the number of entries."""
        del task, rows
        return {"cost": 1.0, "width": 1.0, "tube": 0.1}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Penalty, width of the kernel, and of the tube without penalty (regression)."""
        del rows
        space: dict[str, BaseDistribution] = {
            "cost": FloatDistribution(0.03, 100.0, log=True),
            "width": FloatDistribution(0.03, 10.0, log=True),
        }
        if task is Task.REGRESSION:
            space["tube"] = FloatDistribution(0.01, 0.5, log=True)
        return space

    def train(self, training: Training, params: Params) -> tuple[SvmMember, Params]:
        """Fit; regression targets are scaled inside. The time is looked at between classes only."""
        training.refuse_constraints(self.name)
        gamma = float(params["width"]) / _spread(training.matrix)
        targets, centre, spread = _targets(training)
        weights = np.zeros((len(targets), len(training.matrix)))
        intercept = np.zeros(len(targets))
        for output, target in enumerate(targets):
            training.refuse_when_expired()
            model = _machine(training.task, params, gamma)
            with warnings.catch_warnings():
                # Stopping short costs a little accuracy, which the folds measure.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(training.matrix, target, sample_weight=training.weight)
            weights[output, model.support_] = model.dual_coef_[0] * spread
            intercept[output] = float(model.intercept_[0]) * spread + centre
        used = np.flatnonzero((weights != 0).any(axis=0))
        member = SvmMember(
            vectors=np.ascontiguousarray(training.matrix[used].T),
            coefficients=np.ascontiguousarray(weights[:, used]),
            intercept=intercept,
            gamma=np.array([gamma]),
            background=training.matrix[:0],
        )
        sample = training.matrix[:: max(1, len(training.matrix) // 200)]
        background = spread_rows(sample, member.raw(sample))
        return replace(member, background=background), params

    def merged(self, members: Sequence[SvmMember]) -> SvmMember | BagMember:
        """Side by side, or the one that all are equal to: no fit draws at random."""
        return same_member(members) or BagMember(self.name, tuple(members))


def _machine(task: Task, params: Params, gamma: float) -> SVC | SVR:
    cost = float(params["cost"])
    if task is Task.REGRESSION:
        tube = float(params.get("tube", 0.1))
        return SVR(C=cost, gamma=gamma, epsilon=tube, max_iter=_MOST_STEPS, cache_size=200)
    return SVC(C=cost, gamma=gamma, max_iter=_MOST_STEPS, cache_size=200)


def _targets(training: Training) -> tuple[list[NDArray[np.float64]], float, float]:
    """One target per output, and how the scores are mapped back."""
    if training.task is Task.REGRESSION:
        centre, spread = float(training.y.mean()), float(training.y.std()) or 1.0
        return [(training.y - centre) / spread], centre, spread
    if training.task is Task.BINARY:
        return [training.y], 0.0, 1.0
    return [(training.y == at).astype(np.float64) for at in range(training.outputs)], 0.0, 1.0


def _spread(matrix: NDArray[np.float64]) -> float:
    """Entries times their mean variance: the usual scale of squared distances."""
    return float(matrix.shape[1] * matrix.var()) or 1.0

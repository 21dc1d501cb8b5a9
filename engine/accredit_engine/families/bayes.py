"""Naive Bayes: normal densities for numbers, shares for 0/1 entries, in the log domain.

The logarithm of a normal density is a quadratic of the value, that of a share is linear for 0 and
1. So a raw score is `Σ (square · x² + slope · x) + intercept`, and each entry's term, less its mean
in training, is its exact contribution. Entries are never independent in truth, which makes the
scores over-confident: they need an affine map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training
from accredit_engine.features.plan import PlanName

_NAMES = ("square", "slope", "intercept", "centre")


@dataclass(frozen=True, slots=True)
class NaiveBayesMember:
    """Coefficients of the quadratics.

    Attributes:
        square: float64 (m, o).
        slope: float64 (m, o).
        intercept: float64 (o,).
        centre: float64 (m, o): mean of each entry's term in training.
    """

    square: NDArray[np.float64]
    slope: NDArray[np.float64]
    intercept: NDArray[np.float64]
    centre: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.NAIVE_BAYES

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of class 1 (n, 1), or one log-probability per class up to a constant."""
        scores = np.tile(self.intercept, (len(matrix), 1))
        for entry in range(len(self.square)):
            scores += self._term(matrix, entry)
        return scores

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, o) and base (o,)."""
        terms = [self._term(matrix, entry) - self.centre[entry] for entry in range(len(self.slope))]
        phi = np.stack(terms, axis=1) if terms else np.zeros((len(matrix), 0, len(self.intercept)))
        return phi, self.intercept + self.centre.sum(axis=0)

    def _term(self, matrix: NDArray[np.float64], entry: int) -> NDArray[np.float64]:
        values = matrix[:, entry, None]
        term: NDArray[np.float64] = (self.square[entry] * values + self.slope[entry]) * values
        return term

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {f"{name}.npy": array_bytes(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        del name
        return cls(**{key: floats_from(files[f"{key}.npy"]) for key in _NAMES})


class NaiveBayesFamily:
    """Fits naive Bayes models."""

    name = FamilyName.NAIVE_BAYES
    plan = PlanName.LINEAR
    traits = TRAITS[FamilyName.NAIVE_BAYES]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """It has no values to predict, only classes."""
        del rows, entries
        return "naive Bayes predicts classes only" if task is Task.REGRESSION else ""

    def default(self, task: Task, rows: int) -> Params:
        """Variances raised by a hundredth of the largest, shares smoothed by one row."""
        del task, rows
        return {"variance_floor": 0.01, "smoothing": 1.0}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Smoothing of variances and shares."""
        del task, rows
        return {
            "variance_floor": FloatDistribution(1e-6, 1.0, log=True),
            "smoothing": FloatDistribution(0.01, 100.0, log=True),
        }

    def train(self, training: Training, params: Params) -> tuple[NaiveBayesMember, Params]:
        """Fit."""
        training.refuse_when_expired()
        training.refuse_constraints(self.name, interactions=False)
        if training.task is Task.REGRESSION:
            message = self.unfit(training.task, 0, 0)
            raise TrialFailed(message)
        square, slope, intercept = _coefficients(training, params)
        if training.task is Task.BINARY:
            square, slope = square[:, 1:] - square[:, :1], slope[:, 1:] - slope[:, :1]
            intercept = intercept[1:] - intercept[:1]
        means, squares = training.matrix.mean(axis=0), (training.matrix**2).mean(axis=0)
        centre = square * squares[:, None] + slope * means[:, None]
        return NaiveBayesMember(square, slope, intercept, centre), params

    def merged(self, members: Sequence[NaiveBayesMember]) -> NaiveBayesMember:
        """Mean coefficients."""
        return NaiveBayesMember(
            **{
                name: np.mean([getattr(member, name) for member in members], axis=0)
                for name in _NAMES
            }
        )


def _coefficients(
    training: Training, params: Params
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Square (m, k), slope (m, k) and intercept (k,) of each class's log-density."""
    classes = 2 if training.task is Task.BINARY else training.outputs
    matrix = training.matrix
    weight = np.ones(len(matrix)) if training.weight is None else training.weight
    hot = np.zeros((len(matrix), classes))
    hot[np.arange(len(matrix)), training.y.astype(np.int64)] = weight
    rows = hot.sum(axis=0)
    smoothing = float(params["smoothing"])
    shared = np.maximum(rows, 1e-12)
    mean = matrix.T @ hot / shared
    floor = float(params["variance_floor"]) * float(matrix.var(axis=0).max(initial=0.0))
    variance = np.maximum((matrix**2).T @ hot / shared - mean**2, 0.0) + max(floor, 1e-9)
    share = (matrix.T @ hot + smoothing) / (rows + 2 * smoothing)
    is_flag = ((matrix == 0) | (matrix == 1)).all(axis=0)[:, None]
    # Clipped only where the share is not used.
    safe = np.clip(share, 1e-12, 1 - 1e-12)
    square = np.where(is_flag, 0.0, -0.5 / variance)
    slope = np.where(is_flag, np.log(safe / (1 - safe)), mean / variance)
    normal = -0.5 * (mean**2 / variance + np.log(2 * np.pi * variance))
    constant = np.where(is_flag, np.log(1 - safe), normal)
    prior = np.log((rows + smoothing) / (rows.sum() + classes * smoothing))
    return square, slope, constant.sum(axis=0) + prior

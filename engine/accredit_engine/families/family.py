"""What all families share: what they are trained on, and what they leave behind.

A *member* is a trained model that answers with raw scores (n, o), o being one or the number of
classes, and whose raw scores are a sum of contributions of the matrix entries plus a base.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.features.plan import PlanName

Params: TypeAlias = Mapping[str, float | int | str]


class FamilyName(StrEnum):
    """Families on offer, in the order in which their defaults are tried."""

    BOOSTING = "boosting"
    LINEAR = "linear"
    FOREST = "forest"


@dataclass(frozen=True, slots=True)
class Training:
    """What one fit gets.

    Attributes:
        task: What is predicted.
        outputs: Raw scores per row: one, or one per class.
        matrix: Inputs (n, m).
        y: Target (n,); 0 and 1, positions of classes, or values.
        weight: Weight of each row (n,), or None.
        categorical: Positions of entries that are codes.
        held: Matrix and target to stop early on, or None.
        threads: Threads that may be used.
        seed: Seed of the fit.
        absolute: Whether absolute rather than squared errors matter (regression).
        expired: Called between steps; True asks to give up (`TrialFailed`).
        enough: Likewise; True asks to finish with what has been learned so far.
    """

    task: Task
    outputs: int
    matrix: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    categorical: tuple[int, ...]
    held: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    threads: int
    seed: int
    absolute: bool
    expired: Callable[[], bool]
    enough: Callable[[], bool] = bool


class Member(Protocol):
    """A trained model."""

    @property
    def family(self) -> FamilyName:
        """Its family."""
        ...

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o); a row alone gives the same bits as within a batch."""
        ...

    def files(self) -> dict[str, bytes]:
        """Its content as plain files: name → bytes, without pickle."""
        ...


@runtime_checkable
class Additive(Protocol):
    """A member that knows its own contributions."""

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, o) of the entries to the raw scores, and their base (o,)."""
        ...


class Family(Protocol):
    """A kind of model that a search may train."""

    @property
    def name(self) -> FamilyName:
        """Its name."""
        ...

    @property
    def plan(self) -> PlanName:
        """The encoding it wants."""
        ...

    def default(self, task: Task, rows: int) -> Params:
        """The configuration to try first."""
        ...

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """What the search may vary."""
        ...

    def train(self, training: Training, params: Params) -> tuple[Member, Params]:
        """Fit; returns the member and the params with what was settled on the way.

        Raises:
            TrialFailed: the fit cannot be done, or ran out of time.
        """
        ...

"""What all families share: what they are trained on, and what they leave behind.

A *member* is a trained model that answers with raw scores (n, o), o being one or the number of
classes. Members of exact families know their raw scores as a sum of contributions of the matrix
entries plus a base; the others carry a few background rows that contributions are sampled against.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.features.plan import PlanName

Params: TypeAlias = Mapping[str, float | int | str]
"""Flat; a bool counts as an int."""

# Any: LightGBM's Dataset, which has no types.
Objective: TypeAlias = (
    str | Callable[[NDArray[np.float64], Any], tuple[NDArray[np.float64], NDArray[np.float64]]]
)


SAMPLED_OBJECTIVES: Final = frozenset({"poisson", "gamma", "tweedie"})
"""Objectives of boosting whose raw scores are rates, the exponential of a sum: their contributions
are sampled although those of the family are exact."""


class FamilyName(StrEnum):
    """Families on offer, in the order in which their defaults are tried."""

    BOOSTING = "boosting"
    LINEAR = "linear"
    FOREST = "forest"
    HISTOGRAM = "histogram"
    NEURAL = "neural"
    NAIVE_BAYES = "naive_bayes"
    NEIGHBOURS = "neighbours"
    SVM = "svm"
    XGBOOST = "xgboost"
    CATBOOST = "catboost"
    SCORECARD = "scorecard"
    ADDITIVE = "additive"
    TREE = "tree"
    EBM = "ebm"


class ForeignName(StrEnum):
    """Formats of members that were trained elsewhere, by no family of ours."""

    SKOPS = "skops"
    ONNX = "onnx"


def member_name(name: str) -> "FamilyName | ForeignName":
    """Family or format of a stored member.

    Raises:
        ValueError: there is none of that name.
    """
    return ForeignName(name) if name in set(ForeignName) else FamilyName(name)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a search has to know of a family before it trains it.

    Attributes:
        exact: Attributions of its raw scores are exact, not sampled.
        interpretable: Simple enough to be read as a whole; allowed when only such models are.
        uncalibrated: Raw scores are no margins (vote shares, over-confident odds): an affine map,
            fitted out of fold, has to turn them into margins. Nothing to map for regression.
        optional: Needs a package that Accredit does not depend on.
        stops_early: Watches held rows and settles `rounds`; without either it learns for long.
        monotone: Tasks for which it can hold directions.
        interactions: Whether it can hold groups of interactions, if only because it has none.
    """

    exact: bool = True
    interpretable: bool = False
    uncalibrated: bool = False
    optional: bool = False
    stops_early: bool = False
    monotone: tuple[Task, ...] = ()
    interactions: bool = False


_EVERY_TASK: Final = tuple(Task)
_NOT_SEVERAL: Final = (Task.BINARY, Task.REGRESSION)
TRAITS: Final[Mapping[FamilyName, Traits]] = MappingProxyType(
    {
        FamilyName.BOOSTING: Traits(stops_early=True, monotone=_EVERY_TASK, interactions=True),
        FamilyName.LINEAR: Traits(interpretable=True, interactions=True),
        FamilyName.FOREST: Traits(uncalibrated=True),
        FamilyName.HISTOGRAM: Traits(stops_early=True, monotone=_NOT_SEVERAL, interactions=True),
        FamilyName.NEURAL: Traits(exact=False, stops_early=True),
        FamilyName.NAIVE_BAYES: Traits(interpretable=True, uncalibrated=True, interactions=True),
        FamilyName.NEIGHBOURS: Traits(exact=False, uncalibrated=True),
        FamilyName.SVM: Traits(exact=False, uncalibrated=True),
        FamilyName.XGBOOST: Traits(
            optional=True, stops_early=True, monotone=_EVERY_TASK, interactions=True
        ),
        FamilyName.CATBOOST: Traits(optional=True, stops_early=True, monotone=_NOT_SEVERAL),
        FamilyName.SCORECARD: Traits(interpretable=True, monotone=_EVERY_TASK, interactions=True),
        FamilyName.ADDITIVE: Traits(
            interpretable=True, stops_early=True, monotone=_EVERY_TASK, interactions=True
        ),
        FamilyName.TREE: Traits(interpretable=True, monotone=_NOT_SEVERAL),
        FamilyName.EBM: Traits(
            interpretable=True, optional=True, monotone=_NOT_SEVERAL, interactions=True
        ),
    }
)


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
        held_weight: Weight of each held row, or None.
        monotone: Per entry 1 (raw scores may only rise with it), -1 (only fall) or 0; empty: free.
        interactions: Groups of entry positions; entries may act together only within a group, an
            entry in no group only by itself. Empty: free.
        objective: A LightGBM objective by name, or a function of predictions and `Dataset` that
            returns gradient and second derivative; None: the usual one of the task.
        store: Scratch that lives as long as `matrix` and `held`: what a family derives from them
            alone is kept here for its next fit. None keeps nothing.
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
    held_weight: NDArray[np.float64] | None = None
    monotone: tuple[int, ...] = ()
    interactions: tuple[tuple[int, ...], ...] = ()
    objective: Objective | None = None
    store: dict[str, object] | None = None

    def all_groups(self) -> list[list[int]]:
        """The groups of `interactions`, and one for each entry that is in none of them."""
        named = {entry for group in self.interactions for entry in group}
        alone = [[entry] for entry in range(self.matrix.shape[1]) if entry not in named]
        return [list(group) for group in self.interactions] + alone

    def refuse_when_expired(self) -> None:
        """Give up when the time is out.

        Raises:
            TrialFailed: it is.
        """
        if self.expired():
            message = "out of time"
            raise TrialFailed(message)

    def refuse_constraints(
        self, name: FamilyName, *, monotone: bool = True, interactions: bool = True
    ) -> None:
        """Refuse what a family cannot honour; True stands for "cannot".

        Raises:
            TrialFailed: such a constraint, or an objective, is set.
        """
        if monotone and any(self.monotone):
            message = f"{name.value} cannot hold monotone constraints"
            raise TrialFailed(message)
        if interactions and self.interactions:
            message = f"{name.value} cannot hold interaction constraints"
            raise TrialFailed(message)
        if self.objective is not None and name is not FamilyName.BOOSTING:
            message = f"{name.value} has no other objective"
            raise TrialFailed(message)


class Member(Protocol):
    """A trained model."""

    @property
    def family(self) -> FamilyName | ForeignName:
        """Its family, or the format of one that was trained elsewhere."""
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


@runtime_checkable
class Sampled(Protocol):
    """A member whose contributions can only be sampled.

    Attributes:
        background: float64 (b, m), a few typical training rows; the mean of their raw scores is
            the base of the contributions.
    """

    @property
    def background(self) -> NDArray[np.float64]:
        """Typical training rows (b, m)."""
        ...

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        ...


class Family(Protocol):
    """A kind of model that a search may train.

    What a fit finds out with its held rows and a fit without them has to be told (how many trees,
    epochs or rounds) is returned under the key `rounds`, whatever the family calls it. A search
    averages `rounds` over the folds; given `rounds`, a family trains that long and does not stop
    early.
    """

    @property
    def name(self) -> FamilyName:
        """Its name."""
        ...

    @property
    def plan(self) -> PlanName:
        """The encoding it wants."""
        ...

    @property
    def traits(self) -> Traits:
        """What it can do."""
        ...

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """Why it is not tried on a matrix (rows, entries); empty when it is."""
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
            TrialFailed: the fit cannot be done, breaks a constraint, or ran out of time.
        """
        ...

    def merged(self, members: Sequence[Any]) -> Member:  # Any: members of this family.
        """One member whose raw scores are the mean of theirs, up to rounding."""
        ...


def spread_rows(
    matrix: NDArray[np.float64], raw: NDArray[np.float64], count: int = 4
) -> NDArray[np.float64]:
    """Typical rows (count, m): evenly spaced in the order of their raw scores, class by class.

    Chance would now and then pick rows that are all alike, and a base that says so.
    """
    order = np.lexsort((raw.max(axis=1), raw.argmax(axis=1)))
    at = ((np.arange(count) + 0.5) / count * len(order)).astype(np.int64)
    return np.ascontiguousarray(matrix[order[at]])

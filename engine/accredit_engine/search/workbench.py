"""Encoded matrices of the folds, made once per encoding and shared by all trials."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.split import fold_count, fold_numbers
from accredit_engine.features.encoder import Encoder, fit_encoder
from accredit_engine.features.plan import PLANS, PlanName
from accredit_engine.seeds import child


@dataclass(frozen=True, slots=True)
class FoldData:
    """One fold, encoded by an encoder that saw its training rows only.

    Attributes:
        encoder: The encoder.
        train: Matrix of the training rows.
        held: Matrix of the held rows.
        train_rows: Their positions in the table.
        held_rows: Likewise.
    """

    encoder: Encoder
    train: NDArray[np.float64]
    held: NDArray[np.float64]
    train_rows: NDArray[np.intp]
    held_rows: NDArray[np.intp]


@dataclass(slots=True)
class Workbench:
    """Data of a search; `fold_of` (n,) is fixed once, before the first trial."""

    prepared: Prepared
    seed: int
    fold_of: NDArray[np.int64]
    folds: int
    signals: NDArray[np.float64]
    _cache: dict[tuple[PlanName, int], FoldData] = field(default_factory=dict)
    _codes: dict[str, NDArray[np.intp]] = field(default_factory=dict)

    @classmethod
    def of(cls, prepared: Prepared, seed: int) -> "Workbench":
        """Fix the folds."""
        folds = fold_count(prepared.table.rows)
        fold_of = fold_numbers(prepared.y, folds=folds, seed=seed, task=prepared.task)
        return cls(prepared, seed, fold_of, folds, _signals(prepared))

    def fold(self, plan: PlanName, number: int) -> FoldData:
        """One fold under one encoding."""
        key = (plan, number)
        if key not in self._cache:
            train_rows = np.flatnonzero(self.fold_of != number)
            held_rows = np.flatnonzero(self.fold_of == number)
            encoder, train = self._fit(plan, train_rows, child(self.seed, "fold", number))
            held = encoder.transform(self.prepared.table.take(held_rows))
            self._cache[key] = FoldData(encoder, train, held, train_rows, held_rows)
        return self._cache[key]

    def group_codes(self, feature: str) -> NDArray[np.intp]:
        """Groups of a sensitive feature as codes (n,) from 0."""
        if feature not in self._codes:
            groups = self.prepared.groups[feature]
            self._codes[feature] = np.unique(groups, return_inverse=True)[1]
        return self._codes[feature]

    def whole(self, plan: PlanName) -> tuple[Encoder, NDArray[np.float64]]:
        """Encoder and training matrix of all rows."""
        return self._fit(plan, np.arange(self.prepared.table.rows), child(self.seed, "whole"))

    def _fit(
        self, plan: PlanName, rows: NDArray[np.intp], seed: int
    ) -> tuple[Encoder, NDArray[np.float64]]:
        table = self.prepared.table.take(rows)
        return fit_encoder(table, self.signals[rows], self.prepared.schema, PLANS[plan], seed=seed)


def _signals(prepared: Prepared) -> NDArray[np.float64]:
    """What categories may be averaged over: the target, or one column per class."""
    if prepared.task is not Task.MULTICLASS:
        return prepared.y[:, None]
    hot = np.zeros((len(prepared.y), len(prepared.classes)))
    hot[np.arange(len(prepared.y)), prepared.y.astype(np.int64)] = 1.0
    return hot

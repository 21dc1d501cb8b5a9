"""Quick models on the folds: what a set of derived features is worth to a family.

A probe trains one family with fixed quick settings on every fold, with the raw columns and any
derived ones, and keeps the loss of every held row: log-loss, or squared error. Equal folds and
seeds make two sets of features comparable row by row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.data.preparation import Prepared
from accredit_engine.data.schema import Table
from accredit_engine.evaluation.calibration import probabilities
from accredit_engine.families.family import Additive, Family, Member, Params, Training
from accredit_engine.features.encoder import Encoder, fit_derived, fit_encoder
from accredit_engine.features.plan import PLANS, Plan
from accredit_engine.features.spec import DerivedKind, DerivedSpec
from accredit_engine.features.target import target_signals
from accredit_engine.seeds import child

Fold: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Positions of the training rows and of the held rows."""

_EXPLAINED_ROWS: Final = 300


@dataclass(frozen=True, slots=True)
class Encoded:
    """Matrices of the training and the held rows of one fold, and the encoder of both."""

    encoder: Encoder
    train: NDArray[np.float64]
    held: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Probe:
    """One family on fixed folds.

    Attributes:
        prepared: The data.
        folds: Folds, over any subset of the rows.
        family: What is trained.
        params: Its quick settings.
        rounds: Rounds after which a boosted model has to finish.
        threads: Threads that a fit may use.
        seed: Seed of the probe.
        expired: True asks to give up (`TrialFailed`).
    """

    prepared: Prepared
    folds: tuple[Fold, ...]
    family: Family
    params: Params
    rounds: int
    threads: int
    seed: int
    expired: Callable[[], bool]
    _raw: dict[int, Encoded] = field(init=False, repr=False, default_factory=dict)
    _derived: dict[tuple[DerivedSpec, int], Encoded] = field(
        init=False, repr=False, default_factory=dict
    )

    def model(self, number: int, specs: Sequence[DerivedSpec]) -> tuple[Member, Encoded]:
        """Train on one fold, with the derived features after the raw columns.

        Raises:
            TrialFailed: the family cannot be fitted, or the time is out.
        """
        raw = self.raw(number)
        parts = [self._one(spec, number) for spec in specs]
        train = np.hstack([raw.train, *(part.train for part in parts)])
        held = np.hstack([raw.held, *(part.held for part in parts)])
        rows, held_rows = self.folds[number]
        training = Training(
            task=self.prepared.task,
            outputs=self.prepared.outputs,
            matrix=train,
            y=self.prepared.y[rows],
            weight=None,
            categorical=raw.encoder.categorical,
            held=(held, self.prepared.y[held_rows]),
            threads=self.threads,
            seed=child(self.seed, "probe", number),
            absolute=False,
            expired=self.expired,
            enough=_Countdown(self.rounds).is_over,
        )
        member, _ = self.family.train(training, self.params)
        return member, Encoded(raw.encoder, train, held)

    def losses(self, number: int, specs: Sequence[DerivedSpec]) -> NDArray[np.float64]:
        """Loss (n,) of every held row of a fold.

        Raises:
            TrialFailed: as for `model`.
        """
        return self.losses_of(number, *self.model(number, specs))

    def losses_of(self, number: int, member: Member, encoded: Encoded) -> NDArray[np.float64]:
        """As `losses`, of a trained model."""
        y = self.prepared.y[self.folds[number][1]]
        return row_losses(y, member.raw(encoded.held), self.prepared.task)

    def residuals(self, number: int, member: Member, encoded: Encoded) -> NDArray[np.float64]:
        """What a model leaves unexplained (n, o) of the held rows of a fold."""
        y = self.prepared.y[self.folds[number][1]]
        raw = member.raw(encoded.held)
        signals = target_signals(self.prepared.task, y, self.prepared.outputs)
        if self.prepared.task is Task.REGRESSION:
            return signals - raw
        return signals - probabilities(raw, self.prepared.task)

    def importance(self, member: Member, encoded: Encoded) -> dict[str, float]:
        """Mean absolute contribution of each raw column; empty when the family has none."""
        if not isinstance(member, Additive):
            return {}
        phi, _ = member.contributions(encoded.held[:_EXPLAINED_ROWS])
        strength = np.abs(phi).sum(axis=2).mean(axis=0)
        total: dict[str, float] = {}
        for entry, parents in enumerate(encoded.encoder.owners):
            for parent in parents:
                share = float(strength[entry]) / len(parents)
                total[parent] = total.get(parent, 0.0) + share
        return total

    def held_entries(self, spec: DerivedSpec, number: int) -> NDArray[np.float64]:
        """Entries (n, w) of a derived feature in the held rows of a fold; bins by their number."""
        held = self._one(spec, number).held
        if spec.kind is DerivedKind.BINS:
            return held @ np.arange(1.0, held.shape[1] + 1)[:, None]
        return held

    def forget(self, kept: Sequence[DerivedSpec]) -> None:
        """Free the matrices of all other derived features."""
        for key in [key for key in self._derived if key[0] not in kept]:
            del self._derived[key]

    def raw(self, number: int) -> Encoded:
        """Raw columns of one fold."""
        if number not in self._raw:
            train, held, signals, seed = self._fold(number)
            encoder, matrix = fit_encoder(
                train, signals, self.prepared.schema, self._plan(), seed=seed
            )
            self._raw[number] = Encoded(encoder, matrix, encoder.transform(held))
        return self._raw[number]

    def _one(self, spec: DerivedSpec, number: int) -> Encoded:
        key = (spec, number)
        if key not in self._derived:
            train, held, signals, seed = self._fold(number)
            encoder, matrix = fit_derived(
                train, signals, self.prepared.schema, self._plan(), (spec,), seed=seed
            )
            self._derived[key] = Encoded(encoder, matrix, encoder.transform(held))
        return self._derived[key]

    def _fold(self, number: int) -> tuple[Table, Table, NDArray[np.float64], int]:
        rows, held_rows = self.folds[number]
        prepared = self.prepared
        signals = target_signals(prepared.task, prepared.y[rows], prepared.outputs)
        tables = prepared.table.take(rows), prepared.table.take(held_rows)
        return *tables, signals, child(self.seed, "fold", number)

    def _plan(self) -> Plan:
        return PLANS[self.family.plan]


def row_losses(y: NDArray[np.float64], raw: NDArray[np.float64], task: Task) -> NDArray[np.float64]:
    """Log-loss (n,) of raw scores (n, o), or squared errors for regression."""
    if task is Task.REGRESSION:
        return (y - raw[:, 0]) ** 2
    if task is Task.BINARY:
        return np.logaddexp(0.0, np.where(y > 0, -raw[:, 0], raw[:, 0]))
    chosen = raw[np.arange(len(y)), y.astype(np.int64)]
    peak = raw.max(axis=1)
    total: NDArray[np.float64] = np.log(np.exp(raw - peak[:, None]).sum(axis=1)) + peak - chosen
    return total


@dataclass(slots=True)
class _Countdown:
    """Lets a boosted model learn for a number of rounds; families ask every fifth round."""

    rounds: int
    asked: int = 0

    def is_over(self) -> bool:
        self.asked += 1
        return self.asked * 5 > self.rounds

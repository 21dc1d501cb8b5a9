"""Data of a search: the folds, and their encoded matrices, made once and shared by all trials."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.folds import Folds
from accredit_engine.data.preparation import Prepared
from accredit_engine.features.encoder import Encoder, fit_encoder
from accredit_engine.features.encoding import Encoding
from accredit_engine.features.plan import PLANS
from accredit_engine.features.spec import DerivedSpec
from accredit_engine.features.target import target_signals
from accredit_engine.search.groups import Grouping, groupings
from accredit_engine.seeds import child

_WHOLE: Final = -1
_CACHE_BYTES: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class FoldData:
    """One fold, encoded by an encoder that saw its training rows only.

    Attributes:
        encoder: The encoder.
        train: Matrix of the training rows.
        held: Matrix of the held rows.
        train_rows: Their positions in the table.
        held_rows: Likewise.
        store: What families keep of this fold between trials, such as binned matrices.
    """

    encoder: Encoder
    train: NDArray[np.float64]
    held: NDArray[np.float64]
    train_rows: NDArray[np.intp]
    held_rows: NDArray[np.intp]
    store: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Workbench:
    """Data of a search; the folds are fixed once, before the first trial.

    Attributes:
        prepared: The training table.
        seed: Root of the random choices.
        folds: Which rows are learned from and which are scored.
        derived: Features made of several columns, used by encodings that ask for them.
        signals: float64 (n, s): what categories may be averaged over.
        cache_bytes: Memory that encoded folds may take.
    """

    prepared: Prepared
    seed: int
    folds: Folds
    derived: Sequence[DerivedSpec]
    signals: NDArray[np.float64]
    cache_bytes: int = _CACHE_BYTES
    _cache: dict[tuple[Encoding, int], FoldData] = field(default_factory=dict)
    _groupings: dict[tuple[str, ...], tuple[Grouping, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, prepared: Prepared, folds: Folds, seed: int, derived: Sequence[DerivedSpec] = ()
    ) -> "Workbench":
        """Lay out a table."""
        return cls(
            prepared,
            seed,
            folds,
            tuple(derived),
            target_signals(prepared.task, prepared.y, prepared.outputs),
        )

    def bare(self) -> "Workbench":
        """The same without what was encoded and without the raw frame: what a worker is sent."""
        frame = self.prepared.frame.iloc[:0]
        return Workbench(
            replace(self.prepared, frame=frame),
            self.seed,
            self.folds,
            self.derived,
            self.signals,
            self.cache_bytes,
        )

    @property
    def y(self) -> NDArray[np.float64]:
        """Target of the scored rows (s,)."""
        return self.prepared.y[self.folds.scored]

    def fold(self, encoding: Encoding, number: int) -> FoldData:
        """One fold under one encoding."""
        key = (encoding, number)
        if key not in self._cache:
            train_rows, held_rows = self.folds.pairs[number]
            encoder, train = self._fit(encoding, train_rows, child(self.seed, "fold", number))
            held = encoder.transform(self.prepared.table.take(held_rows))
            self._keep(key, FoldData(encoder, train, held, train_rows, held_rows))
        return self._cache[key]

    def groupings(self, features: tuple[str, ...]) -> tuple[Grouping, ...]:
        """What is compared of some sensitive features, on all rows."""
        if features not in self._groupings:
            self._groupings[features] = groupings(self.prepared.groups, features)
        return self._groupings[features]

    def whole(self, encoding: Encoding) -> FoldData:
        """All rows under one encoding, with none held."""
        key = (encoding, _WHOLE)
        if key not in self._cache:
            rows = np.arange(self.prepared.table.rows)
            encoder, train = self._fit(encoding, rows, child(self.seed, "whole"))
            self._keep(key, FoldData(encoder, train, train[:0], rows, rows[:0]))
        return self._cache[key]

    def _keep(self, key: tuple[Encoding, int], data: FoldData) -> None:
        """Keep a fold, and let the oldest go when all together are too large."""
        self._cache[key] = data
        size = sum(kept.train.nbytes + kept.held.nbytes for kept in self._cache.values())
        while size > self.cache_bytes and len(self._cache) > 1:
            oldest = next(iter(self._cache))
            dropped = self._cache.pop(oldest)
            size -= dropped.train.nbytes + dropped.held.nbytes

    def _fit(
        self, encoding: Encoding, rows: NDArray[np.intp], seed: int
    ) -> tuple[Encoder, NDArray[np.float64]]:
        return fit_encoder(
            self.prepared.table.take(rows),
            self.signals[rows],
            self.prepared.schema,
            PLANS[encoding.plan],
            seed=seed,
            derived=self.derived if encoding.derived else (),
        )

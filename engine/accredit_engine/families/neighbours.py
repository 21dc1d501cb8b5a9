"""Nearest neighbours: a weighted vote of the training rows closest to a row.

The neighbours of a row are all training rows no further away than its k-th nearest: ties are all
taken, so neither the order of the rows nor the rounding of the search decides. Raw scores are
smoothed log-shares of the votes; they need an affine map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.families.bag import BagMember, same_member
from accredit_engine.families.family import TRAITS, FamilyName, Params, Training, spread_rows
from accredit_engine.features.plan import PlanName

_MOST_ROWS: Final = 30_000
_MOST_CELLS: Final = 1_500_000
_BLOCK_CELLS: Final = 2_000_000
_SLACK: Final = 1e-9
_NEAREST_FACTOR: Final = 0.1
_NAMES: Final = ("columns", "votes", "weights", "scales", "settings", "background")


@dataclass(frozen=True, slots=True)
class NeighboursMember:
    """The training rows and their votes.

    Attributes:
        columns: float64 (m, s): scaled training rows, one per column.
        votes: float64 (s, v): the value, or one 0/1 column per class (two for binary).
        weights: float64 (s,): weight of each training row.
        scales: float64 (m,): factor of each entry in distances.
        settings: float64 (3,): neighbours, share of distance weighting in [0, 1], and 0 for
            values, 1 for binary, 2 for several classes.
        background: float64 (b, m): typical training rows.
    """

    columns: NDArray[np.float64]
    votes: NDArray[np.float64]
    weights: NDArray[np.float64]
    scales: NDArray[np.float64]
    settings: NDArray[np.float64]
    background: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.NEIGHBOURS

    @property
    def outputs(self) -> int:
        """Raw scores per row."""
        return self.votes.shape[1] if self.settings[2] == 2 else 1

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds (n, 1), log-shares (n, k) or values (n, 1)."""
        step = max(1, _BLOCK_CELLS // self.columns.shape[1])
        parts = [self._answer(matrix[at : at + step]) for at in range(0, len(matrix), step)]
        return np.concatenate(parts) if parts else np.zeros((0, self.outputs))

    def _answer(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        row, neighbour, distance, furthest = self._nearest(rows * self.scales)
        relative = np.divide(distance, furthest, out=np.ones_like(distance), where=furthest > 0)
        softness = self.settings[1]
        weight = self.weights[neighbour] * (
            1 - softness + softness * _NEAREST_FACTOR / (relative + _NEAREST_FACTOR)
        )

        def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
            # Adds in the order of the training rows, whatever else is in the batch.
            return np.bincount(row, weights=values, minlength=len(rows)).astype(np.float64)

        mass = total(weight)
        sums = [total(weight * votes[neighbour]) for votes in self.votes.T]
        if self.settings[2] == 0:
            return np.stack([part / mass for part in sums], axis=1)
        prior = (self.weights[:, None] * self.votes).sum(axis=0) / self.weights.sum()
        one_row = mass / np.bincount(row, minlength=len(rows))
        logs = [np.log(part + one_row * share) for part, share in zip(sums, prior, strict=True)]
        if self.settings[2] == 1:
            odds: NDArray[np.float64] = logs[1] - logs[0]
            return odds[:, None]
        return np.stack([log - np.log(mass + one_row) for log in logs], axis=1)

    def _nearest(
        self, scaled: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Pairs of row and neighbour, their distance and that of the row's k-th neighbour.

        1. A matrix product finds candidates; its rounding depends on the batch, so all within a
        slack are kept. 2. Their distances are summed entry by entry. 3. Those decide.
        """
        rows, known = len(scaled), self.columns.shape[1]
        count = min(int(self.settings[0]), known)
        # 1. Candidates.
        norms = (self.columns**2).sum(axis=0)
        own = (scaled**2).sum(axis=1)
        rough = norms - 2 * (scaled @ self.columns)
        limit = np.partition(rough, count - 1, axis=1)[:, count - 1]
        slack = _SLACK * (own + norms.max() + 1)
        row, neighbour = np.nonzero(rough <= (limit + slack)[:, None])
        # 2. Distances.
        squared = np.zeros(len(row))
        for entry, values in enumerate(self.columns):
            gap = scaled[row, entry] - values[neighbour]
            squared += gap * gap
        # 3. The k-th of each row.
        order = np.lexsort((squared, row))
        first = np.searchsorted(row, np.arange(rows))
        limit = squared[order[first + count - 1]]
        kept = np.flatnonzero(squared <= limit[row])
        row, neighbour = row[kept], neighbour[kept]
        return row, neighbour, np.sqrt(squared[kept]), np.sqrt(limit[row])

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        return {f"{name}.npy": array_bytes(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        del name
        return cls(**{key: floats_from(files[f"{key}.npy"]) for key in _NAMES})


class NeighboursFamily:
    """Keeps the training rows and finds how entries count."""

    name = FamilyName.NEIGHBOURS
    plan = PlanName.LINEAR
    traits = TRAITS[FamilyName.NEIGHBOURS]

    def unfit(self, task: Task, rows: int, entries: int) -> str:
        """Every prediction looks at all training rows."""
        del task
        if rows > _MOST_ROWS:
            return f"neighbours answer too slowly above {_MOST_ROWS} rows, found {rows}"
        if rows * entries > _MOST_CELLS:
            return f"neighbours answer too slowly above {_MOST_CELLS} cells"
        return ""

    def default(self, task: Task, rows: int) -> Params:
        """More neighbours for more rows; entries count by how they go with the target."""
        del task
        return {"neighbours": 15 if rows < 2_000 else 25, "nearness": 0.8, "relevance": 0.5}

    def space(self, task: Task, rows: int) -> Mapping[str, BaseDistribution]:
        """Number, weight by nearness, and how strongly entries are scaled by their relevance."""
        del task
        return {
            "neighbours": IntDistribution(3, max(10, min(100, rows // 10)), log=True),
            "nearness": FloatDistribution(0.0, 1.0),
            "relevance": FloatDistribution(0.0, 1.5),
        }

    def train(self, training: Training, params: Params) -> tuple[NeighboursMember, Params]:
        """Scale and keep."""
        training.refuse_when_expired()
        training.refuse_constraints(self.name)
        is_number = training.task is Task.REGRESSION
        votes = training.y[:, None].copy()
        if not is_number:
            classes = 2 if training.task is Task.BINARY else training.outputs
            votes = (training.y[:, None] == np.arange(classes)).astype(np.float64)
        scales = _relevance(training.matrix, votes) ** float(params["relevance"])
        weight = np.ones(len(votes)) if training.weight is None else training.weight
        kind = {Task.REGRESSION: 0.0, Task.BINARY: 1.0, Task.MULTICLASS: 2.0}[training.task]
        settings = [params["neighbours"], params["nearness"], kind]
        member = NeighboursMember(
            columns=np.ascontiguousarray((training.matrix * scales).T),
            votes=votes,
            weights=np.asarray(weight, dtype=np.float64),
            scales=scales,
            settings=np.array(settings, dtype=np.float64),
            background=training.matrix[:0],
        )
        sample = training.matrix[:: max(1, len(training.matrix) // 200)]
        return replace(member, background=spread_rows(sample, member.raw(sample))), params

    def merged(self, members: Sequence[NeighboursMember]) -> NeighboursMember | BagMember:
        """Side by side, or the one that all are equal to: no fit draws at random."""
        return same_member(members) or BagMember(self.name, tuple(members))


def _relevance(matrix: NDArray[np.float64], votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest absolute correlation of each entry with a vote (m,), in [0.01, 1]."""
    spread = matrix.std(axis=0)
    outer = votes.std(axis=0)
    centred = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    judged = (votes - votes.mean(axis=0)) / np.where(outer > 0, outer, 1.0)
    found = np.abs(centred.T @ judged / len(matrix)).max(axis=1, initial=0.0)
    return np.asarray(np.clip(found, 0.01, 1.0), dtype=np.float64)

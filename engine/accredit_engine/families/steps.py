"""Sums of step functions, one per entry: the plain form of scorecards and additive models.

Everything such a model knows is a table of bins, which a person can read line by line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.arrays import array_bytes, floats_from, integers_from
from accredit_engine.families.family import FamilyName

_FLOATS: Final = ("edges", "values", "intercept", "shares")


@dataclass(frozen=True, slots=True)
class StepsMember:
    """Step functions of the entries.

    The bins of an entry with e edges are e + 2: below the first edge, between neighbours (a value
    on an edge belongs to the bin above it), from the last edge on, and missing.

    Attributes:
        family: Its family.
        edges: float64 (all edges,), rising within an entry.
        starts: int64 (m + 1,): where the edges of each entry start.
        values: float64 (all bins, o): what a bin adds to the raw scores.
        intercept: float64 (o,).
        shares: float64 (all bins,): share of the training rows of the entry in each bin.
    """

    family: FamilyName
    edges: NDArray[np.float64]
    starts: NDArray[np.int64]
    values: NDArray[np.float64]
    intercept: NDArray[np.float64]
    shares: NDArray[np.float64]

    @property
    def entries(self) -> int:
        """Number of entries m."""
        return len(self.starts) - 1

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        scores = np.tile(self.intercept, (len(matrix), 1))
        for entry in range(self.entries):
            scores += self.values[self.bins(matrix[:, entry], entry)]
        return scores

    def contributions(
        self, matrix: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions (n, m, o) and base (o,): each step less its mean in training."""
        phi = np.zeros((len(matrix), self.entries, len(self.intercept)))
        base = self.intercept.copy()
        for entry in range(self.entries):
            own = slice(self.first(entry), self.first(entry + 1))
            mean = (self.shares[own, None] * self.values[own]).sum(axis=0)
            phi[:, entry] = self.values[self.bins(matrix[:, entry], entry)] - mean
            base += mean
        return phi, base

    def first(self, entry: int) -> int:
        """Position of the first bin of an entry."""
        return int(self.starts[entry]) + 2 * entry

    def bins(self, values: NDArray[np.float64], entry: int) -> NDArray[np.intp]:
        """Positions (n,) of the bins that values of an entry fall into."""
        edges = self.edges[self.starts[entry] : self.starts[entry + 1]]
        found = np.searchsorted(edges, values, side="right")
        return np.where(np.isnan(values), len(edges) + 1, found) + self.first(entry)

    def limits(self, entry: int) -> list[tuple[float | None, float | None]]:
        """Lowest value of each bin and the first beyond it; None is open, the last is missing."""
        edges = self.edges[self.starts[entry] : self.starts[entry + 1]].tolist()
        ends: list[float | None] = [None, *edges, None]
        return [*pairwise(ends), (None, None)]

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        files = {f"{name}.npy": array_bytes(getattr(self, name)) for name in _FLOATS}
        return {**files, "starts.npy": array_bytes(self.starts)}

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        floats = {key: floats_from(files[f"{key}.npy"]) for key in _FLOATS}
        return cls(family=name, starts=integers_from(files["starts.npy"]), **floats)


def steps_of(
    name: FamilyName,
    matrix: NDArray[np.float64],
    edges: Sequence[NDArray[np.float64]],
    values: Sequence[NDArray[np.float64]],
    intercept: NDArray[np.float64],
) -> StepsMember:
    """A member from the edges (e,) and values (e + 2, o) of each entry.

    Args:
        name: Its family.
        matrix: Training rows (n, m); they give the shares of the bins.
        edges: Per entry.
        values: Per entry.
        intercept: (o,).
    """
    counts = [len(own) for own in edges]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    bare = StepsMember(
        family=name,
        edges=np.concatenate(edges).astype(np.float64) if edges else np.zeros(0),
        starts=starts,
        values=np.concatenate(values).astype(np.float64),
        intercept=np.asarray(intercept, dtype=np.float64),
        shares=np.zeros(int(starts[-1]) + 2 * len(counts)),
    )
    shares = np.zeros(len(bare.shares))
    for entry in range(bare.entries):
        found = np.bincount(bare.bins(matrix[:, entry], entry), minlength=len(shares))
        shares += found / len(matrix)
    return StepsMember(name, bare.edges, starts, bare.values, bare.intercept, shares)

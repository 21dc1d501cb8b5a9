"""Small dense networks side by side, as plain arrays: what neural families leave behind.

A network that was trained by any library ends here: numbers are expanded into pieces, then come
dense layers with ReLU between them, and the mean over the networks. A family that searches
architectures in another library only has to hand its weights over as `layers`; serving and
explaining need that library no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.arrays import array_bytes, floats_from, integers_from
from accredit_engine.families.family import FamilyName

_BLOCK_ROWS: Final = 256
_WIDE: Final = 16


@dataclass(frozen=True, slots=True)
class Pieces:
    """Piecewise-linear encoding of entries (Gorishniy et al. 2022).

    Piece p is `clip((x[source] - low) / width, lowest, highest)`; open limits leave the entry as
    it is.

    Attributes:
        source: int64 (w,): entry of the matrix.
        low: float64 (w,).
        width: float64 (w,).
        lowest: float64 (w,).
        highest: float64 (w,).
    """

    source: NDArray[np.int64]
    low: NDArray[np.float64]
    width: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]

    def of(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pieces (n, w) of a matrix (n, m)."""
        values = (matrix[:, self.source] - self.low) / self.width
        return np.clip(values, self.lowest, self.highest)

    def is_same(self, other: "Pieces") -> bool:
        """Whether both encode alike."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _PIECES)


_PIECES: Final = ("source", "low", "width", "lowest", "highest")


def pieces_of(matrix: NDArray[np.float64], count: int, *, keeps_plain: bool) -> Pieces:
    """Pieces between quantiles of the entries that are quantities; other entries stay as they are.

    Args:
        matrix: Training rows (n, m).
        count: Pieces per quantity at most; below 2 all entries stay as they are.
        keeps_plain: Whether quantities also stay as they are beside their pieces.
    """
    rows: list[tuple[int, float, float, float, float]] = []
    levels = np.linspace(0, 1, max(2, count) + 1)
    for entry in range(matrix.shape[1]):
        edges = np.unique(np.quantile(matrix[:, entry], levels))
        is_cut = count >= 2 and len(edges) > 2
        if keeps_plain or not is_cut:
            rows.append((entry, 0.0, 1.0, -np.inf, np.inf))
        if is_cut:
            pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
            rows += [(entry, low, high - low, 0.0, 1.0) for low, high in pairs]
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    low, width, lowest, highest = (np.ascontiguousarray(values) for values in table.T[1:])
    return Pieces(table[:, 0].astype(np.int64), low, width, lowest, highest)


@dataclass(frozen=True, slots=True)
class NetworksMember:
    """Networks of one shape that answer with their mean.

    Attributes:
        pieces: Encoding of the entries.
        layers: Weights (k, i, j) and offsets (k, j) per layer, k being the number of networks.
        background: float64 (b, m): typical training rows.
    """

    pieces: Pieces
    layers: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    background: NDArray[np.float64]

    @property
    def family(self) -> FamilyName:
        """Its family."""
        return FamilyName.NEURAL

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores (n, o)."""
        steps = range(0, len(matrix), _BLOCK_ROWS)
        parts = [self._forward(matrix[at : at + _BLOCK_ROWS]) for at in steps]
        return np.concatenate(parts) if parts else np.zeros((0, self.layers[-1][1].shape[1]))

    def _forward(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        weights, offsets = self.layers[0]
        nets, units = offsets.shape
        # All networks read the same pieces, so their first layers are one wide layer.
        wide = np.ascontiguousarray(weights.transpose(1, 0, 2)).reshape(1, len(weights[0]), -1)
        state = _dense(self.pieces.of(rows)[:, None], wide, offsets.reshape(1, -1))
        state = state.reshape(len(rows), nets, units)
        for weights, offsets in self.layers[1:]:
            state = _dense(np.maximum(state, 0.0), weights, offsets)
        scores = state[:, 0].copy()
        for net in range(1, nets):
            scores += state[:, net]
        mean: NDArray[np.float64] = scores / nets
        return mean

    def files(self) -> dict[str, bytes]:
        """Its arrays as `.npy`."""
        files = {f"{name}.npy": array_bytes(getattr(self.pieces, name)) for name in _PIECES}
        files["background.npy"] = array_bytes(self.background)
        for number, (weights, offsets) in enumerate(self.layers):
            files[f"weights-{number}.npy"] = array_bytes(weights)
            files[f"offsets-{number}.npy"] = array_bytes(offsets)
        return files

    @classmethod
    def from_files(cls, name: FamilyName, files: Mapping[str, bytes]) -> Self:
        """Inverse of `files`."""
        del name
        depth = sum(path.startswith("weights-") for path in files)
        return cls(
            pieces=Pieces(
                integers_from(files["source.npy"]),
                *(floats_from(files[f"{key}.npy"]) for key in _PIECES[1:]),
            ),
            layers=tuple(
                (
                    floats_from(files[f"weights-{number}.npy"]),
                    floats_from(files[f"offsets-{number}.npy"]),
                )
                for number in range(depth)
            ),
            background=floats_from(files["background.npy"]),
        )


def _dense(
    state: NDArray[np.float64], weights: NDArray[np.float64], offsets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A layer: state (n, k, i), weights (k, i, j) and offsets (k, j) give (n, k, j).

    The sums run over the units in their order, for one row as for many. `einsum` does that when
    the outputs are the innermost axis; few outputs are summed by hand. A matrix product would
    order its sums by batch size and processor.
    """
    if weights.shape[2] >= _WIDE:
        parts = [
            np.einsum("ni,ij->nj", np.ascontiguousarray(state[:, net]), weight)
            for net, weight in enumerate(weights)
        ]
        return np.stack(parts, axis=1) + offsets
    total = np.tile(offsets, (len(state), 1, 1))
    for unit in range(weights.shape[1]):
        total += state[:, :, unit, None] * weights[:, unit]
    return total


def stacked(members: Sequence[NetworksMember]) -> NetworksMember | None:
    """All networks in one member, if they encode alike, have one shape and are equally many."""
    first = members[0]
    shapes = [[weights.shape for weights, _ in member.layers] for member in members]
    alike = all(member.pieces.is_same(first.pieces) for member in members)
    if not alike or any(shape != shapes[0] for shape in shapes):
        return None
    layers = tuple(
        (
            np.concatenate([member.layers[at][0] for member in members]),
            np.concatenate([member.layers[at][1] for member in members]),
        )
        for at in range(len(first.layers))
    )
    return replace(first, layers=layers)

"""From decoded columns to a float64 matrix, with a JSON state and the parents of each entry.

An encoder is fitted on training rows only. It works in two stages: blocks expand raw columns into
entries (NaN where missing), then one pass fills, clips, centres and scales. Every entry has one or
more declared parents among the raw columns, so attributions can be summed back without loss.

Rows are encoded one by one in effect: a row alone gives the same bits as within a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.features.blocks import Block, CodeBlock, floats_from_json, floats_to_json
from accredit_engine.features.catalogue import block_from_dict
from accredit_engine.features.plan import Plan
from accredit_engine.features.recipe import Fitted, derived_blocks, raw_blocks, training_rows
from accredit_engine.features.spec import DerivedSpec

_REACH: Final = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """Fitted encoding.

    Attributes:
        blocks: Expansions in the order of their entries.
        fill: float64 (m,) for missing entries; NaN leaves them missing.
        low: float64 (m,) smallest value after filling; -inf leaves it open.
        high: float64 (m,) largest value, likewise.
        mean: float64 (m,) that is subtracted.
        scale: float64 (m,) that is divided by.
        owners: Raw columns that each entry is made from; most have one.
    """

    blocks: tuple[Block, ...]
    fill: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    owners: tuple[tuple[str, ...], ...] = field(init=False)
    _placed: tuple[tuple[Block, slice], ...] = field(init=False, repr=False)
    _fills: bool = field(init=False, repr=False)
    _clips: bool = field(init=False, repr=False)
    _scales: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out once what every row needs."""
        owners = tuple(block.columns for block in self.blocks for _ in range(block.width))
        set_once = object.__setattr__
        set_once(self, "owners", owners)
        set_once(self, "_placed", tuple(_placed(self.blocks)))
        set_once(self, "_fills", not bool(np.isnan(self.fill).all()))
        set_once(self, "_clips", bool((np.isfinite(self.low) | np.isfinite(self.high)).any()))
        set_once(self, "_scales", bool(self.mean.any() or (self.scale != 1).any()))

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of entries that are codes of categories, not quantities."""
        return tuple(place.start for block, place in self._placed if isinstance(block, CodeBlock))

    def transform(self, table: Table) -> NDArray[np.float64]:
        """Matrix (rows, m) of the table."""
        matrix = np.zeros((table.rows, len(self.fill)))
        for block, place in self._placed:
            block.write(table, matrix[:, place])
        return self.finish(matrix)

    def finish(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expanded entries filled, clipped, centred and scaled, in place."""
        if self._fills:
            np.copyto(matrix, self.fill, where=np.isnan(matrix))
        if self._clips:
            np.maximum(matrix, self.low, out=matrix)
            np.minimum(matrix, self.high, out=matrix)
        if self._scales:
            matrix -= self.mean
            matrix /= self.scale
        return matrix

    def to_dict(self) -> dict[str, object]:
        """JSON state; infinities and NaN become null."""
        return {
            "blocks": [block.to_dict() for block in self.blocks],
            "fill": floats_to_json(self.fill),
            "low": floats_to_json(self.low),
            "high": floats_to_json(self.high),
            "mean": floats_to_json(self.mean),
            "scale": floats_to_json(self.scale),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Sequence[object]]) -> Self:
        """Inverse of `to_dict`."""
        return cls(
            blocks=tuple(block_from_dict(entry) for entry in document["blocks"]),
            fill=floats_from_json(document["fill"], np.nan),
            low=floats_from_json(document["low"], -np.inf),
            high=floats_from_json(document["high"], np.inf),
            mean=floats_from_json(document["mean"], 0.0),
            scale=floats_from_json(document["scale"], 1.0),
        )


def fit_encoder(
    table: Table,
    signals: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    plan: Plan,
    *,
    seed: int,
    derived: Sequence[DerivedSpec] = (),
) -> tuple[Encoder, NDArray[np.float64]]:
    """Fit on training rows; returns the encoder and the matrix to train on.

    The training matrix differs from `transform` of the same rows where entries are learned from
    the target: there each row gets what the *other* inner folds say, or a model would read its
    own target.

    Args:
        table: Training rows.
        signals: float64 (n, s): the target, or one 0/1 column per class.
        schema: Columns in order.
        plan: The choices.
        seed: Draws the inner folds.
        derived: Derived features to add after the raw columns; those that the plan cannot use
            are left out.
    """
    rows = training_rows(table, signals, schema, seed)
    fitted = (*raw_blocks(schema, plan, rows), *derived_blocks(derived, plan, rows))
    return _finished(fitted, table, plan)


def fit_derived(
    table: Table,
    signals: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    plan: Plan,
    derived: Sequence[DerivedSpec],
    *,
    seed: int,
) -> tuple[Encoder, NDArray[np.float64]]:
    """As `fit_encoder`, but the derived entries alone: the same as it would append."""
    rows = training_rows(table, signals, schema, seed)
    return _finished(tuple(derived_blocks(derived, plan, rows)), table, plan)


def _finished(
    fitted: Sequence[Fitted], table: Table, plan: Plan
) -> tuple[Encoder, NDArray[np.float64]]:
    expanded = _expanded(fitted, table)
    encoder = _with_statistics(tuple(part.block for part in fitted), expanded, plan)
    return encoder, encoder.finish(expanded)


def _placed(blocks: Sequence[Block]) -> list[tuple[Block, slice]]:
    placed, position = [], 0
    for block in blocks:
        placed.append((block, slice(position, position + block.width)))
        position += block.width
    return placed


def _expanded(fitted: Sequence[Fitted], table: Table) -> NDArray[np.float64]:
    """Entries (rows, m) to train on, NaN where missing."""
    places = _placed([part.block for part in fitted])
    matrix = np.zeros((table.rows, places[-1][1].stop if places else 0))
    for part, (block, place) in zip(fitted, places, strict=True):
        if part.training is None:
            block.write(table, matrix[:, place])
        else:
            matrix[:, place] = part.training
    return matrix


def _with_statistics(
    blocks: tuple[Block, ...], expanded: NDArray[np.float64], plan: Plan
) -> Encoder:
    width = expanded.shape[1]
    fill, low, high = np.full(width, np.nan), np.full(width, -np.inf), np.full(width, np.inf)
    mean, scale = np.zeros(width), np.ones(width)
    if not plan.impute:
        return Encoder(blocks, fill, low, high, mean, scale)
    fill[:] = 0.0
    for block, place in _placed(blocks):
        for entry in range(place.start, place.stop) if block.quantity else ():
            values = expanded[:, entry]
            unknown = np.isnan(values)
            present = values[~unknown]
            if not len(present):
                continue
            fill[entry] = np.median(present)
            if plan.scale:
                low[entry], high[entry] = _fence(present)
                filled = np.where(unknown, fill[entry], values)
                clipped = np.clip(filled, low[entry], high[entry])
                mean[entry] = clipped.mean()
                spread = float(clipped.std())
                scale[entry] = spread if spread > 1e-12 * max(1.0, abs(mean[entry])) else 1.0
    return Encoder(blocks, fill, low, high, mean, scale)


def _fence(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits a little outside the bulk.

    A sentinel of a million must not set the scale, and a smooth model must not follow its slope to
    the one house that is three times as large as all others.
    """
    lower, upper = (float(value) for value in np.quantile(values, (0.01, 0.99)))
    reach = _REACH * (upper - lower)
    if reach <= 0:
        return float(values.min()), float(values.max())
    return max(float(values.min()), lower - reach), min(float(values.max()), upper + reach)

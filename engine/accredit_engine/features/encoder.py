"""From decoded columns to a float64 matrix, with a JSON state and an owner per entry.

An encoder is fitted on training rows only. It works in two stages: blocks expand raw columns into
entries (NaN where missing), then one pass fills, clips, centres and scales. Every entry has
exactly one raw owner, so attributions can be summed back without loss.

Rows are encoded one by one in effect: a row alone gives the same bits as within a batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.features.blocks import (
    Block,
    CodeBlock,
    DateBlock,
    MissingBlock,
    NumberBlock,
    TargetBlock,
    block_from_dict,
    code_block,
    one_hot_block,
    target_block,
)
from accredit_engine.features.plan import Plan
from accredit_engine.seeds import child

_INNER_FOLDS: Final = 5
_MAX_SIGNALS: Final = 10


@dataclass(frozen=True, slots=True)
class Encoder:
    """Fitted encoding.

    Attributes:
        blocks: Expansions in the order of their entries.
        fill: float64 (m,) for missing entries; NaN leaves them missing.
        low: float64 (m,) smallest value after filling; -inf leaves it open.
        high: float64 (m,) largest value, likewise.
        mean: float64 (m,) that is subtracted.
        scale: float64 (m,) that is divided by.
    """

    blocks: tuple[Block, ...]
    fill: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    owners: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Work the owners out once."""
        owners = tuple(block.column for block in self.blocks for _ in range(block.width))
        object.__setattr__(self, "owners", owners)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of entries that are codes of categories, not quantities."""
        found = []
        position = 0
        for block in self.blocks:
            if isinstance(block, CodeBlock):
                found.append(position)
            position += block.width
        return tuple(found)

    def transform(self, table: Table) -> NDArray[np.float64]:
        """Matrix (rows, m) of the table."""
        return self.finish(self.expand(table))

    def to_dict(self) -> dict[str, object]:
        """JSON state; infinities and NaN become null."""
        return {
            "blocks": [block.to_dict() for block in self.blocks],
            "fill": _to_json(self.fill),
            "low": _to_json(self.low),
            "high": _to_json(self.high),
            "mean": _to_json(self.mean),
            "scale": _to_json(self.scale),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Sequence[object]]) -> Self:
        """Inverse of `to_dict`."""
        return cls(
            blocks=tuple(block_from_dict(entry) for entry in document["blocks"]),
            fill=_from_json(document["fill"], np.nan),
            low=_from_json(document["low"], -np.inf),
            high=_from_json(document["high"], np.inf),
            mean=_from_json(document["mean"], 0.0),
            scale=_from_json(document["scale"], 1.0),
        )

    def expand(self, table: Table) -> NDArray[np.float64]:
        """Entries (rows, m) as the blocks write them; NaN where missing."""
        matrix = np.zeros((table.rows, len(self.fill)))
        position = 0
        for block in self.blocks:
            block.write(table, matrix[:, position : position + block.width])
            position += block.width
        return matrix

    def finish(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expanded entries filled, clipped, centred and scaled."""
        if not np.isnan(self.fill).all():
            matrix = np.where(np.isnan(matrix), self.fill, matrix)
        if np.isfinite(self.low).any() or np.isfinite(self.high).any():
            matrix = np.clip(matrix, self.low, self.high)
        if self.mean.any() or (self.scale != 1).any():
            matrix = (matrix - self.mean) / self.scale
        return matrix


def fit_encoder(
    table: Table,
    signals: NDArray[np.float64],
    schema: Sequence[ColumnSchema],
    plan: Plan,
    *,
    seed: int,
) -> tuple[Encoder, NDArray[np.float64]]:
    """Fit on training rows; returns the encoder and the matrix to train on.

    The training matrix differs from `transform` of the same rows where categories are encoded by
    the mean of the target: there each row gets the mean of the *other* inner folds, or a model
    would read its own target.

    Args:
        table: Training rows.
        signals: float64 (n, s): the target, or one 0/1 column per class.
        schema: Columns in order.
        plan: The choices.
        seed: Draws the inner folds.
    """
    blocks = tuple(block for column in schema for block in _blocks(column, table, signals, plan))
    width = sum(block.width for block in blocks)
    plain = Encoder(
        blocks,
        fill=np.full(width, np.nan),
        low=np.full(width, -np.inf),
        high=np.full(width, np.inf),
        mean=np.zeros(width),
        scale=np.ones(width),
    )
    expanded = plain.expand(table)
    _replace_target_means(expanded, blocks, table, signals, seed)
    encoder = _with_statistics(blocks, expanded, plan) if plan.impute else plain
    return encoder, encoder.finish(expanded)


def _blocks(
    column: ColumnSchema, table: Table, signals: NDArray[np.float64], plan: Plan
) -> Iterator[Block]:
    if column.kind is Kind.CATEGORICAL:
        yield from _category_blocks(column, table.codes[column.name], signals, plan)
        return
    values = table.numbers[column.name]
    if column.kind is Kind.DATETIME:
        yield DateBlock(column.name)
    else:
        yield NumberBlock(column.name)
    if plan.impute and np.isnan(values).any():
        yield MissingBlock(column.name)


def _category_blocks(
    column: ColumnSchema,
    codes: NDArray[np.int64],
    signals: NDArray[np.float64],
    plan: Plan,
) -> Iterator[Block]:
    levels = len(column.levels)
    if levels <= plan.max_levels:
        make = one_hot_block if plan.one_hot else code_block
        yield make(column.name, codes, levels, min_count=plan.min_count)
        return
    yield target_block(column.name, codes, levels, signals[:, :_MAX_SIGNALS])


def _replace_target_means(
    expanded: NDArray[np.float64],
    blocks: Sequence[Block],
    table: Table,
    signals: NDArray[np.float64],
    seed: int,
) -> None:
    """Overwrite target means by means that do not know the row itself."""
    position = 0
    folds = np.random.default_rng(child(seed, "encoder")).permutation(table.rows) % _INNER_FOLDS
    for block in blocks:
        if isinstance(block, TargetBlock):
            part = expanded[:, position : position + block.width]
            codes = table.codes[block.column]
            for fold in range(_INNER_FOLDS):
                held, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
                inner = target_block(
                    block.column, codes[train], block.levels, signals[train, :_MAX_SIGNALS]
                )
                rows = np.empty((len(held), block.width))
                inner.write(table.take(held), rows)
                part[held] = rows
        position += block.width


def _with_statistics(
    blocks: tuple[Block, ...], expanded: NDArray[np.float64], plan: Plan
) -> Encoder:
    width = expanded.shape[1]
    fill, low, high = np.zeros(width), np.full(width, -np.inf), np.full(width, np.inf)
    mean, scale = np.zeros(width), np.ones(width)
    position = 0
    for block in blocks:
        is_quantity = isinstance(block, NumberBlock | DateBlock | TargetBlock)
        for entry in range(position, position + block.width):
            if not is_quantity:
                continue
            present = expanded[~np.isnan(expanded[:, entry]), entry]
            if not len(present):
                continue
            fill[entry] = np.median(present)
            if plan.scale:
                low[entry], high[entry] = _fence(present)
                filled = np.where(np.isnan(expanded[:, entry]), fill[entry], expanded[:, entry])
                clipped = np.clip(filled, low[entry], high[entry])
                mean[entry] = clipped.mean()
                spread = float(clipped.std())
                scale[entry] = spread if spread > 1e-12 * max(1.0, abs(mean[entry])) else 1.0
        position += block.width
    return Encoder(blocks, fill, low, high, mean, scale)


def _fence(values: NDArray[np.float64]) -> tuple[float, float]:
    """Limits far outside the bulk: a sentinel of a million must not set the scale."""
    lower, upper = (float(value) for value in np.quantile(values, (0.01, 0.99)))
    reach = 2 * (upper - lower)
    if reach <= 0:
        return float(values.min()), float(values.max())
    return max(float(values.min()), lower - reach), min(float(values.max()), upper + reach)


def _to_json(values: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _from_json(values: Sequence[object], empty: float) -> NDArray[np.float64]:
    return np.array([empty if value is None else value for value in values], dtype=np.float64)

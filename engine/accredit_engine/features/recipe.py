"""From a schema, a plan and derived specs to fitted blocks.

A block that reads the target comes with the entries to train on, made from the other inner folds;
for the others these are what the block writes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.features.blocks import (
    Block,
    DateBlock,
    MissingBlock,
    NumberBlock,
    OrdinalBlock,
    code_block,
    is_missing,
    one_hot_block,
)
from accredit_engine.features.derived import (
    ArithmeticBlock,
    CycleBlock,
    DaysBetweenBlock,
    MissingCountBlock,
    bin_block,
    frequency_block,
    group_block,
    shape_block,
)
from accredit_engine.features.plan import Plan
from accredit_engine.features.spec import SHAPES, DerivedKind, DerivedSpec
from accredit_engine.features.target import MAX_SIGNALS, cross_block, target_block
from accredit_engine.features.text_fit import text_block
from accredit_engine.seeds import child

INNER_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """The training rows that blocks are fitted on.

    Attributes:
        table: Their columns.
        signals: float64 (n, s): the target, or one 0/1 column per class.
        levels: Number of levels by categorical column.
        folds: (n,) inner fold of each row, from 0.
        seed: Seed of the encoder.
    """

    table: Table
    signals: NDArray[np.float64]
    levels: Mapping[str, int]
    folds: NDArray[np.int64]
    seed: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A block and, if it reads the target, the entries (n, width) to train on."""

    block: Block
    training: NDArray[np.float64] | None = None


def training_rows(
    table: Table, signals: NDArray[np.float64], schema: Sequence[ColumnSchema], seed: int
) -> Rows:
    """Draw the inner folds once for all blocks."""
    random = np.random.default_rng(child(seed, "encoder"))
    folds = np.asarray(random.permutation(table.rows) % INNER_FOLDS, dtype=np.int64)
    return Rows(table, signals, {column.name: len(column.levels) for column in schema}, folds, seed)


def raw_blocks(schema: Sequence[ColumnSchema], plan: Plan, rows: Rows) -> Iterator[Fitted]:
    """Blocks of every column, in the order of the schema."""
    for column in schema:
        name = column.name
        if column.kind is Kind.CATEGORICAL:
            yield _category(name, plan, rows)
        elif column.kind is Kind.TEXT:
            yield _text(name, rows)
        else:
            yield Fitted(_QUANTITIES.get(column.kind, NumberBlock)(name))
            if plan.impute and is_missing(rows.table, name).any():
                yield Fitted(MissingBlock(name))


def derived_blocks(derived: Sequence[DerivedSpec], plan: Plan, rows: Rows) -> Iterator[Fitted]:
    """Blocks of the specs that the plan can use, in their order."""
    for spec in derived:
        if plan.scale or spec.kind not in SHAPES:
            yield _MAKERS[spec.kind](spec.columns, rows)


def _category(name: str, plan: Plan, rows: Rows) -> Fitted:
    codes, levels = rows.table.codes[name], rows.levels[name]
    if levels > plan.max_levels:
        return Fitted(*target_block(name, codes, levels, rows.signals, rows.folds))
    make = one_hot_block if plan.one_hot else code_block
    return Fitted(make(name, codes, levels, min_count=plan.min_count))


def _text(name: str, rows: Rows) -> Fitted:
    texts, signals = rows.table.texts[name], rows.signals[:, :MAX_SIGNALS]
    return Fitted(
        *text_block(name, texts, signals, rows.folds, seed=child(rows.seed, "text", name))
    )


def _target_mean(columns: tuple[str, ...], rows: Rows) -> Fitted:
    name = columns[0]
    codes = rows.table.codes[name]
    return Fitted(*target_block(name, codes, rows.levels[name], rows.signals, rows.folds))


def _crossing(columns: tuple[str, ...], rows: Rows) -> Fitted:
    first, second = columns
    return Fitted(*cross_block((first, second), rows.table, rows.signals, rows.folds))


def _group(columns: tuple[str, ...], rows: Rows) -> Fitted:
    number, category = columns
    return Fitted(group_block((number, category), rows.table, rows.levels[category]))


def _frequency(columns: tuple[str, ...], rows: Rows) -> Fitted:
    name = columns[0]
    return Fitted(frequency_block(name, rows.table.codes[name], rows.levels[name]))


def _days_between(columns: tuple[str, ...], rows: Rows) -> Fitted:
    del rows
    first, second = columns
    return Fitted(DaysBetweenBlock((first, second)))


_Maker: TypeAlias = Callable[[tuple[str, ...], Rows], Fitted]

_QUANTITIES: Final[Mapping[Kind, type[NumberBlock] | type[OrdinalBlock] | type[DateBlock]]] = {
    Kind.DATETIME: DateBlock,
    Kind.ORDINAL: OrdinalBlock,
}

_MAKERS: Final[Mapping[DerivedKind, _Maker]] = {
    DerivedKind.CYCLE: lambda columns, _: Fitted(CycleBlock((columns[0],))),
    DerivedKind.DAYS_BETWEEN: _days_between,
    DerivedKind.RATIO: lambda columns, _: Fitted(
        ArithmeticBlock((columns[0], columns[1]), "ratio")
    ),
    DerivedKind.DIFFERENCE: lambda columns, _: Fitted(
        ArithmeticBlock((columns[0], columns[1]), "difference")
    ),
    DerivedKind.PRODUCT: lambda columns, _: Fitted(
        ArithmeticBlock((columns[0], columns[1]), "product")
    ),
    DerivedKind.SQUARE: lambda columns, rows: Fitted(
        shape_block(columns[0], rows.table.numbers[columns[0]], "square")
    ),
    DerivedKind.LOG: lambda columns, rows: Fitted(
        shape_block(columns[0], rows.table.numbers[columns[0]], "log")
    ),
    DerivedKind.BINS: lambda columns, rows: Fitted(
        bin_block(columns[0], rows.table.numbers[columns[0]])
    ),
    DerivedKind.CROSSING: _crossing,
    DerivedKind.GROUP: _group,
    DerivedKind.FREQUENCY: _frequency,
    DerivedKind.TARGET_MEAN: _target_mean,
    DerivedKind.MISSING_COUNT: lambda columns, _: Fitted(MissingCountBlock(columns)),
}

"""What whoever built a model elsewhere states about it: its contract, in their order and values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from accredit_engine.bundle.contract import (
    Contract,
    InputColumn,
    Kind,
    Label,
    LeftOut,
    Reason,
    Task,
    category_text,
)
from accredit_engine.data.profile import quantiles_of
from accredit_engine.data.schema import ColumnSchema, Table, decode, level_counts
from accredit_engine.errors import ModelMismatch
from accredit_engine.families.foreign import StatedInput

KINDS: Final = frozenset({Kind.NUMERIC, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.ORDINAL})
"""Kinds of inputs that a model built elsewhere may take."""

_SLACK: Final = 1e-13


@dataclass(frozen=True, slots=True)
class Stated:
    """A contract as it is stated.

    Attributes:
        task: What is predicted.
        target: Name of the target column.
        classes: Classes in the order of the model's answers; empty for regression.
        favourable: The class that is good for the person; None unless binary.
        threshold: Smallest P(favourable) that is decided favourably; None unless binary.
        inputs: Columns in the order in which the model takes them.
    """

    task: Task
    target: str
    classes: tuple[Label, ...]
    favourable: Label | None
    threshold: float | None
    inputs: tuple[StatedInput, ...]

    def __post_init__(self) -> None:
        """Refuse what no contract can be.

        Raises:
            ModelMismatch: it contradicts itself.
        """
        problem = self._contradiction()
        if problem:
            raise ModelMismatch(f"the stated contract contradicts itself: {problem}")

    @property
    def outputs(self) -> int:
        """Raw scores per row."""
        return len(self.classes) if self.task is Task.MULTICLASS else 1

    @property
    def schema(self) -> tuple[ColumnSchema, ...]:
        """Inputs as rows are decoded by."""
        return tuple(
            ColumnSchema(c.name, c.kind, tuple(category_text(level) for level in c.levels))
            for c in self.inputs
        )

    def decoded(self, rows: pd.DataFrame, what: str) -> Table:
        """Rows as plain arrays.

        Raises:
            MissingColumn, UnparsableValue: the rows do not have the stated inputs.
            ModelMismatch: no value of a category is one that is stated.
        """
        table = decode(rows, self.schema)
        for column in self.inputs:
            if not column.is_coded:
                continue
            codes = table.codes[column.name]
            known, unknown = int((codes >= 0).sum()), int((codes < -1).sum())
            if unknown and not known:
                raise ModelMismatch(
                    f"none of the {unknown:,} values of {column.name!r} in {what} is a stated "
                    "category; state the categories as they are written in the data"
                )
        return table

    def contract(self, rows: pd.DataFrame, table: Table, sensitive: Sequence[str]) -> Contract:
        """The contract, with ranges and counts from rows.

        Args:
            rows: Training rows if there are any, else those that the model is judged on.
            table: The same, decoded.
            sensitive: Sensitive features of the use case.
        """
        names = {column.name for column in self.inputs}
        others = [str(name) for name in rows.columns if name not in {*names, self.target}]
        return Contract(
            task=self.task,
            target=self.target,
            classes=self.classes,
            favourable=self.favourable,
            threshold=self.threshold,
            columns=tuple(_input(column, rows, table) for column in self.inputs),
            left_out=tuple(_left_out(name, name in set(sensitive)) for name in others),
        )

    def _contradiction(self) -> str:
        names = [column.name for column in self.inputs]
        texts = [category_text(label) for label in self.classes]
        found = {
            "it states no inputs": not names,
            "an input is stated twice": len(set(names)) < len(names),
            "the target is an input": self.target in names,
            "a class is stated twice": len(set(texts)) < len(texts),
            "two classes make a binary model": self.task is Task.BINARY and len(texts) != 2,
            "three classes or more make a multiclass model": self.task is Task.MULTICLASS
            and len(texts) < 3,
            "a regression has no classes": self.task is Task.REGRESSION and bool(texts),
            "the favourable class is none of the classes": self.task is Task.BINARY
            and self.favourable not in self.classes,
            "a threshold lies in (0, 1), and only a binary model has one": (
                self.task is Task.BINARY and not (self.threshold and 0 < self.threshold < 1)
            )
            or (self.task is not Task.BINARY and self.threshold is not None),
        }
        found |= {f"column {c.name!r}: {_wrong(c)}": bool(_wrong(c)) for c in self.inputs}
        return "; ".join(problem for problem, is_there in found.items() if is_there)


def steady(stated: Stated) -> Stated:
    """The same with a threshold that probabilities on it still reach.

    A probability is kept as a margin, and comes back with another last bit. Without this, a score
    of exactly the threshold would be decided one way there and the other way here.
    """
    if stated.threshold is None:
        return stated
    return replace(stated, threshold=stated.threshold * (1 - _SLACK))


def _wrong(column: StatedInput) -> str:
    if column.kind not in KINDS:
        return f"a model built elsewhere cannot take {column.kind.value} inputs; make numbers of it"
    if column.is_coded and not column.levels:
        return "state its categories in the order of their codes"
    if not column.is_coded and column.levels:
        return f"a {column.kind.value} column has no categories"
    texts = {category_text(level) for level in column.levels}
    return "a category is stated twice" if len(texts) < len(column.levels) else ""


def _input(column: StatedInput, rows: pd.DataFrame, table: Table) -> InputColumn:
    values = rows[column.name]
    if column.is_coded:
        counts = dict(level_counts(values))
        pairs = [(text, counts.get(text, 0)) for text in map(category_text, column.levels)]
        if column.kind is Kind.CATEGORICAL:
            pairs.sort(key=lambda pair: -pair[1])
        return InputColumn(
            column.name, column.kind, bool(values.isna().any()), categories=tuple(pairs)
        )
    numbers = table.numbers[column.name]
    present = numbers[~np.isnan(numbers)]
    return InputColumn(
        name=column.name,
        kind=column.kind,
        nullable=bool(values.isna().any()),
        minimum=float(present.min()) if len(present) else None,
        maximum=float(present.max()) if len(present) else None,
        quantiles=quantiles_of(numbers),
    )


def _left_out(name: str, is_sensitive: bool) -> LeftOut:
    if is_sensitive:
        return LeftOut(name, Reason.SENSITIVE, "declared by the use case")
    return LeftOut(name, Reason.EXCLUDED, "the model built elsewhere does not take it")

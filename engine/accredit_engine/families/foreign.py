"""What members that were trained elsewhere have in common: inputs as the other library takes them.

A row reaches such a member as numbers, like any other: amounts and booleans as they are, categories
as the position of their level, NaN where missing, -1 for a level that nobody stated. Here they
become what the other library was trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import (
    Kind,
    Label,
    Task,
    category_text,
    label_from_json,
    label_to_json,
)

UNSEEN: Final = "a category that was not stated"
_SMALLEST: Final = 1e-12
"""Probabilities below count as this: a margin is finite."""


@dataclass(frozen=True, slots=True)
class StatedInput:
    """One input, as whoever built the model states it.

    Attributes:
        name: Name of the column.
        kind: Numeric, boolean, categorical or ordinal.
        levels: Categories in the order of their codes, as the values that the model was trained on.
    """

    name: str
    kind: Kind
    levels: tuple[Label, ...] = ()

    @property
    def is_coded(self) -> bool:
        """Whether it has levels."""
        return self.kind in (Kind.CATEGORICAL, Kind.ORDINAL)

    @property
    def has_numbers(self) -> bool:
        """Whether all its levels are numbers, so that the model was trained on numbers."""
        return all(isinstance(level, int | float) for level in self.levels)

    def to_dict(self) -> dict[str, object]:
        """JSON form; levels keep their type."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "levels": [label_to_json(level) for level in self.levels],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "StatedInput":  # Any: JSON.
        """Inverse of `to_dict`.

        Raises:
            KeyError, ValueError: the document is no input.
        """
        return cls(
            name=str(document["name"]),
            kind=Kind(document["kind"]),
            levels=tuple(label_from_json(level) for level in document["levels"]),
        )


def frame_of(matrix: NDArray[np.float64], inputs: Sequence[StatedInput]) -> pd.DataFrame:
    """Rows (n, m) as the frame that the other library was trained on.

    Every column has one dtype whatever the rows hold, so that a row is answered alike in any batch.
    """
    return pd.DataFrame(
        {
            column.name: values_of(matrix[:, at], column) if column.is_coded else matrix[:, at]
            for at, column in enumerate(inputs)
        }
    )


def values_of(
    codes: NDArray[np.float64], column: StatedInput
) -> NDArray[Any]:  # Any: numbers or objects.
    """Values of a category by position: numbers with NaN, or texts with NaN for missing."""
    missing, unseen = np.isnan(codes), codes < 0
    at = np.where(missing | unseen, 0, codes).astype(np.int64)
    if column.has_numbers:
        levels = np.array([*column.levels] or [0.0], dtype=np.float64)
        found = levels[at]
        found[unseen] = levels.min() - 1
        found[missing] = np.nan
        return found
    texts = np.array([category_text(level) for level in column.levels] or [""], dtype=object)[at]
    texts[unseen] = UNSEEN
    texts[missing] = np.nan
    return texts


def margins(answers: NDArray[np.float64], task: Task) -> NDArray[np.float64]:
    """Raw scores (n, o) of probabilities (n, k) or values (n, 1).

    Two classes: log-odds of the second. Several: logarithms, centred per row, so that a model that
    is linear on this scale stays linear. Regression: the values.
    """
    if task is Task.REGRESSION:
        return answers
    logarithms: NDArray[np.float64] = np.log(np.clip(answers, _SMALLEST, None))
    if task is Task.BINARY:
        return logarithms[:, 1:] - logarithms[:, :1]
    centred: NDArray[np.float64] = logarithms - logarithms.mean(axis=1, keepdims=True)
    return centred


def one_by_one(
    raw: NDArray[np.float64], start: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contributions of a score that is a sum over columns, from what each column does alone.

    Args:
        raw: Raw scores (b, o) of the background rows.
        start: Raw scores (1, o) of the row that columns are exchanged in.
        moved: Raw scores (m, b + n, o) of that row with one column exchanged for that of each
            background row, then of each row that is explained.

    Returns:
        Contributions (n, m, o) and base (o,).
    """
    gains = moved - start
    known = len(raw)
    phi = gains[:, known:] - gains[:, :known].mean(axis=1, keepdims=True)
    return phi.transpose(1, 0, 2), raw.mean(axis=0)

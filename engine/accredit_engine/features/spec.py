"""Derived features on offer: what a search may propose, test, keep and write down."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from accredit_engine.bundle.contract import Kind


class DerivedKind(StrEnum):
    """Ways of making new entries from raw columns."""

    CYCLE = "cycle"
    DAYS_BETWEEN = "days_between"
    RATIO = "ratio"
    DIFFERENCE = "difference"
    PRODUCT = "product"
    SQUARE = "square"
    LOG = "log"
    BINS = "bins"
    CROSSING = "crossing"
    GROUP = "group"
    FREQUENCY = "frequency"
    TARGET_MEAN = "target_mean"
    MISSING_COUNT = "missing_count"


SHAPES: Final = frozenset({DerivedKind.SQUARE, DerivedKind.LOG, DerivedKind.BINS})
"""Kinds that only models on scaled inputs can use: trees find such shapes themselves."""

PARENTS: Final[Mapping[DerivedKind, tuple[Kind, ...]]] = {
    DerivedKind.CYCLE: (Kind.DATETIME,),
    DerivedKind.DAYS_BETWEEN: (Kind.DATETIME, Kind.DATETIME),
    DerivedKind.RATIO: (Kind.NUMERIC, Kind.NUMERIC),
    DerivedKind.DIFFERENCE: (Kind.NUMERIC, Kind.NUMERIC),
    DerivedKind.PRODUCT: (Kind.NUMERIC, Kind.NUMERIC),
    DerivedKind.SQUARE: (Kind.NUMERIC,),
    DerivedKind.LOG: (Kind.NUMERIC,),
    DerivedKind.BINS: (Kind.NUMERIC,),
    DerivedKind.CROSSING: (Kind.CATEGORICAL, Kind.CATEGORICAL),
    DerivedKind.GROUP: (Kind.NUMERIC, Kind.CATEGORICAL),
    DerivedKind.FREQUENCY: (Kind.CATEGORICAL,),
    DerivedKind.TARGET_MEAN: (Kind.CATEGORICAL,),
}
"""Kinds of the parents, in order. MISSING_COUNT takes one or more columns of any kind."""


@dataclass(frozen=True, slots=True, order=True)
class DerivedSpec:
    """One derived feature.

    Attributes:
        kind: How it is made.
        columns: The raw columns that it is made from, in order.
    """

    kind: DerivedKind
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """For people: kind and columns."""
        return f"{self.kind.value}({', '.join(self.columns)})"

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"kind": self.kind.value, "columns": list(self.columns)}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Self:
        """Inverse of `to_dict`.

        Raises:
            ValueError: the document is no spec.
        """
        columns = document.get("columns")
        if not isinstance(columns, list | tuple) or not columns:
            message = "a derived feature needs its columns"
            raise ValueError(message)
        return cls(DerivedKind(str(document.get("kind"))), tuple(str(name) for name in columns))

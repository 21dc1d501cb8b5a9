"""Windows: the rows that are compared, what kind of column each is, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import pandas as pd

from accredit_governance.monitoring.report import ColumnKind, WindowFacts

# A column may hold any dtype; what it holds is decided here at run time.
Values: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of one period.

    Attributes:
        inputs: raw input columns, one row per prediction.
        score: model score of the same rows, same index; None when it was not kept.
        selected: binary decision of the same rows, same index; None when there is none.
        label: what people call the window (`reference`, `2026-11-22`).
        starts_at: aware UTC start of the period.
        ends_at: aware UTC end of the period.
        content_digest: SHA-256 of the stored rows.
    """

    inputs: pd.DataFrame = field(repr=False)
    score: "pd.Series[float] | None" = field(default=None, repr=False)
    selected: "pd.Series[bool] | None" = field(default=None, repr=False)
    label: str = "current"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    content_digest: str | None = None

    @property
    def facts(self) -> WindowFacts:
        """What a report says about these rows."""
        return WindowFacts(
            label=self.label,
            rows=len(self.inputs),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            content_digest=self.content_digest,
        )


@dataclass(frozen=True, slots=True)
class Alignment:
    """Columns of two windows side by side, in the order of the reference.

    Attributes:
        kinds: column of the reference → kind.
        missing: reference columns that the current window lacks.
        unexpected: columns of the current window that the reference lacks.
        all_null: shared columns without a single value in the current window.
        all_null_reference: columns without a single value in the reference.
    """

    kinds: Mapping[str, ColumnKind]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    all_null: tuple[str, ...]
    all_null_reference: tuple[str, ...]

    @property
    def comparable(self) -> tuple[str, ...]:
        """Columns that hold values in both windows."""
        broken = {*self.missing, *self.all_null, *self.all_null_reference}
        return tuple(c for c in self.kinds if c not in broken)


def kind_of(values: Values) -> ColumnKind:
    """Kind of a column, from its dtype; a column of objects is numeric when all values are."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return ColumnKind.CATEGORICAL
    if pd.api.types.is_bool_dtype(dtype):
        return ColumnKind.BOOLEAN
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return ColumnKind.DATETIME
    if pd.api.types.is_numeric_dtype(dtype):
        return ColumnKind.NUMERIC
    return _kind_of_objects(values.dropna())


def align(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    kinds: Mapping[str, ColumnKind] | None = None,
) -> Alignment:
    """Put the columns of two frames side by side.

    Args:
        reference: rows the model was judged on; its columns are those that count.
        current: rows of the period in question.
        kinds: declared kinds, which win over what the dtype says; unknown names are ignored.

    Raises:
        ValueError: the reference has no column, or a column name occurs twice in a frame.
    """
    for frame, name in ((reference, "reference"), (current, "current")):
        if not frame.columns.is_unique:
            raise ValueError(f"a column name occurs twice in the {name} window")
    if reference.shape[1] == 0:
        raise ValueError("the reference window has no column")
    declared = kinds or {}
    names = [str(c) for c in reference.columns]
    present = {str(c) for c in current.columns}
    return Alignment(
        kinds={c: declared.get(c) or kind_of(reference[c]) for c in names},
        missing=tuple(c for c in names if c not in present),
        unexpected=tuple(str(c) for c in current.columns if str(c) not in set(names)),
        all_null=tuple(c for c in names if c in present and bool(current[c].isna().all())),
        all_null_reference=tuple(c for c in names if bool(reference[c].isna().all())),
    )


def _kind_of_objects(values: Values) -> ColumnKind:
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    if inferred == "boolean":
        return ColumnKind.BOOLEAN
    if inferred in {"integer", "floating", "mixed-integer-float", "decimal"}:
        return ColumnKind.NUMERIC
    if inferred in {"datetime", "datetime64", "date"}:
        return ColumnKind.DATETIME
    return ColumnKind.CATEGORICAL

"""Drift report: what one comparison of two windows found, column by column."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from accredit_governance.documents import Digest, Document
from accredit_governance.monitoring.rules import DriftRules


class ColumnKind(StrEnum):
    """How a column is compared."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"


class ColumnRole(StrEnum):
    """What a compared column is to the model."""

    INPUT = "input"
    SCORE = "score"
    DECISION = "decision"


class DriftVerdict(StrEnum):
    """Answer for a column or a report. `insufficient_evidence` never means that all is well."""

    NONE = "none"
    WARNING = "warning"
    ALERT = "alert"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


class Symptom(StrEnum):
    """What is wrong with a column."""

    MISSING_COLUMN = "missing_column"
    ALL_NULL = "all_null"
    NULL_GROWTH = "null_growth"
    UNSEEN_CATEGORIES = "unseen_categories"
    RANGE_BREACH = "range_breach"
    UNREADABLE = "unreadable"
    DISTRIBUTION = "distribution"
    SELECTION_RATE = "selection_rate"


class WindowFacts(Document):
    """Which rows were compared: never the rows themselves."""

    label: str
    rows: int = Field(ge=0)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    content_digest: Digest | None = None


class CellShare(Document):
    """Share of the rows of each window in one cell of a column's histogram."""

    label: str
    reference: float = Field(ge=0, le=1)
    current: float = Field(ge=0, le=1)


class ColumnDrift(Document):
    """One column in both windows.

    `psi` is bias-corrected: its expectation without drift is 0, so windows of different size can be
    compared. `p_value` tests "moved by more than the tolerance", not "moved at all". Both are None
    when the column cannot be compared or must not be (dates move by nature).
    """

    column: str
    role: ColumnRole
    kind: ColumnKind
    n_reference: int = Field(ge=0)
    n_current: int = Field(ge=0)
    psi: float | None = Field(default=None, ge=0)
    p_value: float | None = Field(default=None, ge=0, le=1)
    beyond_tolerance: bool = False
    null_share_reference: float | None = Field(default=None, ge=0, le=1)
    null_share_current: float | None = Field(default=None, ge=0, le=1)
    unseen_share: float | None = Field(default=None, ge=0, le=1)
    unseen: tuple[str, ...] = Field(
        default=(), max_length=10, description="new categories held by at least 5 rows each"
    )
    range_low: float | None = None
    range_high: float | None = None
    range_breaches: int = Field(default=0, ge=0)
    unreadable: int = Field(default=0, ge=0, description="values of the wrong type")
    attribution_share: float | None = Field(default=None, ge=0, le=1)
    symptoms: tuple[Symptom, ...] = ()
    verdict: DriftVerdict
    sentence: str
    cells: tuple[CellShare, ...] = Field(default=(), max_length=32)


class DriftReport(Document):
    """Answer of the detector for one pair of windows.

    `drifted_share` is the share of the judged input columns with a symptom.
    """

    reference: WindowFacts
    current: WindowFacts
    rules: DriftRules
    columns: tuple[ColumnDrift, ...] = Field(min_length=1)
    unexpected_columns: tuple[str, ...] = Field(
        default=(), description="columns of the current window that the reference lacks"
    )
    drifted_share: float = Field(ge=0, le=1)
    verdict: DriftVerdict
    sentence: str

    def column(self, name: str) -> ColumnDrift | None:
        """Answer for one column; None when the report does not hold it."""
        return next((c for c in self.columns if c.column == name), None)

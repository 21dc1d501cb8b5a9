"""Cohorts: what the predictions of one period turned out to be worth."""

from enum import StrEnum

from pydantic import Field

from accredit_governance.documents import Document
from accredit_governance.gates.results import Interval


class Maturity(StrEnum):
    """How far a cohort can be believed."""

    JUDGED = "judged"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


class RealisedFigure(Document):
    """One figure of one cohort. `value` is None when it cannot be computed."""

    name: str
    value: float | None
    interval: Interval | None = None
    n: int = Field(ge=0)


class CohortPerformance(Document):
    """Predictions of one period, and what became of them.

    `matured_share` is the share of the predictions whose outcome is known.
    """

    cohort: str
    predictions: int = Field(ge=0)
    outcomes: int = Field(ge=0)
    matured_share: float = Field(ge=0, le=1)
    maturity: Maturity
    figures: tuple[RealisedFigure, ...]
    warnings: tuple[str, ...] = ()
    sentence: str

    def figure(self, name: str) -> RealisedFigure | None:
        """One figure by name; None when the cohort does not hold it."""
        return next((f for f in self.figures if f.name == name), None)


class PerformanceReport(Document):
    """Realised performance, cohort by cohort, in the order of their names."""

    cohorts: tuple[CohortPerformance, ...]

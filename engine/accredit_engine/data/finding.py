"""A finding: something in the data that a person should know before trusting a model of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about the data with the numbers it rests on.

    Attributes:
        code: Stable name of the kind of finding.
        severity: How much it matters.
        column: The column it is about; None for the whole table.
        message: One sentence without data values of single rows.
        evidence: The numbers behind it.
        remedy: What to do about it.
    """

    code: str
    severity: Severity
    column: str | None
    message: str
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)
    remedy: str = ""

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "column": self.column,
            "message": self.message,
            "evidence": dict(self.evidence),
            "remedy": self.remedy,
        }

"""Verdicts and check results: the answer of one check with the numbers it rests on."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from accredit_governance.documents import Digest, Document


class Verdict(StrEnum):
    """Answer of a check. Only `pass` and `warn` let a required check through."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"

    @property
    def lets_through(self) -> bool:
        """Whether a required check with this verdict does not block."""
        return self in {Verdict.PASS, Verdict.WARN, Verdict.NOT_APPLICABLE}


class Interval(Document):
    """Confidence interval of a value."""

    low: float
    high: float
    confidence: float = Field(gt=0, lt=1)
    method: str


class CheckResult(Document):
    """Answer of one check.

    `key` is unique within an evaluation: `gate.check` or `gate.check:subject`, where the subject is
    a sensitive feature (`race`) or an intersection (`race × sex`). `value` is None when nothing
    could be computed. `n` is the number of rows the value rests on.
    """

    key: str
    gate: str
    check: str
    subject: str | None = None
    required: bool
    verdict: Verdict
    value: float | None
    interval: Interval | None = None
    n: int = Field(ge=0)
    threshold: float | None
    direction: str = Field(description="`min` or `max`: on which side of the threshold is good")
    message: str = Field(description="one plain-English sentence with the numbers")
    remedy: str | None = Field(default=None, description="what to do when it does not pass")
    source: str | None = Field(default=None, description="authority of the threshold")
    # Tables and plot data differ from check to check; they are shown, never decided on.
    details: dict[str, Any] = Field(default_factory=dict)


class GateReport(Document):
    """All check results of one evaluation of one model version under one policy version."""

    policy: str
    policy_version: int
    policy_digest: Digest
    results: tuple[CheckResult, ...] = Field(min_length=1)

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """Required checks that do not let the version through, in report order."""
        return tuple(r for r in self.results if r.required and not r.verdict.lets_through)

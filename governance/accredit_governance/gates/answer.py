"""From a check's numbers to its recorded answer; no NaN gets through."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from accredit_governance.gates.results import CheckResult, Interval, Verdict
from accredit_governance.policy.demands import CheckSpec
from accredit_governance.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may know besides the evidence.

    Attributes:
        policy: The policy that demands the check.
        features: Sensitive features to examine: those declared for the use case first, then the
            others of the evidence. One that is declared may be absent from the evidence.
    """

    policy: Policy
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found out: verdict, numbers and one sentence."""

    verdict: Verdict
    message: str
    value: float | None = None
    interval: Interval | None = None
    n: int = 0
    remedy: str | None = None
    details: Mapping[str, object] | None = None


def answer(spec: CheckSpec, finding: Finding, *, subject: str | None = None) -> CheckResult:
    """The recorded answer of a check.

    A value that is not finite becomes verdict `error`, whatever the check made of it: comparisons
    with NaN are false, so it would slip past any limit.
    """
    verdict, message, value = finding.verdict, finding.message, finding.value
    if value is not None and not math.isfinite(value):
        verdict, message, value = Verdict.ERROR, "the value came out as not a number", None
    if value is None and verdict.lets_through and verdict is not Verdict.NOT_APPLICABLE:
        verdict, message = Verdict.ERROR, f"no value was computed ({message})"
    key = f"{spec.gate}.{spec.check}"
    return CheckResult(
        key=key if subject is None else f"{key}:{subject}",
        gate=spec.gate,
        check=spec.check,
        subject=subject,
        required=spec.required,
        verdict=verdict,
        value=value,
        interval=finding.interval,
        n=finding.n,
        threshold=spec.limit,
        direction=spec.direction,
        message=message,
        remedy=finding.remedy if verdict is not Verdict.PASS else None,
        source=spec.source,
        details=plain(finding.details or {}),
    )


def interval(low: float, high: float, confidence: float, method: str) -> Interval | None:
    """An interval; None when an end is not finite."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return Interval(low=low, high=high, confidence=confidence, method=method)


def named(columns: Sequence[str]) -> str:
    """The first five of some columns, and how many more there are."""
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
    return ", ".join(columns[:5]) + more


def plain(value: object) -> Any:  # JSON data is open by nature
    """JSON data of tables and arrays: NaN and infinity become None, tuples lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(inner) for inner in value.tolist()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int) or value is None else str(value)

"""Wording: how figures and verdicts of a card are written, the same on every rendering."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from accredit_governance.gates.results import CheckResult, Interval, Verdict

UNKNOWN: Final = "not known"

VERDICT_WORDS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.PASS: "✓ Pass",
        Verdict.WARN: "! Warning",
        Verdict.FAIL: "✕ Fail",
        Verdict.INSUFFICIENT_EVIDENCE: "? Not enough evidence",
        Verdict.ERROR: "⚠ Error",
        Verdict.NOT_APPLICABLE: "- Not applicable",
    }
)

_ABBREVIATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {w.lower(): w for w in ("AUC", "PSI", "TPR", "FPR", "PPV", "ROC", "MAE", "RMSE", "R2", "SMD")}
)

STANDING_WORDS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.PASS: "✓ Every required check passes",
        Verdict.WARN: "! No required check blocks; some warn or are waived for a time",
        Verdict.FAIL: "✕ Fails a required check",
        Verdict.INSUFFICIENT_EVIDENCE: "? Not enough evidence for a required check",
        Verdict.ERROR: "⚠ A required check could not be carried out",
        Verdict.NOT_APPLICABLE: "- No required check applies",
    }
)


def figure(value: float | None) -> str:
    """A number with four significant digits, `not known` when there is none."""
    if value is None:
        return UNKNOWN
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:.4g}"


def share(value: float | None) -> str:
    """A share in [0, 1] as per cent with one decimal."""
    return UNKNOWN if value is None else f"{100 * value:.1f} %"


def span(low: float | None, high: float | None) -> str:
    """Two bounds, `not known` when one is missing."""
    if low is None or high is None:
        return UNKNOWN
    return f"{figure(low)} to {figure(high)}"


def interval(value: Interval | None) -> str:
    """An interval with its confidence; `none given` without one."""
    if value is None:
        return "none given"
    return f"{span(value.low, value.high)} ({100 * value.confidence:g} %)"


def limit(result: CheckResult) -> str:
    """The threshold of a check and on which side of it is good."""
    if result.threshold is None:
        return "none"
    side = "at least" if result.direction == "min" else "at most"
    return f"{side} {figure(result.threshold)}"


def title(name: str) -> str:
    """`adverse_impact_ratio` → `Adverse impact ratio`; abbreviations keep their capitals."""
    words = [_ABBREVIATIONS.get(w, w) for w in name.replace("_", " ").split()]
    sentence = " ".join(words)
    return sentence[:1].upper() + sentence[1:]


def verdict_word(verdict: Verdict) -> str:
    """A verdict as symbol and word."""
    return VERDICT_WORDS[verdict]

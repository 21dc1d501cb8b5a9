"""Sentences: what the numbers of a drift report mean, in plain English."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from accredit_governance.monitoring.observation import Observation
from accredit_governance.monitoring.report import (
    ColumnDrift,
    ColumnKind,
    DriftVerdict,
    Symptom,
)
from accredit_governance.monitoring.rules import DriftRules


def column_sentence(
    seen: Observation, verdict: DriftVerdict, rules: DriftRules, *, beyond: bool
) -> str:
    """What was found in one column, with its numbers."""
    if seen.symptoms:
        found = "; ".join(_PHRASES[s](seen) for s in seen.symptoms)
        return f"{seen.column}: {found}."
    if verdict is DriftVerdict.INSUFFICIENT_EVIDENCE:
        return f"{seen.column}: {_why_unjudged(seen, rules)}; this is not evidence of no drift."
    if seen.kind is ColumnKind.DATETIME:
        return f"{seen.column}: dates move by nature, so only missing values were checked."
    if seen.psi is None:
        return f"{seen.column}: holds no value in either window."
    if beyond:
        return (
            f"{seen.column}: moved a little more than the tolerance of {rules.tolerance:g} "
            f"(PSI {seen.psi:.3f}); it warns if that stays."
        )
    return f"{seen.column}: no drift beyond the tolerance (PSI {seen.psi:.3f})."


def report_sentence(
    columns: Sequence[ColumnDrift], verdict: DriftVerdict, n_reference: int, n_current: int
) -> str:
    """What was found as a whole."""
    rows = f"{n_current:,} current rows against {n_reference:,} reference rows"
    alerting = [c.column for c in columns if c.verdict is DriftVerdict.ALERT]
    warning = [c.column for c in columns if c.verdict is DriftVerdict.WARNING]
    if verdict is DriftVerdict.INSUFFICIENT_EVIDENCE:
        return f"Not enough evidence to say whether anything drifted: {rows}."
    if verdict is DriftVerdict.NONE:
        return f"No drift beyond the tolerance in {len(columns)} columns: {rows}."
    parts = []
    if alerting:
        parts.append(f"{len(alerting)} of {len(columns)} columns alert ({_names(alerting)})")
    if warning:
        parts.append(f"{len(warning)} of {len(columns)} columns warn ({_names(warning)})")
    return f"{' and '.join(parts)}: {rows}."


def _names(columns: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(columns) - limit} more" if len(columns) > limit else ""
    return ", ".join(columns[:limit]) + more


def _why_unjudged(seen: Observation, rules: DriftRules) -> str:
    fewest = min(seen.n_reference, seen.n_current)
    if fewest < rules.min_rows:
        return f"{fewest} rows are fewer than the {rules.min_rows} that a comparison needs"
    return "the reference holds no value to compare with"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.1f} %"


def _null_growth(seen: Observation) -> str:
    before, after = _share(seen.null_share_reference), _share(seen.null_share_current)
    return f"missing values went from {before} to {after}"


def _unseen(seen: Observation) -> str:
    named = f" ({', '.join(seen.unseen)})" if seen.unseen else ""
    return f"{_share(seen.unseen_share)} of the values are categories never seen before{named}"


def _range_breach(seen: Observation) -> str:
    return (
        f"{seen.range_breaches:,} values lie outside the reference range "
        f"{seen.range_low:g} to {seen.range_high:g}"
    )


def _distribution(seen: Observation) -> str:
    return f"the distribution moved (PSI {seen.psi:.3f}, p {seen.p_value:.2g})"


def _selection_rate(seen: Observation) -> str:
    change = 100 * (seen.rate_change or 0.0)
    return f"the selection rate changed by {change:+.1f} points"


def _unreadable(seen: Observation) -> str:
    return f"{seen.unreadable:,} values are not numbers"


_PHRASES: Final[Mapping[Symptom, Callable[[Observation], str]]] = MappingProxyType(
    {
        Symptom.MISSING_COLUMN: lambda _: "missing from the current window",
        Symptom.ALL_NULL: lambda _: "holds no value in the current window",
        Symptom.NULL_GROWTH: _null_growth,
        Symptom.UNSEEN_CATEGORIES: _unseen,
        Symptom.RANGE_BREACH: _range_breach,
        Symptom.UNREADABLE: _unreadable,
        Symptom.DISTRIBUTION: _distribution,
        Symptom.SELECTION_RATE: _selection_rate,
    }
)

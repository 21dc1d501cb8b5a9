"""Alerts: when a drift report or a realised performance asks a person to act.

A column alerts when its verdict says so. Small drift beyond the tolerance warns only when it stays:
`repeat_times` of the latest `repeat_window` windows. Too few rows give `insufficient_evidence`,
which is shown as such: silence there is not health.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import Field

from accredit_governance.documents import Document
from accredit_governance.monitoring.cohorts import CohortPerformance, Maturity, PerformanceReport
from accredit_governance.monitoring.report import (
    ColumnDrift,
    ColumnRole,
    DriftReport,
    DriftVerdict,
    Symptom,
)
from accredit_governance.monitoring.rules import DriftRules


class Severity(StrEnum):
    """How soon a person has to look."""

    WARNING = "warning"
    CRITICAL = "critical"

    def reaches(self, other: "Severity | str") -> bool:
        """Whether this is at least as severe."""
        order = tuple(Severity)
        return order.index(self) >= order.index(Severity(other))


class AlertState(StrEnum):
    """What an assessment came to."""

    QUIET = "quiet"
    RAISED = "raised"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


class Alert(Document):
    """One thing a person has to look at.

    `key` names the cause (`drift:applicant_income`), so that a later window updates an open alert
    and does not open a second one.
    """

    key: str
    severity: Severity
    subject: str = Field(description="column or metric")
    symptoms: tuple[str, ...] = ()
    sentence: str
    numbers: dict[str, float] = Field(default_factory=dict)
    action: str = Field(description="what to do")


class Assessment(Document):
    """Alerts of one report, the most severe first, and what the state of the monitor is."""

    state: AlertState
    alerts: tuple[Alert, ...] = ()
    sentence: str

    @property
    def severity(self) -> Severity | None:
        """Severity of the worst alert; None when there is none."""
        return self.alerts[0].severity if self.alerts else None


def assess_drift(
    report: DriftReport, rules: DriftRules, *, previous: Sequence[DriftReport] = ()
) -> Assessment:
    """Alerts that a drift report calls for.

    Args:
        report: the latest report.
        rules: rules in force, normally those the report was made under.
        previous: earlier reports of the same monitor, oldest first; only the latest
            `repeat_window - 1` are looked at.
    """
    recent = list(previous)[-(rules.repeat_window - 1) :] if rules.repeat_window > 1 else []
    alerts = [
        *(_column_alert(c) for c in report.columns if c.symptoms and _speaks(c)),
        *(_lasting_alert(c, rules) for c in report.columns if _lasts(c, recent, rules)),
        *_widespread_alert(report, rules),
    ]
    return assessed(alerts, report.sentence, judged=not _unjudged(report))


def assess_performance(
    report: PerformanceReport, rules: DriftRules, *, baseline: Mapping[str, float]
) -> Assessment:
    """Alerts that realised performance calls for.

    A figure alerts when it fell by at least `performance_drop` and even the upper end of its
    interval lies below the baseline; from twice the drop it is critical.

    Args:
        report: realised performance; cohorts with too few outcomes are not judged.
        rules: rules in force.
        baseline: figure → value on the test rows of the version; the higher the better.
    """
    judged = [c for c in report.cohorts if c.maturity is Maturity.JUDGED]
    alerts = [
        alert
        for cohort in judged
        for name, before in baseline.items()
        if (alert := _fall(cohort, name, before, rules)) is not None
    ]
    sentence = f"{len(judged)} of {len(report.cohorts)} cohorts have enough outcomes to be judged."
    return assessed(alerts, sentence, judged=bool(judged))


def assessed(alerts: Iterable[Alert], sentence: str, *, judged: bool) -> Assessment:
    """Put alerts in order: critical before warning, then by key."""
    ordered = sorted(alerts, key=lambda a: (a.severity is not Severity.CRITICAL, a.key))
    state = AlertState.RAISED if ordered else AlertState.QUIET
    if not judged and not ordered:
        state = AlertState.INSUFFICIENT_EVIDENCE
    return Assessment(state=state, alerts=tuple(ordered), sentence=sentence)


def _speaks(column: ColumnDrift) -> bool:
    return column.verdict in {DriftVerdict.WARNING, DriftVerdict.ALERT}


def _unjudged(report: DriftReport) -> bool:
    return any(c.verdict is DriftVerdict.INSUFFICIENT_EVIDENCE for c in report.columns)


def _column_alert(column: ColumnDrift) -> Alert:
    critical = column.verdict is DriftVerdict.ALERT
    return Alert(
        key=f"drift:{column.column}",
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        subject=column.column,
        symptoms=tuple(s.value for s in column.symptoms),
        sentence=column.sentence,
        numbers=_numbers(column),
        action=_action(column),
    )


def _lasts(column: ColumnDrift, recent: Sequence[DriftReport], rules: DriftRules) -> bool:
    """Whether small drift of a column without a symptom has stayed."""
    if column.symptoms or not column.beyond_tolerance:
        return False
    earlier = [past.column(column.column) for past in recent]
    times = 1 + sum(1 for past in earlier if past is not None and past.beyond_tolerance)
    return times >= rules.repeat_times


def _lasting_alert(column: ColumnDrift, rules: DriftRules) -> Alert:
    psi = 0.0 if column.psi is None else column.psi
    return Alert(
        key=f"drift:{column.column}",
        severity=Severity.WARNING,
        subject=column.column,
        symptoms=("lasting_drift",),
        sentence=(
            f"{column.column}: moved beyond the tolerance of {rules.tolerance:g} in at least "
            f"{rules.repeat_times} of the latest {rules.repeat_window} windows (PSI {psi:.3f})."
        ),
        numbers=_numbers(column),
        action=_ACTIONS[Symptom.DISTRIBUTION],
    )


def _widespread_alert(report: DriftReport, rules: DriftRules) -> list[Alert]:
    drifted = [c for c in report.columns if c.role is ColumnRole.INPUT and c.symptoms]
    if len(drifted) < 2 or report.drifted_share < rules.drifted_share:
        return []
    return [
        Alert(
            key="drift:all",
            severity=Severity.CRITICAL,
            subject="all columns",
            symptoms=("widespread_drift",),
            sentence=(
                f"{len(drifted)} input columns drifted, {100 * report.drifted_share:.0f} % of "
                f"those judged; the limit is {100 * rules.drifted_share:.0f} %."
            ),
            numbers={"drifted_share": report.drifted_share, "limit": rules.drifted_share},
            action=(
                "Ask whether the model meets another population than the one it was approved for; "
                "suspend it or start a re-certification."
            ),
        )
    ]


def _fall(cohort: CohortPerformance, name: str, before: float, rules: DriftRules) -> Alert | None:
    found = cohort.figure(name)
    if found is None or found.value is None or found.interval is None:
        return None
    drop = before - found.value
    if drop < rules.performance_drop or found.interval.high >= before:
        return None
    critical = drop >= 2 * rules.performance_drop
    return Alert(
        key=f"performance:{name}:{cohort.cohort}",
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        subject=name,
        symptoms=("performance_drop",),
        sentence=(
            f"{name.replace('_', ' ')} of cohort {cohort.cohort} is {found.value:.3f} "
            f"({found.interval.low:.3f} to {found.interval.high:.3f}, {found.n:,} rows), "
            f"{drop:.3f} below the {before:.3f} of the test rows."
        ),
        numbers={
            "value": found.value,
            "baseline": before,
            "low": found.interval.low,
            "high": found.interval.high,
            "n": float(found.n),
            "matured_share": cohort.matured_share,
        },
        action="Look for drift in the inputs; suspend the version or start a re-certification.",
    )


def _numbers(column: ColumnDrift) -> dict[str, float]:
    named = {
        "psi": column.psi,
        "p_value": column.p_value,
        "null_share_reference": column.null_share_reference,
        "null_share_current": column.null_share_current,
        "unseen_share": column.unseen_share,
        "range_breaches": column.range_breaches,
        "unreadable": column.unreadable,
        "attribution_share": column.attribution_share,
        "n_reference": column.n_reference,
        "n_current": column.n_current,
    }
    return {name: float(value) for name, value in named.items() if value is not None}


def _action(column: ColumnDrift) -> str:
    for symptom, action in _ACTIONS.items():
        if symptom in column.symptoms:
            return action
    raise ValueError(f"no action is known for the symptoms of {column.column}")


# In the order of urgency: the first that fits is what to do.
_ACTIONS: Final[Mapping[Symptom, str]] = MappingProxyType(
    {
        Symptom.MISSING_COLUMN: "Repair the feed: callers no longer send this column.",
        Symptom.ALL_NULL: "Repair the feed: the column arrives without any value.",
        Symptom.UNREADABLE: "Repair the feed: text arrives where numbers belong.",
        Symptom.NULL_GROWTH: "Find out upstream why values are missing; decisions rest on less.",
        Symptom.UNSEEN_CATEGORIES: (
            "Find out whether these are new codes or errors; the model has never learnt them."
        ),
        Symptom.RANGE_BREACH: "Check units and entry errors upstream; the model extrapolates here.",
        Symptom.SELECTION_RATE: (
            "Compare the drifted inputs; review the selection rates per group before going on."
        ),
        Symptom.DISTRIBUTION: (
            "Find the cause, check realised performance and group rates, then record a finding "
            "or re-certify against a new reference window."
        ),
    }
)

"""Alerts: what a person is asked to look at, and when silence is no answer."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from accredit_governance.gates.results import Interval
from accredit_governance.monitoring.alerts import (
    AlertState,
    Assessment,
    Severity,
    assess_drift,
    assess_performance,
)
from accredit_governance.monitoring.cohorts import (
    CohortPerformance,
    Maturity,
    PerformanceReport,
    RealisedFigure,
)
from accredit_governance.monitoring.drift import measure_drift
from accredit_governance.monitoring.report import DriftReport
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.windows import Window

from .conftest import population


def report_of(
    reference: Window, rules: DriftRules, seed: int, *, scale: float = 1.0, rows: int = 5_000
) -> DriftReport:
    frame = population(np.random.default_rng(seed), rows)
    return measure_drift(reference, Window(frame.assign(income=frame["income"] * scale)), rules)


def test_no_drift_is_quiet(reference: Window, rules: DriftRules) -> None:
    found = assess_drift(report_of(reference, rules, 7), rules)

    assert found.state is AlertState.QUIET
    assert found.alerts == ()
    assert found.severity is None


def test_too_few_rows_are_insufficient_evidence(reference: Window, rules: DriftRules) -> None:
    found = assess_drift(report_of(reference, rules, 7, rows=50), rules)

    assert found.state is AlertState.INSUFFICIENT_EVIDENCE
    assert found.alerts == ()
    assert "Not enough evidence" in found.sentence


def test_small_drift_warns_only_when_it_stays(reference: Window, rules: DriftRules) -> None:
    quiet = report_of(reference, rules, 1)
    first = report_of(reference, rules, 2, scale=1.25)
    second = report_of(reference, rules, 3, scale=1.25)

    once = assess_drift(first, rules, previous=[quiet, quiet])
    twice = assess_drift(second, rules, previous=[quiet, first])
    long_ago = assess_drift(second, rules, previous=[first, quiet, quiet])

    assert once.state is AlertState.QUIET
    assert [(a.subject, a.severity) for a in twice.alerts] == [("income", Severity.WARNING)]
    assert twice.alerts[0].key == "drift:income"
    assert long_ago.state is AlertState.QUIET


def test_an_alert_carries_numbers_and_what_to_do(reference: Window, rules: DriftRules) -> None:
    alert = assess_drift(report_of(reference, rules, 4, scale=3.0), rules).alerts[0]

    assert alert.severity is Severity.CRITICAL
    assert alert.numbers["psi"] >= rules.psi_alert
    assert alert.numbers["n_current"] == 5_000
    assert alert.action
    assert "income" in alert.sentence


def test_critical_alerts_come_first(reference: Window, rules: DriftRules) -> None:
    frame = population(np.random.default_rng(8), 5_000)
    frame = frame.assign(debt=frame["debt"] + 0.4, wealth=np.nan)

    found = assess_drift(measure_drift(reference, Window(frame), rules), rules)

    assert [a.subject for a in found.alerts] == ["wealth", "debt"]
    assert found.severity is Severity.CRITICAL
    assert Assessment.model_validate_json(found.canonical()) == found


def test_every_symptom_has_an_action_and_a_phrase(reference: Window, rules: DriftRules) -> None:
    frame = population(np.random.default_rng(8), 5_000).drop(columns="debt")
    frame = frame.assign(wealth=np.nan, children="x", kind3="new", income=frame["income"] * 100)
    frame["nulls"] = np.where(np.arange(5_000) % 3 == 0, np.nan, frame["nulls"])
    score = pd.Series(np.linspace(0, 1, 10_000))

    report = measure_drift(
        Window(reference.inputs, score=score, selected=score > 0.2),
        Window(frame, score=score[:5_000], selected=score[:5_000] > 0.4),
        rules,
    )

    symptoms = {s for c in report.columns for s in c.symptoms}
    assert len(symptoms) == 8
    assert all(a.action for a in assess_drift(report, rules).alerts)


@pytest.mark.parametrize(
    "values",
    [
        {"psi_warn": 0.3},
        {"score_psi_warn": 0.3},
        {"repeat_times": 4},
        {"attribution_low": 0.5},
        {"min_rows": 10},
        {"tolerance": 0},
        {"unknown": 1},
    ],
)
def test_rules_that_make_no_sense_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        DriftRules.model_validate(values)


def cohort(value: float | None, *, maturity: Maturity = Maturity.JUDGED) -> CohortPerformance:
    interval = None
    if value is not None:
        interval = Interval(low=value - 0.02, high=value + 0.02, confidence=0.95, method="wilson")
    return CohortPerformance(
        cohort="2026-03",
        predictions=1_000,
        outcomes=620,
        matured_share=0.62,
        maturity=maturity,
        figures=(RealisedFigure(name="auc", value=value, interval=interval, n=620),),
        sentence="62 % of the outcomes are in.",
    )


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        pytest.param(0.80, None, id="as before"),
        pytest.param(0.7501, None, id="just above the drop"),
        pytest.param(0.74, Severity.WARNING, id="beyond the drop"),
        pytest.param(0.70, Severity.CRITICAL, id="twice the drop"),
        pytest.param(None, None, id="no value"),
    ],
)
def test_a_fall_of_performance_alerts(
    value: float | None, severity: Severity | None, rules: DriftRules
) -> None:
    found = assess_performance(
        PerformanceReport(cohorts=(cohort(value),)), rules, baseline={"auc": 0.80, "other": 1.0}
    )

    assert found.severity is severity


def test_a_fall_within_the_interval_does_not_alert(rules: DriftRules) -> None:
    wide = (
        cohort(0.74)
        .figures[0]
        .model_copy(
            update={"interval": Interval(low=0.6, high=0.85, confidence=0.95, method="wilson")}
        )
    )
    report = PerformanceReport(cohorts=(cohort(0.74).model_copy(update={"figures": (wide,)}),))

    assert assess_performance(report, rules, baseline={"auc": 0.8}).state is AlertState.QUIET


def test_immature_cohorts_are_no_evidence(rules: DriftRules) -> None:
    young = cohort(0.4, maturity=Maturity.INSUFFICIENT_EVIDENCE)

    found = assess_performance(PerformanceReport(cohorts=(young,)), rules, baseline={"auc": 0.8})

    assert found.state is AlertState.INSUFFICIENT_EVIDENCE

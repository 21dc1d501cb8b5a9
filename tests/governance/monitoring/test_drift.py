"""The detector: silent on like populations, loud on faults, honest about what it cannot see."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from accredit_governance.monitoring.alerts import assess_drift
from accredit_governance.monitoring.drift import DECISION, SCORE, measure_drift
from accredit_governance.monitoring.report import (
    ColumnDrift,
    ColumnKind,
    DriftReport,
    DriftVerdict,
    Symptom,
)
from accredit_governance.monitoring.rules import DriftRules
from accredit_governance.monitoring.windows import Window

from .conftest import population

Fault = Callable[[np.random.Generator, pd.DataFrame], pd.DataFrame]


def shifted(_: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(income=frame["income"] + 0.5)


def nulls_grew(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    lost = rng.random(len(frame)) < 0.0816
    return frame.assign(nulls=frame["nulls"].mask(lost))


def new_category(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    hit = rng.random(len(frame)) < 0.01
    return frame.assign(kind12=frame["kind12"].mask(hit, "brand new"))


def wrong_unit(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    hit = rng.random(len(frame)) < 0.02
    return frame.assign(debt=frame["debt"].mask(hit, frame["debt"] * 100))


def measured(
    reference: Window,
    frame: pd.DataFrame,
    rules: DriftRules,
    *,
    attribution: Mapping[str, float] | None = None,
) -> DriftReport:
    return measure_drift(reference, Window(frame), rules, attribution=attribution)


def column(report: DriftReport, name: str) -> ColumnDrift:
    found = report.column(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reference_rows", "rows", "windows"),
    [
        pytest.param(10_000, 500, 120, id="500 rows"),
        pytest.param(10_000, 5_000, 60, id="5,000 rows"),
        pytest.param(500, 5_000, 40, id="small reference"),
    ],
)
def test_like_populations_raise_no_alert(
    reference_rows: int, rows: int, windows: int, rules: DriftRules
) -> None:
    alarms = []
    for seed in range(windows):
        rng = np.random.default_rng([seed, rows, reference_rows])
        if seed % 20 == 0:
            before = Window(population(rng, reference_rows), label="reference")
        report = measured(before, population(rng, rows), rules)
        alarms += assess_drift(report, rules).alerts
        assert report.verdict is DriftVerdict.NONE

    assert alarms == []


@pytest.mark.parametrize("rows", [500, 5_000])
@pytest.mark.parametrize(
    ("fault", "name", "symptom"),
    [
        pytest.param(shifted, "income", Symptom.DISTRIBUTION, id="mean +0.5 sd"),
        pytest.param(nulls_grew, "nulls", Symptom.NULL_GROWTH, id="nulls 2 to 10 per cent"),
        pytest.param(wrong_unit, "debt", Symptom.RANGE_BREACH, id="times 100 in 2 per cent"),
    ],
)
def test_real_faults_are_found_in_one_window(
    fault: Fault, name: str, symptom: Symptom, rows: int, reference: Window, rules: DriftRules
) -> None:
    for seed in range(5):
        rng = np.random.default_rng([seed, rows])
        report = measured(reference, fault(rng, population(rng, rows)), rules)

        alerts = assess_drift(report, rules).alerts
        assert [a.subject for a in alerts] == [name]
        assert symptom in column(report, name).symptoms


def test_a_new_category_of_one_per_cent_alerts_and_is_named(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    report = measured(reference, new_category(rng, population(rng, 5_000)), rules)

    found = column(report, "kind12")
    assert found.verdict is DriftVerdict.ALERT
    assert found.unseen == ("brand new",)
    assert found.unseen_share == pytest.approx(0.01, abs=0.005)
    assert "brand new" in found.sentence


def test_categories_of_single_rows_are_counted_not_named(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    frame = population(rng, 1_000)
    frame.loc[:19, "kind3"] = [f"Jane Doe {i}" for i in range(20)]

    found = column(measured(reference, frame, rules), "kind3")

    assert found.unseen == ()
    assert found.unseen_share == 0.02
    assert "Jane" not in found.model_dump_json()


def test_broken_columns_do_not_kill_the_rest(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    frame = shifted(rng, population(rng, 2_000)).drop(columns="debt")
    frame["wealth"] = np.nan
    frame["children"] = "many"

    report = measured(reference, frame, rules)

    symptoms = {c.column: c.symptoms for c in report.columns if c.symptoms}
    assert symptoms["debt"] == (Symptom.MISSING_COLUMN,)
    assert symptoms["wealth"] == (Symptom.ALL_NULL,)
    assert Symptom.UNREADABLE in symptoms["children"]
    assert symptoms["income"] == (Symptom.DISTRIBUTION,)
    assert len(report.columns) == reference.inputs.shape[1]
    assert column(report, "kind40").verdict is DriftVerdict.NONE
    assert report.verdict is DriftVerdict.ALERT


@pytest.mark.parametrize("rows", [0, 1, 99])
def test_too_few_rows_are_never_called_no_drift(
    rows: int, reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    report = measured(reference, population(rng, 200).head(rows), rules)

    assert report.verdict is DriftVerdict.INSUFFICIENT_EVIDENCE
    assert {c.verdict for c in report.columns} == {DriftVerdict.INSUFFICIENT_EVIDENCE}
    assert all(c.p_value is None for c in report.columns)


def test_a_missing_column_alerts_however_few_rows_there_are(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    report = measured(reference, population(rng, 10).drop(columns="income"), rules)

    assert column(report, "income").verdict is DriftVerdict.ALERT
    assert column(report, "debt").verdict is DriftVerdict.INSUFFICIENT_EVIDENCE
    assert report.verdict is DriftVerdict.ALERT


def test_a_reference_without_values_is_no_evidence(rules: DriftRules) -> None:
    empty = pd.DataFrame({"a": np.arange(200.0), "b": [np.nan] * 200, "c": [None] * 200})
    filled = empty.assign(b=1.0)

    report = measured(Window(empty), filled, rules)

    assert column(report, "a").verdict is DriftVerdict.NONE
    assert column(report, "b").verdict is DriftVerdict.INSUFFICIENT_EVIDENCE
    assert column(report, "c").verdict is DriftVerdict.NONE
    assert report.verdict is DriftVerdict.INSUFFICIENT_EVIDENCE


def test_dates_are_checked_for_missing_values_only(rules: DriftRules) -> None:
    before = pd.DataFrame({"day": pd.date_range("2025-01-01", periods=400)})
    after = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=400)})

    moved = column(measured(Window(before), after, rules), "day")
    lost = after.mask(np.arange(400)[:, None] % 2 == 0)
    gone = column(measured(Window(before), lost, rules), "day")

    assert (moved.verdict, moved.psi) == (DriftVerdict.NONE, None)
    assert gone.symptoms == (Symptom.NULL_GROWTH,)


def test_booleans_written_as_numbers_are_the_same_booleans(rules: DriftRules) -> None:
    before = pd.DataFrame({"flag": [True, False] * 200})
    after = pd.DataFrame({"flag": [1, 0] * 200})

    report = measured(Window(before), after, rules)

    assert column(report, "flag").unseen_share == 0.0
    assert report.verdict is DriftVerdict.NONE


def test_infinite_values_are_out_of_range(reference: Window, rules: DriftRules) -> None:
    frame = population(np.random.default_rng(5), 1_000)
    frame.loc[:49, "income"] = np.inf

    found = column(measured(reference, frame, rules), "income")

    assert found.range_breaches >= 50
    assert Symptom.RANGE_BREACH in found.symptoms


def test_score_and_decision_are_watched(rules: DriftRules, rng: np.random.Generator) -> None:
    before = pd.Series(rng.beta(4, 2, 5_000))
    after = pd.Series(rng.beta(3, 2.6, 5_000))
    inputs = pd.DataFrame({"x": rng.normal(size=5_000)})

    report = measure_drift(
        Window(inputs, score=before, selected=before > 0.5),
        Window(inputs, score=after, selected=after > 0.5),
        rules,
    )

    assert column(report, SCORE).symptoms == (Symptom.DISTRIBUTION,)
    assert Symptom.SELECTION_RATE in column(report, DECISION).symptoms
    assert report.drifted_share == 0.0


def test_a_score_that_was_not_kept_is_missing(rules: DriftRules) -> None:
    inputs = pd.DataFrame({"x": np.arange(500.0)})

    report = measure_drift(Window(inputs, score=inputs["x"]), Window(inputs), rules)

    assert column(report, SCORE).symptoms == (Symptom.MISSING_COLUMN,)


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        pytest.param(None, DriftVerdict.WARNING, id="unknown"),
        pytest.param(0.10, DriftVerdict.WARNING, id="ordinary"),
        pytest.param(0.25, DriftVerdict.ALERT, id="dominant"),
    ],
)
def test_attribution_sharpens_the_verdict(
    share: float | None,
    verdict: DriftVerdict,
    reference: Window,
    rules: DriftRules,
    rng: np.random.Generator,
) -> None:
    frame = shifted(rng, population(rng, 5_000))
    attribution = None if share is None else {"income": share}

    found = column(measured(reference, frame, rules, attribution=attribution), "income")

    assert found.psi is not None
    assert 0.1 <= found.psi < 0.25
    assert found.verdict is verdict


def test_a_column_that_hardly_matters_warns_only_unless_broken(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    frame = nulls_grew(rng, population(rng, 5_000)).assign(debt=np.nan)

    report = measured(reference, frame, rules, attribution={"nulls": 0.001, "debt": 0.001})

    assert column(report, "nulls").verdict is DriftVerdict.WARNING
    assert column(report, "debt").verdict is DriftVerdict.ALERT


def test_many_drifted_columns_alert_as_a_whole(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    frame = population(rng, 5_000)
    moved = frame.assign(
        **{c: frame[c] + 0.5 for c in ("income", "debt", "nulls")},
        heavy=frame["heavy"] + 0.7,
    )

    report = measured(reference, moved, rules)

    assert report.drifted_share == pytest.approx(4 / 12)
    assert report.verdict is DriftVerdict.ALERT
    assert assess_drift(report, rules).alerts[0].key == "drift:all"


def test_the_frames_are_not_changed(rules: DriftRules, rng: np.random.Generator) -> None:
    before, after = population(rng, 300), population(rng, 300)
    kept = before.copy(deep=True), after.copy(deep=True)

    measured(Window(before), after, rules)

    pd.testing.assert_frame_equal(before, kept[0])
    pd.testing.assert_frame_equal(after, kept[1])


def test_a_report_is_the_same_document_again(
    reference: Window, rules: DriftRules, rng: np.random.Generator
) -> None:
    report = measured(reference, shifted(rng, population(rng, 1_000)), rules)

    again = DriftReport.model_validate_json(report.canonical())

    assert again == report
    assert again.digest() == report.digest()


def test_declared_kinds_win(rules: DriftRules) -> None:
    frame = pd.DataFrame({"code": [1, 2, 3, 4] * 100})

    report = measure_drift(
        Window(frame),
        Window(frame.replace({"code": {4: 5}})),
        rules,
        kinds={"code": ColumnKind.CATEGORICAL},
    )

    assert column(report, "code").unseen == ("5",)


def test_columns_that_occur_twice_are_refused(rules: DriftRules) -> None:
    twice = pd.DataFrame([[1, 2]] * 200, columns=["a", "a"])

    with pytest.raises(ValueError, match="twice in the reference"):
        measured(Window(twice), twice, rules)


def test_a_reference_without_columns_is_refused(rules: DriftRules) -> None:
    with pytest.raises(ValueError, match="no column"):
        measured(Window(pd.DataFrame(index=range(200))), pd.DataFrame({"a": [1]}), rules)


def test_unexpected_columns_are_named(reference: Window, rules: DriftRules) -> None:
    frame = population(np.random.default_rng(3), 500).assign(extra=1)

    assert measured(reference, frame, rules).unexpected_columns == ("extra",)

"""Realised performance: late outcomes, intervals, and what refusals hide."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from accredit_governance.monitoring.cohorts import Maturity
from accredit_governance.monitoring.performance import measure_performance
from accredit_governance.monitoring.rules import DriftRules


def predictions(rng: np.random.Generator, rows: int, cohort: str = "2026-03") -> pd.DataFrame:
    score = rng.random(rows)
    return pd.DataFrame(
        {
            "cohort": cohort,
            "score": score,
            "selected": score > 0.4,
            "outcome": pd.Series(rng.random(rows) < score, dtype="boolean"),
        }
    )


def test_figures_agree_with_scikit_learn(rng: np.random.Generator, rules: DriftRules) -> None:
    rows = predictions(rng, 800)

    cohort = measure_performance(rows, rules).cohorts[0]

    auc, accuracy = cohort.figure("auc"), cohort.figure("accuracy")
    assert auc is not None
    assert accuracy is not None
    assert auc.value == pytest.approx(roc_auc_score(rows["outcome"].astype(bool), rows["score"]))
    assert accuracy.value == pytest.approx(accuracy_score(rows["outcome"], rows["selected"]))
    assert auc.interval is not None
    assert auc.interval.low < auc.value < auc.interval.high
    assert cohort.maturity is Maturity.JUDGED
    assert cohort.matured_share == 1.0
    assert cohort.warnings == ()


def test_cohorts_say_what_share_has_matured(rng: np.random.Generator, rules: DriftRules) -> None:
    old, young = predictions(rng, 400, "2026-01"), predictions(rng, 400, "2026-02")
    young.loc[50:, "outcome"] = pd.NA

    first, second = measure_performance(pd.concat([young, old]), rules).cohorts

    assert (first.cohort, second.cohort) == ("2026-01", "2026-02")
    assert second.matured_share == 0.125
    assert second.maturity is Maturity.INSUFFICIENT_EVIDENCE
    assert "100 are needed" in second.sentence
    selection = second.figure("selection_rate")
    assert selection is not None
    assert selection.n == 400


def test_outcomes_of_the_selected_only_carry_a_warning(
    rng: np.random.Generator, rules: DriftRules
) -> None:
    rows = predictions(rng, 500)
    rows["outcome"] = rows["outcome"].mask(~rows["selected"])

    cohort = measure_performance(rows, rules).cohorts[0]

    assert any("the selected only" in w for w in cohort.warnings)


def test_one_class_has_no_auc(rng: np.random.Generator, rules: DriftRules) -> None:
    rows = predictions(rng, 200).assign(outcome=True)

    auc = measure_performance(rows, rules).cohorts[0].figure("auc")

    assert auc is not None
    assert auc.value is None
    assert auc.n == 200


def test_no_outcome_at_all_is_no_error(rng: np.random.Generator, rules: DriftRules) -> None:
    rows = predictions(rng, 20)
    rows["outcome"] = pd.Series([pd.NA] * 20, dtype="boolean")

    cohort = measure_performance(rows, rules).cohorts[0]

    assert cohort.matured_share == 0.0
    assert cohort.maturity is Maturity.INSUFFICIENT_EVIDENCE
    assert cohort.warnings == ()


def test_no_prediction_is_no_cohort(rng: np.random.Generator, rules: DriftRules) -> None:
    assert measure_performance(predictions(rng, 0), rules).cohorts == ()


def test_incomplete_predictions_are_refused(rng: np.random.Generator, rules: DriftRules) -> None:
    rows = predictions(rng, 20)

    with pytest.raises(ValueError, match="lack the columns score"):
        measure_performance(rows.drop(columns="score"), rules)
    with pytest.raises(ValueError, match="lacks its cohort"):
        measure_performance(rows.assign(score=np.nan), rules)

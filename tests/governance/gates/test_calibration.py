from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from accredit_governance.gates.calibration import (
    brier_score,
    chance_errors,
    equal_count_bins,
)
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


def _classes(evidence: Evidence, table: np.ndarray, picked: np.ndarray) -> Evidence:
    index = evidence.score.index[: len(table)]
    frame = pd.DataFrame(table, index=index, columns=list("xyz"))
    return replace(
        evidence,
        task="multiclass",
        outcome=pd.Series(np.array(list("xyz"))[picked], index=index),
        score=frame.max(axis=1),
        probabilities=frame,
        selected=None,
    )


def test_the_error_by_hand() -> None:
    # Two bins: scores 0.2 with one hit in four, scores 0.8 with two hits in four.
    score = np.repeat([0.2, 0.8], 4)
    hit = np.array([1, 0, 0, 0, 1, 1, 0, 0], dtype=bool)

    bins = equal_count_bins(score, hit, 2)

    assert bins.error == pytest.approx((0.05 + 0.3) / 2)
    parts = bins.decomposition()
    assert parts["reliability"] == pytest.approx((0.05**2 + 0.3**2) / 2)
    assert parts["resolution"] == pytest.approx(0.125**2)
    assert parts["uncertainty"] == pytest.approx(3 / 8 * 5 / 8)
    assert bins.low.tolist() == bins.high.tolist() == [0.2, 0.8]


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_parts_add_up_to_the_brier_score_of_scores_that_are_shared(
    data: st.DataObject,
) -> None:
    rows = data.draw(st.integers(10, 60))
    levels = st.sampled_from([0.1, 0.5, 0.9])
    score = np.array(data.draw(st.lists(levels, min_size=rows, max_size=rows)))
    hit = np.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))

    # Bins so many that each score has one of its own.
    parts = equal_count_bins(score, hit, 50).decomposition()

    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert total == pytest.approx(brier_score(score, hit)[0])


def test_the_brier_score_comes_with_its_interval(fair: Evidence, demand: Demand) -> None:
    details = _one(demand("calibration", max=0.05), fair).details

    squares = (fair.score - fair.outcome.astype(float)) ** 2
    half = 1.959964 * squares.sem()
    assert details["brier"] == pytest.approx(squares.mean())
    assert details["brier_low"] == pytest.approx(squares.mean() - half)
    assert details["brier_high"] == pytest.approx(squares.mean() + half)
    assert brier_score(np.array([0.4]), np.array([True])) == (pytest.approx(0.36), 0.0)


def test_the_bins_draw_a_reliability_diagram(fair: Evidence, demand: Demand) -> None:
    bins = _one(demand("calibration", max=0.05, bins=10), fair).details["bins"]

    assert len(bins) == 10
    assert [row["rows"] for row in bins] == [300] * 10
    for row, following in pairwise(bins):
        assert row["from"] <= row["predicted"] <= row["to"] < following["from"]
        assert row["low"] <= row["observed"] <= row["high"]


@pytest.mark.parametrize("rows", [40, 400])
def test_a_calibrated_model_seldom_looks_worse_than_chance(rows: int) -> None:
    rng = np.random.default_rng(6)
    rejected = 0
    for trial in range(200):
        score = rng.beta(0.5, 3, rows)
        bins = equal_count_bins(score, rng.random(rows) < score, 10)
        null = chance_errors(score, 10, seed=trial)
        rejected += bins.error > np.quantile(null, 0.95)

    assert stats.binomtest(rejected, 200, 0.05).pvalue > 0.01


def test_chance_is_the_same_drawn_row_by_row_and_by_bin() -> None:
    score = np.random.default_rng(2).beta(1, 2, 5_001)

    by_bin = chance_errors(score, 15, seed=1)
    by_row = chance_errors(score[:-1], 15, seed=1)

    assert by_bin.mean() == pytest.approx(by_row.mean(), rel=0.02)
    assert np.quantile(by_bin, 0.95) == pytest.approx(np.quantile(by_row, 0.95), rel=0.03)


def test_certain_scores_have_no_chance_error() -> None:
    assert chance_errors(np.array([0.0, 1.0] * 10), 5, seed=1).max() == 0.0


def test_several_classes_are_judged_by_the_likeliest(fair: Evidence, demand: Demand) -> None:
    # Foretold with 0.6 or 0.9; right in half of the cases.
    table = np.array([[0.6, 0.3, 0.1], [0.05, 0.9, 0.05]] * 500)
    picked = np.where(np.arange(1_000) % 4 < 2, table.argmax(axis=1), 2)

    result = _one(
        demand("calibration", tasks=("multiclass",), max=0.05, bins=5),
        _classes(fair, table, picked),
    )

    assert result.verdict is Verdict.FAIL
    assert result.value == pytest.approx((0.1 + 0.4) / 2)
    # Class z: foretold 0.1 and 0.05, seen in half of the rows.
    by_class = {row["class"]: row for row in result.details["classes"]}
    assert by_class["z"]["error"] == pytest.approx((0.4 + 0.45) / 2)
    assert by_class["z"]["rows"] == 500
    assert result.details["classes"][0]["class"] == "z"
    errors = [row["error"] for row in by_class.values()]
    assert result.details["classwise_error"] == pytest.approx(np.mean(errors))
    ones = np.eye(3)[picked]
    assert result.details["brier_of_classes"] == pytest.approx(
        ((table - ones) ** 2).sum(axis=1).mean()
    )


def test_two_classes_have_no_classwise_errors(fair: Evidence, demand: Demand) -> None:
    assert "classes" not in _one(demand("calibration", max=0.05), fair).details


def test_probabilities_that_do_not_add_up_are_an_error(fair: Evidence, demand: Demand) -> None:
    table = np.full((1_000, 3), 0.5)

    result = _one(
        demand("calibration", tasks=("multiclass",), max=0.05),
        _classes(fair, table, np.arange(1_000) % 3),
    )

    assert result.verdict is Verdict.ERROR
    assert "add up" in result.message


def test_too_few_rows_to_show_an_error_do_not_pass(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    """Half of twelve people scored one half: an error of 0, but chance alone gives 0.11."""
    few = head(12)
    index = few.score.index
    coin = replace(
        few,
        score=pd.Series(0.5, index=index),
        outcome=pd.Series(np.arange(12) < 6, index=index),
    )

    result = _one(demand("calibration", max=0.08), coin)

    assert result.value == 0
    assert result.details["expected_by_chance"] > 0.08
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _one(demand("calibration", max=0.2), coin).verdict is Verdict.PASS

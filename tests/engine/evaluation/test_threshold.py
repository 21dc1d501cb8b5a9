import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, matthews_corrcoef, precision_score, recall_score

from accredit_engine.errors import UnfitSettings
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.threshold import (
    RATE_RULE,
    ThresholdRule,
    choose_threshold,
    rate_threshold,
)

RANDOM = np.random.default_rng(2)
Y = (RANDOM.random(120) < 0.3).astype(np.float64)
P = 1 / (1 + np.exp(-(2 * Y - 1.5 + RANDOM.normal(size=120))))
COSTS = CostMatrix.binary(false_favourable=5, false_unfavourable=1)


@pytest.mark.parametrize(("rate", "chosen"), [(0.25, 25), (0.001, 1), (1.0, 100)])
def test_the_threshold_selects_the_wanted_share(rate: float, chosen: int) -> None:
    favourable = RANDOM.permutation(np.linspace(0.1, 0.9, 100))

    assert (favourable >= rate_threshold(favourable, rate)).sum() == chosen


def test_the_default_rule_is_the_rate() -> None:
    choice = choose_threshold(P, Y)

    assert choice.value == rate_threshold(P, float(Y.mean()))
    assert choice.rule == RATE_RULE
    assert choice.objective == pytest.approx(Y.mean(), abs=0.01)
    assert choice.rows == 120


@pytest.mark.parametrize(
    ("name", "function"), [("f1", f1_score), ("matthews_corrcoef", matthews_corrcoef)]
)
def test_no_threshold_scores_better_than_the_chosen(name: str, function: object) -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse(f"metric:{name}"))

    assert callable(function)
    best = max(function(Y, threshold <= P) for threshold in np.unique(P))
    assert function(Y, choice.value <= P) == pytest.approx(best)
    assert choice.objective == pytest.approx(best)


def test_a_score_of_the_last_class_is_turned_when_the_first_is_favourable() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("metric:f1"), flipped=True)

    best = max(f1_score(1 - Y, threshold > P) for threshold in np.append(np.unique(P), 2.0))
    assert choice.objective == pytest.approx(best)


def test_the_cheapest_threshold_is_chosen_under_costs() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("cost", COSTS))

    def cost(threshold: float) -> float:
        return float(np.mean(5 * ((threshold <= P) & (Y == 0)) + ((threshold > P) & (Y == 1))))

    assert choice.objective == pytest.approx(min(cost(t) for t in np.append(np.unique(P), 2.0)))
    assert choice.objective == pytest.approx(cost(choice.value))


def test_nobody_is_decided_favourably_when_that_is_cheapest() -> None:
    dear = CostMatrix.binary(false_favourable=1e6, false_unfavourable=1)
    p = np.array([0.2, 0.7, 0.9])

    choice = choose_threshold(p, np.array([1.0, 1.0, 0.0]), ThresholdRule.parse("cost", dear))

    assert 0.9 < choice.value < 1
    assert choice.objective == pytest.approx(2 / 3)


def test_a_demanded_precision_is_met_with_the_highest_recall() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("precision>=0.8"))

    assert choice.met
    assert precision_score(Y, choice.value <= P) == pytest.approx(choice.objective)
    assert choice.objective >= 0.8
    rivals = [t for t in np.unique(P) if precision_score(Y, t <= P) >= 0.8]
    assert recall_score(Y, choice.value <= P) == max(recall_score(Y, t <= P) for t in rivals)


def test_a_demanded_recall_is_met_with_the_highest_precision() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("recall>=0.9"))

    assert recall_score(Y, choice.value <= P) == pytest.approx(choice.objective)
    rivals = [t for t in np.unique(P) if recall_score(Y, t <= P) >= 0.9]
    best = max(precision_score(Y, t <= P) for t in rivals)
    assert precision_score(Y, choice.value <= P) == best


def test_a_precision_that_nothing_reaches_is_said_to_be_missed() -> None:
    y = np.array([0.0, 1.0, 0.0, 0.0])

    choice = choose_threshold(
        np.array([0.9, 0.8, 0.2, 0.1]), y, ThresholdRule.parse("precision>=0.9")
    )

    assert not choice.met
    assert choice.objective == 0.5


def test_among_equally_good_thresholds_the_highest_is_taken() -> None:
    p, y = np.array([0.1, 0.2, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])

    choice = choose_threshold(p, y, ThresholdRule.parse("metric:balanced_accuracy"))

    assert choice.value == pytest.approx(0.7)
    assert choice.objective == 0.75


def test_the_curve_is_short_and_holds_the_choice() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("metric:f1"))

    assert len(choice.curve) <= 200
    assert (choice.value, choice.objective) in choice.curve
    thresholds = [threshold for threshold, _ in choice.curve]
    assert thresholds == sorted(thresholds, reverse=True)
    assert choice.to_dict()["value"] == choice.value


@pytest.mark.parametrize("rule", ["rate", "metric:f1", "cost", "precision>=0.7", "recall>=0.7"])
def test_whole_weights_count_as_repeated_rows(rule: str) -> None:
    weight = RANDOM.integers(1, 4, 120).astype(np.float64)
    repeated = np.repeat(np.arange(120), weight.astype(int))
    parsed = ThresholdRule.parse(rule, COSTS)

    weighted = choose_threshold(P, Y, parsed, weight)

    rows = choose_threshold(P[repeated], Y[repeated], parsed)
    assert weighted.value == pytest.approx(rows.value, abs=0.01)
    assert weighted.objective == pytest.approx(rows.objective, abs=0.002)


@pytest.mark.parametrize(
    "text", ["rate", "fixed:0.5", "metric:f1", "cost", "precision>=0.9", "recall>=0.8"]
)
def test_a_rule_reads_back_as_written(text: str) -> None:
    rule = ThresholdRule.parse(text, COSTS)

    assert rule.text == text
    assert rule.wording


@pytest.mark.parametrize(
    "text",
    [
        "",
        "best",
        "fixed",
        "fixed:1",
        "fixed:x",
        "fixed:nan",
        "metric:roc_auc",
        "precision>=0",
        "f1",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UnfitSettings):
        ThresholdRule.parse(text)


def test_the_rule_cost_needs_costs() -> None:
    with pytest.raises(UnfitSettings, match="cost matrix"):
        ThresholdRule.parse("cost")


def test_a_fixed_threshold_is_kept() -> None:
    choice = choose_threshold(P, Y, ThresholdRule.parse("fixed:0.4"))

    assert choice.value == 0.4
    assert choice.objective == pytest.approx(np.mean(P >= 0.4))


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
    st.sampled_from(["rate", "metric:f1", "cost", "precision>=0.6", "recall>=0.6"]),
)
def test_the_objective_is_that_of_the_decisions_at_the_threshold(
    rows: list[tuple[float, bool]], text: str
) -> None:
    p = np.array([probability for probability, _ in rows])
    y = np.array([float(truth) for _, truth in rows])

    choice = choose_threshold(p, y, ThresholdRule.parse(text, COSTS))

    label = (p >= choice.value).astype(np.float64)
    expected = {
        "rate": label.mean(),
        "metric:f1": f1_score(y, label, zero_division=0),
        "cost": np.mean(5 * (label > y) + (label < y)),
        "precision>=0.6": precision_score(y, label, zero_division=0),
        "recall>=0.6": recall_score(y, label, zero_division=0),
    }[text]
    assert choice.objective == pytest.approx(expected)
    assert np.isfinite(choice.value)

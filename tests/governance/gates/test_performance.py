from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


@pytest.fixture(scope="module")
def regression(fair: Evidence) -> Evidence:
    rng = np.random.default_rng(1)
    noise = pd.Series(rng.normal(size=len(fair.score)), index=fair.score.index)
    before = pd.Series(rng.normal(size=len(fair.train_score)), index=fair.train_score.index)
    return replace(
        fair,
        task="regression",
        outcome=fair.margin + noise,
        score=fair.margin,
        selected=None,
        train_outcome=4 * fair.train_score + before,
        train_score=4 * fair.train_score,
        train_selected=None,
    )


@pytest.fixture(scope="module")
def multiclass(fair: Evidence) -> Evidence:
    rng = np.random.default_rng(1)

    def table(index: pd.Index) -> tuple[pd.DataFrame, pd.Series]:
        found = pd.DataFrame(rng.dirichlet([0.6] * 3, len(index)), index=index, columns=list("xyz"))
        picked = (rng.random((len(index), 1)) < found.cumsum(axis=1)).to_numpy().argmax(axis=1)
        return found, pd.Series(np.array(list("xyz"))[picked], index=index)

    now, outcome = table(fair.score.index)
    before, train_outcome = table(fair.train_score.index)
    return replace(
        fair,
        task="multiclass",
        outcome=outcome,
        score=now.max(axis=1),
        probabilities=now,
        selected=None,
        train_outcome=train_outcome,
        train_score=before.max(axis=1),
        train_selected=None,
        train_probabilities=before,
    )


def test_discrimination_is_the_area_with_its_interval(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("discrimination", min=0.65), fair)

    assert result.verdict is Verdict.PASS
    assert result.value == pytest.approx(roc_auc_score(fair.outcome, fair.score))
    assert result.interval is not None
    assert result.interval.low < result.value < result.interval.high
    assert result.n == 3_000


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        pytest.param({"min": 0.95}, Verdict.FAIL, id="below"),
        pytest.param({"min": 0.65, "warn": 0.95}, Verdict.WARN, id="below the warning"),
    ],
)
def test_discrimination_is_held_to_its_limits(
    fair: Evidence, demand: Demand, limits: dict[str, float], verdict: Verdict
) -> None:
    assert _one(demand("discrimination", **limits), fair).verdict is verdict


def test_an_area_whose_bound_is_below_the_limit_is_not_shown_to_reach_it(
    fair: Evidence, demand: Demand
) -> None:
    value = _one(demand("discrimination", min=0.65), fair).value
    assert value is not None

    result = _one(demand("discrimination", min=value - 0.001), fair)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "too few" in result.message
    assert result.remedy is not None
    assert "more test rows" in result.remedy


def test_a_dozen_rows_show_no_area(head: Callable[[int], Evidence], demand: Demand) -> None:
    result = _one(demand("discrimination", min=0.65), head(12))

    assert (result.value or 0) > 0.65
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_one_class_in_the_test_rows_is_missing_evidence(fair: Evidence, demand: Demand) -> None:
    good = replace(fair, outcome=pd.Series(data=True, index=fair.outcome.index))

    assert _one(demand("discrimination", min=0.65), good).verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _one(demand("overfitting", max=0.1), good).verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_the_macro_area_is_that_of_scikit_learn(multiclass: Evidence, demand: Demand) -> None:
    result = _one(demand("discrimination", tasks=("multiclass",), min=0.6), multiclass)

    assert result.verdict is Verdict.PASS
    assert result.value == pytest.approx(
        roc_auc_score(multiclass.outcome, multiclass.probabilities, multi_class="ovr")
    )


def test_the_gain_of_a_regression_is_its_r_squared(regression: Evidence, demand: Demand) -> None:
    result = _one(demand("baseline_gain", tasks=("regression",), min=0.01), regression)

    errors = ((regression.outcome - regression.score) ** 2).sum()
    base = ((regression.outcome - regression.train_outcome.mean()) ** 2).sum()
    assert result.value == pytest.approx(1 - errors / base)
    assert result.verdict is Verdict.PASS
    assert result.interval is not None
    assert result.interval.low < 1 - errors / base < result.interval.high


def test_the_gain_of_classes_is_the_brier_skill(multiclass: Evidence, demand: Demand) -> None:
    result = _one(demand("baseline_gain", tasks=("multiclass",), min=0.01), multiclass)

    assert result.verdict is Verdict.PASS
    assert result.value == pytest.approx(0.4, abs=0.1)


def test_the_interval_of_the_gain_has_its_coverage(demand: Demand, fair: Evidence) -> None:
    whole = _one(demand("baseline_gain", min=0.0), fair).value
    hits = 0
    for start in range(0, 3_000, 100):
        rows = slice(start, start + 100)
        part = replace(fair, score=fair.score.iloc[rows], outcome=fair.outcome.iloc[rows])
        interval = _one(demand("baseline_gain", min=0.0), part).interval
        assert interval is not None
        hits += interval.low <= (whole or 0) <= interval.high

    assert hits >= 25


def test_a_model_without_gain_does_not_pass(fair: Evidence, demand: Demand) -> None:
    flat = replace(fair, score=pd.Series(fair.train_outcome.mean(), index=fair.score.index))

    result = _one(demand("baseline_gain", min=0.0), flat)

    assert (result.value, result.verdict) == (0.0, Verdict.FAIL)


def test_a_gain_that_may_be_chance_is_insufficient(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    part = head(40)
    value = _one(demand("baseline_gain", min=0.0), part).value
    assert value is not None

    result = _one(demand("baseline_gain", min=value - 0.01), part)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_the_gain_needs_training_rows(fair: Evidence, multiclass: Evidence, demand: Demand) -> None:
    for evidence in (fair, multiclass):
        empty = replace(evidence, train_outcome=evidence.train_outcome.iloc[:0])
        result = _one(demand("baseline_gain", tasks=(evidence.task,), min=0.1), empty)

        assert result.verdict is Verdict.ERROR


def test_perfect_answers_on_few_rows_do_not_show_a_gain(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    policy = demand("baseline_gain", min=0.5)

    def perfect(rows: int) -> CheckResult:
        part = head(rows)
        return _one(policy, replace(part, score=part.outcome.astype(float)))

    few, many = perfect(6), perfect(200)

    assert few.value == many.value == 1.0
    assert few.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert many.verdict is Verdict.PASS


def test_the_gain_by_hand(fair: Evidence, demand: Demand) -> None:
    index = fair.outcome.index[:4]
    small = replace(
        fair,
        outcome=pd.Series([True, True, False, False], index=index),
        score=pd.Series([0.9, 0.5, 0.5, 0.1], index=index),
        train_outcome=pd.Series([True, False]),
    )

    result = _one(demand("baseline_gain", min=0.01), small)

    # Squared errors 0.01, 0.25, 0.25, 0.01 against 0.25 each.
    assert result.value == pytest.approx(1 - 0.52)


def test_a_small_gain_is_a_warning(fair: Evidence, demand: Demand) -> None:
    assert _one(demand("baseline_gain", min=0.01, warn=0.9), fair).verdict is Verdict.WARN


def test_an_outcome_that_never_varies_explains_nothing(
    regression: Evidence, demand: Demand
) -> None:
    flat = replace(
        regression,
        outcome=pd.Series(1.0, index=regression.outcome.index),
        train_outcome=pd.Series(1.0, index=regression.train_outcome.index),
    )

    result = _one(demand("baseline_gain", tasks=("regression",), min=0.01), flat)

    assert result.verdict is Verdict.ERROR


def test_an_honest_model_does_not_overfit(
    fair: Evidence, regression: Evidence, multiclass: Evidence, demand: Demand
) -> None:
    for evidence in (fair, regression, multiclass):
        result = _one(demand("overfitting", tasks=(evidence.task,), max=0.5), evidence)
        assert result.verdict is Verdict.PASS
        assert result.details["metric"]


def test_a_loss_beyond_chance_fails(fair: Evidence, demand: Demand) -> None:
    def memorised(evidence: Evidence) -> Evidence:
        return replace(evidence, train_score=evidence.train_outcome.astype(float))

    assert _one(demand("overfitting", max=0.05), memorised(fair)).verdict is Verdict.FAIL
    assert _one(demand("overfitting", max=0.4, warn=0.05), memorised(fair)).verdict is Verdict.WARN


def test_a_small_loss_that_may_be_greater_is_a_warning(
    head: Callable[[int], Evidence], fair: Evidence, demand: Demand
) -> None:
    policy = demand("overfitting", max=0.06)
    few, many = _one(policy, head(150)), _one(policy, fair)

    assert few.value is not None
    assert few.value < 0.06
    assert few.verdict is Verdict.WARN
    assert many.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("scores", "area"),
    [
        pytest.param([0.1, 0.4, 0.35, 0.8], 0.75, id="one pair of four the wrong way"),
        pytest.param([0.1, 0.4, 0.4, 0.8], 0.875, id="a tie counts half"),
        pytest.param([0.5, 0.5, 0.5, 0.5], 0.5, id="constant"),
        pytest.param([0.1, 0.2, 0.3, 0.4], 1.0, id="perfect"),
        pytest.param([0.4, 0.3, 0.2, 0.1], 0.0, id="upside down"),
    ],
)
def test_the_area_by_hand(fair: Evidence, demand: Demand, scores: list[float], area: float) -> None:
    index = fair.outcome.index[:4]
    small = replace(
        fair,
        outcome=pd.Series([False, False, True, True], index=index),
        score=pd.Series(scores, index=index),
    )

    result = _one(demand("discrimination", min=0.5), small)

    assert result.value == area
    # Two rows of a class never show more than what they could not miss.
    assert result.verdict is not Verdict.PASS
    assert (result.verdict is Verdict.FAIL) == (area < 0.5)


def test_a_loss_within_chance_is_insufficient(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    for rows in range(30, 200):
        result = _one(demand("overfitting", max=0.0), head(rows))
        if result.value is not None and 0 < result.value < 0.01:
            break

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_overfitting_of_classes_needs_their_probabilities(
    multiclass: Evidence, demand: Demand
) -> None:
    policy = demand("overfitting", tasks=("multiclass",), max=0.1)

    result = _one(policy, replace(multiclass, train_probabilities=None))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "out-of-fold probabilities" in result.message


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        pytest.param({"min_rows": 3_000}, Verdict.PASS, id="on the limit"),
        pytest.param({"min_rows": 3_001}, Verdict.INSUFFICIENT_EVIDENCE, id="just below"),
        pytest.param(
            {"min_rows": 100, "min_per_class": 2_900}, Verdict.INSUFFICIENT_EVIDENCE, id="class"
        ),
    ],
)
def test_the_test_rows_must_be_enough(
    fair: Evidence, demand: Demand, limits: dict[str, int], verdict: Verdict
) -> None:
    result = _one(demand("holdout_size", **limits), fair)

    assert result.verdict is verdict
    assert (result.remedy is None) == (verdict is Verdict.PASS)


def test_a_class_that_only_training_knows_is_missing(multiclass: Evidence, demand: Demand) -> None:
    seen = replace(multiclass, train_outcome=multiclass.train_outcome.replace("x", "w"))

    result = _one(demand("holdout_size", tasks=("multiclass",), min_rows=100), seen)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert result.details["classes"]["w"] == 0


def test_a_test_row_without_an_outcome_is_none(fair: Evidence, demand: Demand) -> None:
    holed = fair.outcome.astype("object")
    holed.iloc[5] = None

    result = _one(demand("holdout_size", min_rows=100), replace(fair, outcome=holed))

    assert result.verdict is Verdict.ERROR
    assert "1 test rows have no outcome" in result.message


def test_a_single_class_is_never_enough(fair: Evidence, demand: Demand) -> None:
    alone = replace(
        fair,
        outcome=pd.Series(data=True, index=fair.outcome.index),
        train_outcome=pd.Series(data=True, index=fair.train_outcome.index),
    )

    result = _one(demand("holdout_size", min_rows=100), alone)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "second class" in str(result.remedy)


def test_a_regression_has_no_classes(regression: Evidence, demand: Demand) -> None:
    result = _one(demand("holdout_size", tasks=("regression",), min_rows=100), regression)

    assert result.verdict is Verdict.PASS


def test_calibrated_scores_pass(fair: Evidence, multiclass: Evidence, demand: Demand) -> None:
    binary = _one(demand("calibration", max=0.05), fair)
    classes = _one(demand("calibration", tasks=("multiclass",), max=0.05), multiclass)

    assert binary.verdict is classes.verdict is Verdict.PASS
    assert binary.details["slope"] == pytest.approx(1, abs=0.15)
    assert len(binary.details["bins"]) == 15
    assert sum(row["rows"] for row in binary.details["bins"]) == 3_000
    assert binary.details["brier"] == pytest.approx(
        ((fair.score - fair.outcome.astype(float)) ** 2).mean()
    )


def test_scores_that_mean_something_else_fail(fair: Evidence, demand: Demand) -> None:
    extreme = replace(fair, score=1 / (1 + np.exp(-4 * fair.margin)))

    result = _one(demand("calibration", max=0.05), extreme)

    assert result.verdict is Verdict.FAIL
    assert result.details["slope"] == pytest.approx(0.25, abs=0.05)


def test_calibration_of_few_rows_is_not_judged(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    result = _one(demand("calibration", max=0.01), head(60))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert result.details["expected_by_chance"] > 0.05


def test_calibration_warns_before_it_fails(fair: Evidence, demand: Demand) -> None:
    assert _one(demand("calibration", max=0.2, warn=0.0001), fair).verdict is Verdict.WARN


def test_equal_scores_share_a_bin_and_have_no_slope(fair: Evidence, demand: Demand) -> None:
    flat = replace(fair, score=pd.Series(0.5, index=fair.score.index))

    result = _one(demand("calibration", max=0.2), flat)

    assert len(result.details["bins"]) == 1
    assert result.details["slope"] is None


def test_scores_that_separate_perfectly_have_no_slope(fair: Evidence, demand: Demand) -> None:
    perfect = replace(fair, score=fair.outcome.astype(float) * 0.8 + 0.1)

    assert _one(demand("calibration", max=0.2), perfect).details["slope"] is None


def test_a_score_outside_zero_and_one_is_no_probability(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("calibration", max=0.2), replace(fair, score=fair.margin))

    assert result.verdict is Verdict.ERROR


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda table: table.mask(table["x"] > 0.9), id="NaN"),
        pytest.param(lambda table: table.drop(columns="x"), id="class without a column"),
        pytest.param(lambda table: table.iloc[::-1], id="other order"),
    ],
)
def test_unusable_probabilities_are_an_error(
    multiclass: Evidence, demand: Demand, broken: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    assert multiclass.probabilities is not None
    evidence = replace(multiclass, probabilities=broken(multiclass.probabilities))

    result = _one(demand("discrimination", tasks=("multiclass",), min=0.6), evidence)

    assert result.verdict is Verdict.ERROR

"""Scores and errors of groups against hand-made cases, and on just the wrong side of the limit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from accredit_governance.cards.groups import group_tables
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
REGRESSION = ("regression",)


def _found(policy: Policy, evidence: Evidence) -> dict[str | None, CheckResult]:
    return {result.subject: result for result in evaluate(policy, evidence).results}


def _people(fair: Evidence, groups: dict[str, int], **parts: object) -> Evidence:
    """Test rows of some groups, in their order, with these scores and outcomes."""
    names = [name for name, rows in groups.items() for _ in range(rows)]
    index = pd.RangeIndex(len(names))
    sensitive = pd.DataFrame({"race": names}, index=index)
    series = {name: pd.Series(values, index=index) for name, values in parts.items()}
    return replace(
        fair,
        sensitive=sensitive,
        train_sensitive=sensitive[:0],
        inputs=pd.DataFrame({"income": np.zeros(len(names))}, index=index),
        **({"selected": series["score"] > 0} | series),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def price(fair: Evidence) -> Evidence:
    """A regression with errors of standard deviation 1 that knows nothing of the groups."""
    noise = np.random.default_rng(2).normal(size=len(fair.margin))
    return replace(
        fair, task="regression", score=fair.margin, outcome=fair.margin + noise, selected=None
    )


@pytest.mark.parametrize(
    ("check", "parameters", "tasks"),
    [
        pytest.param("group_mean_difference", {"max": 0.3}, (), id="means"),
        pytest.param("group_auc_gap", {"max": 0.1}, (), id="areas"),
        pytest.param("scoring_rate_ratio", {"min": 0.8}, (), id="scoring rates"),
        pytest.param("group_mean_difference", {"max": 0.3}, REGRESSION, id="mean predictions"),
        pytest.param("group_residual_gap", {"max": 0.15}, REGRESSION, id="residuals"),
        pytest.param("group_error_ratio", {"max": 1.25}, REGRESSION, id="errors"),
        pytest.param("scoring_rate_ratio", {"min": 0.8}, REGRESSION, id="predictions above median"),
    ],
)
def test_groups_that_are_treated_alike_pass(
    fair: Evidence,
    price: Evidence,
    demand: Demand,
    check: str,
    parameters: dict[str, float],
    tasks: tuple[str, ...],
) -> None:
    found = _found(demand(check, tasks=tasks, **parameters), price if tasks else fair)

    assert list(found) == ["race", "sex", "race × sex"]
    assert {result.verdict for result in found.values()} == {Verdict.PASS}
    for result in found.values():
        assert result.interval is not None
        assert result.value is not None
        assert result.interval.low <= result.value <= result.interval.high
        assert result.n == 3_000


def test_the_mean_difference_is_in_pooled_standard_deviations(
    fair: Evidence, demand: Demand
) -> None:
    # Variance 1 within each group (n - 1), means 0.2 and 0.6 apart from the largest group.
    unit = np.tile([1.0, -1.0], 500) * np.sqrt(999 / 1_000)
    evidence = _people(
        fair,
        {"a": 1_000, "b": 1_000, "c": 1_002},
        score=np.concatenate([unit + 0.6, unit + 0.2, unit, [1.0, -1.0]]),
        outcome=np.tile([True, False], 1_501),
    )
    evidence = replace(evidence, task="regression", outcome=evidence.score)

    result = _found(demand("group_mean_difference", tasks=REGRESSION, max=0.3), evidence)["race"]

    table = {row["group"]: row for row in result.details["groups"]}
    assert table["a"]["difference"] == pytest.approx(0.6, rel=1e-3)
    assert table["b"]["difference"] == pytest.approx(0.2, rel=1e-3)
    assert result.value == pytest.approx(0.6, rel=1e-3)
    assert result.details["reference"] == "c"
    assert result.details["reference_rule"] == "largest known group"
    assert result.verdict is Verdict.FAIL
    assert "standard deviations" in result.message
    # Welch's test of two means with known spread: z = 0.6 / √(2/1000).
    assert table["a"]["p"] < 1e-12
    assert table["b"]["p"] == pytest.approx(8e-6, rel=0.1)


def test_a_lower_mean_is_as_far_as_a_higher_one(fair: Evidence, demand: Demand) -> None:
    shifted = fair.score - 0.2 * (fair.sensitive["race"] == "a")
    raised = fair.score + 0.2 * (fair.sensitive["race"] == "a")
    policy = demand("group_mean_difference", max=0.3)

    low, high = (_found(policy, replace(fair, score=s))["race"] for s in (shifted, raised))

    assert low.verdict is high.verdict is Verdict.FAIL


def test_the_residual_gap_is_in_standard_deviations_of_the_outcome(
    price: Evidence, demand: Demand
) -> None:
    late = price.sensitive["sex"] == "male"
    biased = replace(price, score=price.score - 0.5 * late)

    result = _found(demand("group_residual_gap", tasks=REGRESSION, max=0.1), biased)["sex"]

    residual = biased.outcome.to_numpy(float) - biased.score.to_numpy(float)
    expected = (residual[late].mean() - residual[~late].mean()) / biased.outcome.std()
    assert result.verdict is Verdict.FAIL
    assert result.value == pytest.approx(abs(expected))
    assert expected > 0.2


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        pytest.param(1.7, Verdict.FAIL, id="far beyond"),
        pytest.param(1.0, Verdict.PASS, id="alike"),
        pytest.param(0.3, Verdict.PASS, id="better"),
    ],
)
def test_only_a_greater_error_counts_against_a_model(
    price: Evidence, demand: Demand, factor: float, verdict: Verdict
) -> None:
    error = (price.outcome - price.score) * np.where(price.sensitive["race"] == "a", factor, 1)
    policy = demand("group_error_ratio", tasks=REGRESSION, max=1.25, reference={"race": "b"})

    result = _found(policy, replace(price, outcome=price.score + error))["race"]

    table = {row["group"]: row for row in result.details["groups"]}
    mean = error.abs().groupby(price.sensitive["race"]).mean()
    assert result.verdict is verdict
    assert result.value == pytest.approx(mean["a"] / mean["b"])
    assert table["a"]["estimate"] == pytest.approx(mean["a"])


@pytest.mark.parametrize(
    ("check", "limits", "statistic"),
    [
        ("group_mean_difference", {"max": 0.3}, "mean score"),
        ("group_auc_gap", {"max": 0.1}, "ROC AUC"),
    ],
)
def test_the_card_shows_estimates_and_differences_by_group(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float], statistic: str
) -> None:
    result = _found(demand(check, **limits), fair)["race"]

    table = group_tables([result])[0]

    assert table.statistic == statistic
    assert table.reference == result.details["reference"]
    rows = {row["group"]: row for row in result.details["groups"]}
    for shown in table.rows:
        assert shown.value == pytest.approx(rows[shown.group]["estimate"])
        assert shown.compared == pytest.approx(rows[shown.group]["difference"])


@pytest.mark.parametrize(
    ("groups", "verdict", "says"),
    [
        pytest.param(
            {"a": 2_000, "b": 2_000, "c": 20},
            Verdict.PASS,
            "every group of at least 2% of the rows, beyond chance; a smaller group (c) is above",
            id="a small group beyond the limit is named",
        ),
        pytest.param(
            {"a": 4_000, "c": 20, "unknown": 400},
            Verdict.INSUFFICIENT_EVIDENCE,
            "no known group beside the reference makes up 2% of the rows",
            id="the unknown alone carry no pass",
        ),
    ],
)
def test_a_pass_speaks_of_known_groups_that_are_large_enough(
    fair: Evidence, demand: Demand, groups: dict[str, int], verdict: Verdict, says: str
) -> None:
    rng = np.random.default_rng(4)
    score = {name: np.resize([1.0, -1.0], rows) for name, rows in groups.items()}
    score["c"] = score["c"] + 0.4
    rows = sum(groups.values())
    evidence = _people(
        fair, groups, score=np.concatenate([*score.values()]), outcome=rng.random(rows) < 0.5
    )

    result = _found(demand("group_mean_difference", max=0.3), evidence)["race"]

    assert result.verdict is verdict
    assert says in result.message


def test_areas_are_those_within_each_group(fair: Evidence, demand: Demand) -> None:

    result = _found(demand("group_auc_gap", max=0.1), fair)["race"]

    for row in result.details["groups"]:
        own = fair.sensitive["race"] == row["group"]
        assert row["estimate"] == pytest.approx(roc_auc_score(fair.outcome[own], fair.score[own]))


def test_a_group_that_is_ranked_by_chance_fails(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(0)
    guessed = fair.score.where(fair.sensitive["race"] == "a", rng.random(3_000))

    result = _found(
        demand("group_auc_gap", max=0.1, reference={"race": "a"}), replace(fair, score=guessed)
    )["race"]

    assert result.verdict is Verdict.FAIL
    assert result.details["worst"] == "b"


def test_a_few_rows_ranked_without_mistake_are_no_certainty(fair: Evidence, demand: Demand) -> None:
    lucky = {"a": 1_000, "b": 24}
    truth = np.random.default_rng(0).random(1_024) < 0.5
    truth[1_000:] = np.arange(24) < 12
    score = np.where(truth, 0.6, 0.4) + np.random.default_rng(1).normal(0, 0.2, 1_024)
    score[1_000:] = np.where(truth[1_000:], 0.9, 0.1)

    evidence = _people(fair, lucky, score=score, outcome=truth)
    result = _found(demand("group_auc_gap", max=0.25), evidence)["race"]

    table = {row["group"]: row for row in result.details["groups"]}
    assert table["b"]["estimate"] == 1.0
    assert table["b"]["low"] < 0.9
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_group_without_both_outcomes_has_no_area(fair: Evidence, demand: Demand) -> None:
    truth = np.concatenate([np.tile([True, False], 500), np.ones(100, dtype=bool)])
    score = np.random.default_rng(1).random(1_100)

    evidence = _people(fair, {"a": 500, "c": 500, "b": 100}, score=score, outcome=truth)
    result = _found(demand("group_auc_gap", max=0.2), evidence)["race"]

    table = {row["group"]: row for row in result.details["groups"]}
    assert table["b"]["estimate"] is None
    assert table["b"]["more_rows"] is not None
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_handful_of_equal_values_makes_no_mean_certain(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(3)
    score = np.concatenate([rng.normal(0, 1, 500), np.full(12, 0.1), np.full(8, 5.0)])

    evidence = _people(
        fair, {"a": 500, "b": 12, "c": 8}, score=score, outcome=np.tile([True, False], 260)
    )
    result = _found(demand("group_mean_difference", max=0.3), evidence)["race"]

    table = {row["group"]: row for row in result.details["groups"]}
    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert table["b"]["bound"] > 0.3
    assert table["c"]["estimate"] is None
    assert not table["c"]["gating"]


def test_the_rows_asked_for_would_do(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(3)

    def judged(rows: int) -> CheckResult:
        half = rng.normal(0, 1, 200)
        few = np.concatenate([half, -half])[:rows] if rows <= 400 else rng.normal(0, 1, rows)
        score = np.concatenate([rng.normal(0, 1, 50_000), few - few.mean()])
        evidence = _people(
            fair, {"a": 50_000, "b": rows}, score=score, outcome=np.arange(len(score)) % 2 == 0
        )
        shares = evidence.sensitive.copy()
        shares.iloc[: len(shares) // 20] = "b"
        return _found(
            demand("group_mean_difference", max=0.3), replace(evidence, train_sensitive=shares)
        )["race"]

    short = judged(20)
    table = {row["group"]: row for row in short.details["groups"]}
    more = table["b"]["more_rows"]

    assert short.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert f"{more:,} more rows of b" in str(short.remedy)
    assert judged(round((20 + more) * 1.1)).verdict is Verdict.PASS


def test_a_warning_comes_before_the_limit(fair: Evidence, demand: Demand) -> None:
    shifted = fair.score + 0.06 * (fair.sensitive["race"] == "a")
    policy = demand("group_mean_difference", max=0.6, warn=0.1)

    assert _found(policy, replace(fair, score=shifted))["race"].verdict is Verdict.WARN


def test_a_declared_reference_without_rows_is_missing(fair: Evidence, demand: Demand) -> None:
    policy = demand("group_mean_difference", max=0.3, reference={"race": "z"}, intersections=False)

    result = _found(policy, fair)["race"]

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "'z'" in result.message


@pytest.mark.parametrize("check", ["group_mean_difference", "group_auc_gap"])
def test_groups_that_are_all_tiny_or_alone_are_not_compared(
    fair: Evidence, demand: Demand, check: str
) -> None:
    tiny = _people(
        fair, {"a": 6, "b": 7}, score=np.linspace(0, 1, 13), outcome=np.arange(13) % 2 == 0
    )
    one = _people(
        fair, {"a": 60, "b": 7}, score=np.linspace(0, 1, 67), outcome=np.arange(67) % 2 == 0
    )
    alone = replace(fair, sensitive=fair.sensitive.assign(race="a"))
    policy = demand(check, max=0.3, intersections=False)

    assert _found(policy, tiny)["race"].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _found(policy, one)["race"].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _found(policy, alone)["race"].verdict is Verdict.ERROR


def test_the_unknown_are_compared_but_never_the_reference(fair: Evidence, demand: Demand) -> None:
    race = fair.sensitive["race"].where(np.arange(3_000) >= 2_000, None)
    score = fair.score.where(race.notna(), fair.score - 0.2)

    result = _found(
        demand("group_mean_difference", max=0.3),
        replace(fair, sensitive=fair.sensitive.assign(race=race), score=score),
    )["race"]

    assert result.details["worst"] == "unknown"
    assert result.details["reference"] in {"a", "b"}
    assert result.verdict is Verdict.FAIL


def test_scoring_rates_are_shares_above_the_median_of_all(fair: Evidence, demand: Demand) -> None:
    result = _found(demand("scoring_rate_ratio", min=0.8), fair)["race"]

    above = fair.score > fair.score.median()
    rates = above.groupby(fair.sensitive["race"]).mean()
    assert result.value == pytest.approx(rates.min() / rates.max())
    assert result.details["median"] == pytest.approx(fair.score.median())
    assert result.details["share_above"] == pytest.approx(0.5)


def test_a_score_equal_to_the_median_is_not_above_it(fair: Evidence, demand: Demand) -> None:
    score = np.repeat([0.1, 0.5, 0.9], [20, 50, 30])
    evidence = _people(fair, {"a": 60, "b": 40}, score=score, outcome=np.arange(100) % 2 == 0)

    result = _found(demand("scoring_rate_ratio", min=0.8), evidence)["race"]

    assert result.details["share_above"] == pytest.approx(0.3)
    assert {row["group"]: row["hits"] for row in result.details["groups"]} == {"a": 0, "b": 30}


def test_regressions_without_spread_are_an_error(price: Evidence, demand: Demand) -> None:
    flat = replace(price, outcome=price.outcome * 0 + 1.0)

    found = _found(demand("group_residual_gap", tasks=REGRESSION, max=0.1), flat)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


def test_a_perfect_reference_group_has_no_error_to_divide_by(
    price: Evidence, demand: Demand
) -> None:
    outcome = price.outcome.where(price.sensitive["race"] == "a", price.score)
    policy = demand(
        "group_error_ratio",
        tasks=REGRESSION,
        max=1.25,
        reference={"race": "b"},
        intersections=False,
    )

    result = _found(policy, replace(price, outcome=outcome))["race"]

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import TOP_REASONS, Answers, Probes, Refit, Refits
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.slices import Contrasts, Slice, slices
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
ROWS = np.arange(1_000, dtype=np.int64)
NOTHING = np.empty(0)
NO_REASONS = np.empty((0, TOP_REASONS), dtype=np.int64)


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


def _refit(seed: int, answers: Answers) -> Refit:
    return Refit(seed, 3_000, answers, NOTHING, NO_REASONS)


def _blurred(evidence: Evidence, strength: float, seed: int) -> Answers:
    noise = np.random.default_rng(seed).normal(size=len(ROWS))
    score = 1 / (1 + np.exp(-evidence.margin.to_numpy()[ROWS] - strength * noise))
    return Answers(score, selected=score >= 0.5)


def _refitted(evidence: Evidence, *strengths: float) -> Evidence:
    refits = tuple(
        _refit(seed, _blurred(evidence, strength, seed)) for seed, strength in enumerate(strengths)
    )
    found = Refits(ROWS, tuple(evidence.inputs.columns), NOTHING, NO_REASONS, refits)
    return replace(evidence, probes=Probes(seed_refits=found))


def test_the_spread_is_the_range_over_the_model_and_its_refits(
    fair: Evidence, demand: Demand
) -> None:
    evidence = _refitted(fair, 0.3, 1.0, 0.1)

    result = _one(demand("seed_stability", max=0.2), evidence)

    outcome = fair.outcome.iloc[ROWS]
    scores = [
        roc_auc_score(outcome, score)
        for score in (
            fair.score.iloc[ROWS],
            *(_blurred(fair, s, seed).score for seed, s in enumerate((0.3, 1.0, 0.1))),
        )
    ]
    assert result.value == pytest.approx(max(scores) - min(scores))
    assert result.verdict is Verdict.PASS
    assert result.n == 1_000
    otherwise = [row["decided_otherwise"] for row in result.details["refits"]]
    own = fair.selected
    assert own is not None
    other = _blurred(fair, 1.0, 1).selected
    assert otherwise[1] == pytest.approx((own.iloc[ROWS].to_numpy() != other).mean())
    assert f"{max(otherwise):.1%} of the rows" in result.message


def test_the_spread_is_held_to_its_limits(fair: Evidence, demand: Demand) -> None:
    evidence = _refitted(fair, 0.3, 1.0, 0.1)

    assert _one(demand("seed_stability", max=0.01), evidence).verdict is Verdict.FAIL
    assert _one(demand("seed_stability", max=0.2, warn=0.01), evidence).verdict is Verdict.WARN


def test_a_model_without_randomness_has_no_spread(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("seed_stability", max=0.0), _refitted(fair, 0.0, 0.0, 0.0))

    assert (result.value, result.verdict) == (0.0, Verdict.PASS)


def test_fewer_refits_than_demanded_are_insufficient(fair: Evidence, demand: Demand) -> None:
    evidence = _refitted(fair, 0.0, 0.0, 0.0)

    result = _one(demand("seed_stability", max=0.2, refits=4), evidence)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert _one(demand("seed_stability", max=0.2), fair).verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_classes_and_values_have_their_own_decisions(fair: Evidence, demand: Demand) -> None:
    table = np.column_stack([fair.score, 1 - fair.score])
    names = fair.outcome.map({True: "yes", False: "no"})
    classes = replace(
        fair,
        task="multiclass",
        outcome=names,
        probabilities=pd.DataFrame(table, index=fair.score.index, columns=["yes", "no"]),
    )
    turned = table[ROWS].copy()
    turned[:10] = turned[:10, ::-1]
    values = replace(fair, task="regression", outcome=fair.margin, score=fair.margin)
    values = replace(values, train_outcome=fair.train_score)
    own = Answers(table[ROWS].max(axis=1), probabilities=table[ROWS])
    other = Answers(turned.max(axis=1), probabilities=turned)
    prices = Answers(fair.margin.to_numpy()[ROWS] + 0.1)

    def judged(evidence: Evidence, answers: tuple[Answers, ...]) -> CheckResult:
        refits = tuple(_refit(at, one) for at, one in enumerate(answers))
        found = Refits(ROWS, (), NOTHING, NO_REASONS, refits)
        policy = demand("seed_stability", tasks=(evidence.task,), max=0.2, refits=2)
        return _one(policy, replace(evidence, probes=Probes(seed_refits=found)))

    shares = [row["decided_otherwise"] for row in judged(classes, (own, other)).details["refits"]]
    assert shares == [0.0, 0.01]
    plain = judged(values, (prices, prices))
    assert plain.value is not None
    assert 0 < plain.value < 0.2
    assert [row["decided_otherwise"] for row in plain.details["refits"]] == [None, None]


def _bad_in(evidence: Evidence, where: pd.Series, seed: int = 8) -> Evidence:
    """The outcome has nothing to do with the score where the mask is true."""
    outcome = evidence.outcome.copy()
    inside = where.to_numpy()
    shuffled = np.random.default_rng(seed).permutation(outcome.to_numpy()[inside])
    outcome[inside] = shuffled
    return replace(evidence, outcome=outcome)


def test_a_fair_model_does_not_fail_for_its_strong_inputs(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("slice_performance", max=0.05), fair)

    rows = {(row["column"], row["slice"]): row for row in result.details["slices"]}
    thirds = [row for (column, _), row in rows.items() if column == "income"]
    assert len(thirds) == 3
    # Within a third of the strongest input the scores are alike, and so the area is low.
    assert max(row["shortfall"] for row in thirds) > 0.05
    assert min(row["explained"] for row in thirds) >= 0
    assert result.verdict is Verdict.WARN
    assert "explains" in result.message
    assert _one(demand("slice_performance", max=0.2), fair).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("column", "name"),
    [
        pytest.param("region", "south", id="category"),
        pytest.param("race", "b", id="sensitive group"),
    ],
)
def test_a_slice_that_the_model_does_not_understand_fails(
    fair: Evidence, demand: Demand, column: str, name: str
) -> None:
    whole = pd.concat([fair.inputs, fair.sensitive], axis=1)
    evidence = _bad_in(fair, whole[column] == name)

    result = _one(demand("slice_performance", max=0.1), evidence)

    assert result.verdict is Verdict.FAIL
    worst = result.details["slices"][0]
    assert (worst["column"], worst["slice"]) == (column, name)
    inside = (whole[column] == name).to_numpy()
    assert worst["rows"] == result.n == inside.sum()
    assert worst["score"] == pytest.approx(
        roc_auc_score(evidence.outcome[inside], evidence.score[inside])
    )
    assert worst["others"] == pytest.approx(
        roc_auc_score(evidence.outcome[~inside], evidence.score[~inside])
    )
    assert result.value == pytest.approx(worst["others"] - worst["score"])
    assert f"{column} is {name}" in result.message
    assert result.interval is not None
    assert result.interval.low < result.value < result.interval.high


def test_a_third_of_an_input_that_the_model_does_not_understand_fails(
    fair: Evidence, demand: Demand
) -> None:
    evidence = _bad_in(fair, fair.inputs["debt"] > fair.inputs["debt"].quantile(2 / 3))

    result = _one(demand("slice_performance", max=0.1), evidence)

    assert result.verdict is Verdict.FAIL
    worst = result.details["slices"][0]
    assert worst["column"] == "debt"
    assert worst["slice"].startswith("above")


def test_a_low_slice_that_may_be_chance_is_a_warning(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    few = head(120)
    policy = demand("slice_performance", max=0.01, min_rows=30)

    result = _one(policy, few)

    assert (result.value or 0) > 0.01
    assert result.verdict is Verdict.WARN


@pytest.mark.parametrize("part", ["inputs", "sensitive", "score"])
def test_slices_of_other_rows_are_an_error(fair: Evidence, demand: Demand, part: str) -> None:
    turned = replace(fair, **{part: getattr(fair, part).iloc[::-1]})

    assert _one(demand("slice_performance", max=0.1), turned).verdict is Verdict.ERROR


def test_no_slice_large_enough_is_insufficient(
    head: Callable[[int], Evidence], demand: Demand
) -> None:
    result = _one(demand("slice_performance", max=0.1), head(90))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "100" in result.message


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(lambda groups: groups[["sex"]], id="absent"),
        pytest.param(lambda groups: groups.assign(race=None), id="missing in every row"),
        pytest.param(lambda groups: groups.assign(race="a"), id="one group"),
    ],
)
def test_a_sensitive_feature_without_a_slice_is_not_skipped(
    fair: Evidence, demand: Demand, known: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    blind = replace(fair, sensitive=known(fair.sensitive))
    policy = demand("slice_performance", max=0.2)

    (result,) = evaluate(policy, blind, declared=["race", "sex"]).results

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "No group of race could be examined." in result.message
    assert result.details["features_not_examined"] == ["race"]
    assert result.remedy is not None
    assert "Supply race" in result.remedy


def test_an_unseen_feature_does_not_hide_a_bad_slice(fair: Evidence, demand: Demand) -> None:
    blind = replace(fair, sensitive=fair.sensitive[["sex"]])
    evidence = _bad_in(blind, fair.inputs["region"] == "south")

    (result,) = evaluate(
        demand("slice_performance", max=0.1), evidence, declared=["race", "sex"]
    ).results

    assert result.verdict is Verdict.FAIL


def test_a_slice_with_one_class_is_listed_as_not_examined(fair: Evidence, demand: Demand) -> None:
    outcome = fair.outcome.where(fair.inputs["region"] != "south", other=True)

    result = _one(demand("slice_performance", max=0.3), replace(fair, outcome=outcome))

    named = {(row["column"], row["slice"]) for row in result.details["not_examined"]}
    assert named == {("region", "south"), ("region", "north")}
    assert result.details["examined"] == 6 + 4


def test_every_row_is_in_one_slice_of_each_column(fair: Evidence) -> None:
    rng = np.random.default_rng(0)
    index = fair.inputs.index
    inputs = fair.inputs.assign(
        holes=fair.inputs["debt"].where(rng.random(3_000) > 0.3),
        constant=1.0,
        empty=np.nan,
        few=rng.integers(0, 2, 3_000),
        flag=rng.random(3_000) > 0.5,
        day=pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, 3_000), unit="D"),
        whole=pd.Series(rng.integers(0, 50, 3_000), index=index, dtype="Int64"),
    )
    gaps = fair.sensitive.assign(race=fair.sensitive["race"].where(rng.random(3_000) > 0.2))
    cut: dict[str, list[Slice]] = {}
    for part in slices(replace(fair, inputs=inputs, sensitive=gaps), min_rows=1):
        cut.setdefault(part.column, []).append(part)

    assert set(cut) == {*inputs.columns, *gaps.columns} - {"constant", "empty"}
    for parts in cut.values():
        assert (np.sum([part.inside for part in parts], axis=0) == 1).all()
    names = {column: [part.name for part in parts] for column, parts in cut.items()}
    assert names["holes"][-1] == "missing"
    assert names["race"][-1] == "unknown"
    assert names["few"] == ["at most 0", "above 0"]
    assert set(names["flag"]) == {"true", "false"}
    assert names["day"][1].startswith("above 2026-01-3")
    assert [part.ordered for part in cut["holes"]] == [True, True, True, False]
    assert [len(names[name]) for name in ("income", "day", "whole")] == [3, 3, 3]


def test_the_time_of_the_rows_is_cut_into_thirds(fair: Evidence, demand: Demand) -> None:
    index = fair.outcome.index
    days = pd.Series(
        pd.date_range("2026-01-01", periods=3_000, freq="h"), index=index, name="decided"
    )
    late = _bad_in(replace(fair, time=days), days > days.quantile(2 / 3))

    result = _one(demand("slice_performance", max=0.1), late)

    assert result.verdict is Verdict.FAIL
    worst = result.details["slices"][0]
    assert (worst["column"], worst["slice"]) == ("decided", "above 2026-03-25")
    other = replace(late, time=days.iloc[::-1])
    assert _one(demand("slice_performance", max=0.1), other).verdict is Verdict.ERROR


def test_a_time_that_is_an_input_is_cut_once(fair: Evidence) -> None:
    named = replace(fair, time=fair.inputs["debt"])

    assert [part.column for part in slices(named, min_rows=1)].count("debt") == 3


def test_thirds_hold_as_many_rows(fair: Evidence) -> None:
    sizes = [int(part.inside.sum()) for part in slices(fair, min_rows=1) if part.column == "income"]

    assert sizes == [1_000, 1_000, 1_000]


def test_the_area_that_scores_explain_is_that_of_outcomes_drawn_from_them(
    fair: Evidence,
) -> None:
    third = next(part for part in slices(fair, min_rows=1) if part.column == "income")
    contrast = Contrasts(fair).of(third)
    assert contrast is not None
    rng = np.random.default_rng(3)
    score, inside = fair.score.to_numpy(), third.inside
    drawn = [
        roc_auc_score(outcome[~inside], score[~inside])
        - roc_auc_score(outcome[inside], score[inside])
        for outcome in (rng.random(3_000) < score for _ in range(100))
    ]

    assert contrast.explained == pytest.approx(np.mean(drawn), abs=0.005)


def test_a_regression_is_measured_on_one_scale(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=3_000) * np.where(fair.inputs["region"] == "south", 2.0, 0.5)
    prices = replace(
        fair,
        task="regression",
        outcome=fair.margin + noise,
        score=fair.margin,
        selected=None,
        train_outcome=fair.train_score * 0 + fair.margin.mean(),
    )

    result = _one(demand("slice_performance", tasks=("regression",), max=0.1), prices)

    assert result.verdict is Verdict.FAIL
    worst = result.details["slices"][0]
    assert (worst["column"], worst["slice"]) == ("region", "south")
    trivial = ((prices.outcome - fair.margin.mean()) ** 2).mean()
    inside = (fair.inputs["region"] == "south").to_numpy()
    assert worst["score"] == pytest.approx(1 - (noise[inside] ** 2).mean() / trivial)
    flat = replace(
        prices,
        outcome=pd.Series(1.0, index=fair.outcome.index),
        train_outcome=pd.Series(1.0, index=fair.train_outcome.index),
    )
    policy = demand("slice_performance", tasks=("regression",), max=0.1)
    assert _one(policy, flat).verdict is Verdict.ERROR


def test_classes_that_are_rare_in_a_slice_are_left_out_on_both_sides(
    fair: Evidence, demand: Demand
) -> None:
    rng = np.random.default_rng(1)
    index = fair.score.index
    table = pd.DataFrame(rng.dirichlet([0.6] * 3, 3_000), index=index, columns=list("xyz"))
    picked = (rng.random((3_000, 1)) < table.cumsum(axis=1)).to_numpy().argmax(axis=1)
    picked[(fair.inputs["region"] == "south").to_numpy() & (picked == 2)] = 0
    classes = replace(
        fair,
        task="multiclass",
        outcome=pd.Series(np.array(list("xyz"))[picked], index=index),
        probabilities=table,
        score=table.max(axis=1),
        selected=None,
    )
    south = next(part for part in slices(classes, min_rows=100) if part.name == "south")

    contrast = Contrasts(classes).of(south)

    assert contrast is not None
    inside = south.inside
    assert contrast.score == pytest.approx(
        np.mean(
            [
                roc_auc_score(picked[inside] == at, table[name][inside])
                for at, name in enumerate("xy")
            ]
        )
    )
    result = _one(demand("slice_performance", tasks=("multiclass",), max=0.5), classes)
    assert result.value is not None

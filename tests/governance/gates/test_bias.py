from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import group_of, grouping
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.gates.vectors import EvidenceUnusable
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _found(policy: Policy, evidence: Evidence, **more: object) -> dict[str | None, CheckResult]:
    return {
        result.subject: result
        for result in evaluate(policy, evidence, **more).results  # type: ignore[arg-type]
    }


def _known(evidence: Evidence, rows: int) -> Evidence:
    race = evidence.sensitive["race"].where(np.arange(len(evidence.sensitive)) < rows, None)
    return replace(evidence, sensitive=evidence.sensitive.assign(race=race))


def test_fair_groups_pass_alone_and_crossed(fair: Evidence, demand: Demand) -> None:
    for check in ("true_positive_rate_gap", "false_positive_rate_gap"):
        found = _found(demand(check, max=0.2), fair)
        assert {result.verdict for result in found.values()} == {Verdict.PASS}
    found = _found(demand("adverse_impact_ratio", min=0.8), fair)

    assert list(found) == ["race", "sex", "race × sex"]
    assert {result.verdict for result in found.values()} == {Verdict.PASS}
    assert found["race × sex"].key == "bias.adverse_impact_ratio:race × sex"
    assert [row["group"] for row in found["race × sex"].details["groups"]] == [
        "a × female",
        "a × male",
        "b × female",
        "b × male",
    ]


def test_intersections_are_examined_only_on_demand(fair: Evidence, demand: Demand) -> None:
    found = _found(demand("adverse_impact_ratio", min=0.8, intersections=False), fair)

    assert list(found) == ["race", "sex"]


def test_a_harmed_intersection_is_found_where_each_feature_looks_fair(
    fair: Evidence, demand: Demand
) -> None:
    race, sex = fair.sensitive["race"] == "a", fair.sensitive["sex"] == "male"
    rng = np.random.default_rng(0)
    chance = np.where(race ^ sex, 0.35, 0.65)
    crossed = replace(
        fair, selected=pd.Series(rng.random(3_000) < chance, index=fair.outcome.index)
    )

    found = _found(demand("adverse_impact_ratio", min=0.8), crossed)

    assert found["race"].verdict is Verdict.PASS
    assert found["sex"].verdict is Verdict.PASS
    assert found["race × sex"].verdict is Verdict.FAIL


def test_unfair_decisions_fail_with_table_and_interval(fair: Evidence, demand: Demand) -> None:
    rng = np.random.default_rng(0)
    chance = np.where(fair.sensitive["race"] == "a", 0.6, 0.4)
    unfair = replace(fair, selected=pd.Series(rng.random(3_000) < chance, index=fair.outcome.index))

    result = _found(demand("adverse_impact_ratio", min=0.8), unfair)["race"]

    assert result.verdict is Verdict.FAIL
    assert result.value is not None
    assert result.interval is not None
    assert result.interval.low < result.value < result.interval.high < 0.8
    row = result.details["groups"][1]
    assert row["hits"] == row["true_positives"] + row["false_positives"]
    assert row["rows"] == sum(
        row[cell]
        for cell in ("true_negatives", "false_positives", "false_negatives", "true_positives")
    )
    assert result.details["reference"] == "a"


def test_the_policy_declares_the_reference(fair: Evidence, demand: Demand) -> None:
    policy = demand("adverse_impact_ratio", min=0.8, reference={"race": "b"})

    result = _found(policy, fair)["race"]

    assert result.details["reference"] == "b"
    assert result.details["reference_rule"] == "declared"


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        pytest.param(2_400, Verdict.PASS, id="on the limit"),
        pytest.param(2_399, Verdict.INSUFFICIENT_EVIDENCE, id="just below"),
        pytest.param(0, Verdict.INSUFFICIENT_EVIDENCE, id="nobody"),
    ],
)
def test_a_feature_must_be_known_for_enough_rows(
    fair: Evidence, demand: Demand, known: int, verdict: Verdict
) -> None:
    result = _found(demand("attribute_coverage", min=0.8), _known(fair, known))["race"]

    assert result.verdict is verdict


def test_coverage_warns_before_it_is_too_low(fair: Evidence, demand: Demand) -> None:
    policy = demand("attribute_coverage", min=0.8, warn=0.95)

    assert _found(policy, _known(fair, 2_700))["race"].verdict is Verdict.WARN


def test_numbers_of_a_group_keep_their_name_beside_missing_values() -> None:
    groups = group_of(pd.Series([1.0, 0.0, None, 1.0], name="old"))

    assert groups.tolist() == ["1", "0", "unknown", "1"]


def test_a_value_called_unknown_is_unknown() -> None:
    groups = group_of(pd.Series(["a", "Unknown ", "", None], name="race"))

    assert groups.tolist() == ["a", "unknown", "unknown", "unknown"]


def test_a_feature_of_many_values_needs_bins(fair: Evidence, demand: Demand) -> None:
    ages = replace(fair, sensitive=fair.sensitive.assign(age=np.arange(3_000) % 70))

    result = _found(demand("adverse_impact_ratio", min=0.8), ages)["age"]

    assert result.verdict is Verdict.ERROR
    assert "bins" in result.message


def test_crossed_names_that_cannot_be_told_apart_are_refused() -> None:
    frame = pd.DataFrame({"p": ["a", "a × b"], "q": ["b × c", "c"]})

    with pytest.raises(EvidenceUnusable, match="told apart"):
        grouping(("p", "q"), frame, frame)


def test_decisions_of_other_rows_are_refused(fair: Evidence, demand: Demand) -> None:
    for change in (
        {"selected": fair.selected.iloc[::-1]},  # type: ignore[union-attr]
        {"sensitive": fair.sensitive.iloc[::-1]},
        {"selected": None},
    ):
        found = _found(demand("adverse_impact_ratio", min=0.8), replace(fair, **change))  # type: ignore[arg-type]
        assert {result.verdict for result in found.values()} == {Verdict.ERROR}


def test_counts_of_other_lengths_are_refused(fair: Evidence) -> None:
    groups = grouping(("race",), fair.sensitive, fair.train_sensitive)

    with pytest.raises(EvidenceUnusable):
        groups.count(np.ones(3, dtype=bool), np.ones(3, dtype=bool))


def test_categories_without_rows_are_no_groups(fair: Evidence) -> None:
    race = fair.sensitive["race"].astype(pd.CategoricalDtype(["a", "b", "never"]))
    frame = fair.sensitive.assign(race=race)

    assert grouping(("race",), frame, frame).names == ("a", "b")


def test_groups_that_only_training_has_are_kept_in_sight(fair: Evidence) -> None:
    rows = np.arange(3_000)
    train = fair.train_sensitive.assign(race=np.where(rows < 150, "c", "a"))

    groups = grouping(("race",), fair.sensitive, train)

    assert groups.names == ("a", "b", "c")
    assert groups.share[2] == pytest.approx(0.05)


def test_tiny_groups_beside_a_declared_reference_have_no_interval(
    fair: Evidence, demand: Demand
) -> None:
    rare = np.where(np.arange(3_000) < 30, "b", "a")
    evidence = replace(
        fair,
        sensitive=fair.sensitive.assign(race=rare),
        train_sensitive=fair.train_sensitive.assign(race="a"),
    )

    result = _found(demand("adverse_impact_ratio", min=0.8, reference={"race": "a"}), evidence)[
        "race"
    ]

    assert result.interval is None
    assert not result.verdict.lets_through


def test_predictive_values_are_compared_like_other_rates(fair: Evidence, demand: Demand) -> None:
    own = fair.sensitive["race"] == "a"
    luck = np.random.default_rng(0).random(3_000) < 0.6
    worse = replace(fair, outcome=fair.outcome & (~own | luck))

    alike = _found(demand("predictive_value_gap", max=0.15), fair)
    result = _found(demand("predictive_value_gap", max=0.1), worse)["race"]

    assert {found.verdict for found in alike.values()} == {Verdict.PASS}
    assert result.verdict is Verdict.FAIL
    assert "positive predictive value" in result.message
    selected = worse.selected.astype(bool)  # type: ignore[union-attr]
    rates = worse.outcome[selected].groupby(worse.sensitive["race"][selected]).mean()
    assert result.value == pytest.approx(abs(rates["a"] - rates["b"]))
    assert result.n == int(selected.sum())


def test_the_use_case_declares_the_reference(fair: Evidence, demand: Demand) -> None:
    told = replace(fair, references={"race": "a", "sex": "female"})
    policy = demand("adverse_impact_ratio", min=0.8)

    found = _found(policy, told)

    assert [found[name].details["reference"] for name in ("race", "sex", "race × sex")] == [
        "a",
        "female",
        "a × female",
    ]
    assert {result.details["reference_rule"] for result in found.values()} == {"declared"}


def test_the_reference_of_the_policy_comes_before_that_of_the_use_case(
    fair: Evidence, demand: Demand
) -> None:
    told = replace(fair, references={"race": "a"})
    policy = demand("group_mean_difference", max=0.3, reference={"race": "b"})

    found = _found(policy, told)

    assert found["race"].details["reference"] == "b"
    assert found["sex"].details["reference_rule"] == "largest known group"
    assert found["race × sex"].details["reference_rule"] == "largest known group"


def test_a_pair_may_have_a_reference_of_its_own(fair: Evidence, demand: Demand) -> None:
    told = replace(fair, references={"race": "a", "sex": "female"})
    policy = demand("adverse_impact_ratio", min=0.8, reference={"race × sex": "b × male"})

    assert _found(policy, told)["race × sex"].details["reference"] == "b × male"


def test_a_result_lists_few_groups_and_the_failing_ones_first(
    fair: Evidence, demand: Demand
) -> None:
    rng = np.random.default_rng(0)
    codes = np.arange(3_000) % 57
    codes[:600], codes[600:700] = 57, 58
    wide = replace(
        fair,
        sensitive=pd.DataFrame({"tribe": [f"t{c:02d}" for c in codes]}, index=fair.outcome.index),
        train_sensitive=fair.train_sensitive[:0],
        origins={"tribe": "self_reported"},
        selected=pd.Series(
            rng.random(3_000) < np.where(codes == 58, 0.1, 0.6), index=fair.outcome.index
        ),
    )

    details = _found(demand("adverse_impact_ratio", min=0.8), wide)["tribe"].details

    assert len(details["groups"]) == 50
    assert details["groups_not_listed"] == 9
    assert {"t57", "t58"} <= {row["group"] for row in details["groups"]}


@pytest.fixture(scope="module")
def classes(fair: Evidence) -> Evidence:
    """Three classes; class `good` is predicted and comes true less often for race b."""
    rng = np.random.default_rng(7)
    lift = np.where(fair.sensitive["race"] == "a", 0.9, 0.0)
    margins = np.column_stack([fair.margin + lift, rng.normal(size=3_000), np.zeros(3_000)])
    table = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    names = np.array(["good", "middling", "bad"])
    draw = (rng.random(3_000)[:, None] > table.cumsum(axis=1)).sum(axis=1)
    index = fair.outcome.index
    return replace(
        fair,
        task="multiclass",
        outcome=pd.Series(names[draw], index=index),
        selected=None,
        probabilities=pd.DataFrame(table, index=index, columns=names),
        favourable=("good", "middling"),
    )


def test_each_favourable_class_is_a_decision_of_its_own(classes: Evidence, demand: Demand) -> None:
    predicted = classes.probabilities.idxmax(axis=1)  # type: ignore[union-attr]
    for check, limits in {
        "adverse_impact_ratio": {"min": 0.8},
        "true_positive_rate_gap": {"max": 0.1},
        "false_positive_rate_gap": {"max": 0.1},
    }.items():
        policy = demand(check, tasks=("multiclass",), intersections=False, **limits)

        found = _found(policy, classes)

        assert list(found) == [
            "race [good]",
            "race [middling]",
            "sex [good]",
            "sex [middling]",
        ]
        assert found["race [good]"].verdict is Verdict.FAIL
        assert found["sex [good]"].verdict is not Verdict.FAIL
        assert found["race [good]"].key == f"bias.{check}:race [good]"
        assert "race [good]" in found["race [good]"].message
    ratio = _found(demand("adverse_impact_ratio", tasks=("multiclass",), min=0.8), classes)[
        "race [good]"
    ]
    rates = (predicted == "good").groupby(classes.sensitive["race"]).mean()
    assert ratio.value == pytest.approx(rates.min() / rates.max())


def test_without_a_favourable_class_there_is_no_evidence(classes: Evidence, demand: Demand) -> None:
    policy = demand("adverse_impact_ratio", tasks=("multiclass",), min=0.8)

    found = _found(policy, replace(classes, favourable=()))

    assert list(found) == ["race", "sex", "race × sex"]
    assert {result.verdict for result in found.values()} == {Verdict.INSUFFICIENT_EVIDENCE}
    assert "Declare in the use case" in str(found["race"].remedy)


def test_a_favourable_class_that_the_model_does_not_know_is_an_error(
    classes: Evidence, demand: Demand
) -> None:
    policy = demand("adverse_impact_ratio", tasks=("multiclass",), min=0.8, intersections=False)

    result = _found(policy, replace(classes, favourable=("great",)))["race [great]"]

    assert result.verdict is Verdict.ERROR
    assert "'great'" in result.message
    assert "good, middling, bad" in result.message


def test_guessed_groups_are_capped_per_class_too(classes: Evidence, demand: Demand) -> None:
    policy = demand("adverse_impact_ratio", tasks=("multiclass",), min=0.8, intersections=False)

    found = _found(policy, replace(classes, origins={}))

    assert not any(result.verdict.lets_through for result in found.values())

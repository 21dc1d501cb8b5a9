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


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        pytest.param({}, set(), id="clean"),
        pytest.param({"inputs": "race"}, {"race"}, id="the feature"),
        pytest.param({"inputs": "RACE"}, {"race"}, id="other letters"),
        pytest.param({"inputs": "sex "}, {"sex"}, id="a space behind"),
        pytest.param({"inputs": "applicant_sex"}, {"sex"}, id="a word of the name"),
        pytest.param({"inputs": "raceCode"}, {"race"}, id="a word in camel case"),
        pytest.param({"inputs": "essex"}, set(), id="only a part of a word"),
        pytest.param({"inputs": "married"}, {"marital_status"}, id="alias of another basis"),
        pytest.param({"owners": {"made": ["Sex"]}}, {"sex"}, id="behind an engineered column"),
    ],
)
def test_no_sensitive_feature_is_an_input(
    fair: Evidence, demand: Demand, change: dict[str, object], failing: set[str]
) -> None:
    if "inputs" in change:
        change = {"inputs": fair.inputs.assign(**{str(change["inputs"]): 1})}
    policy = demand("sensitive_isolation", aliases={"marital_status": ["married"]})

    found = _found(policy, replace(fair, **change))  # type: ignore[arg-type]

    assert list(found) == ["race", "sex", "marital_status"]
    assert {name for name, result in found.items() if result.verdict is Verdict.FAIL} == failing


def test_the_sweep_covers_cut_offs_on_both_sides(fair: Evidence, demand: Demand) -> None:
    result = _found(demand("adverse_impact_sweep", min=0.7, span=0.1), fair)["race"]

    assert result.verdict is Verdict.PASS
    rates = [point["selection_rate"] for point in result.details["points"]]
    centre = float(fair.selected.mean())  # type: ignore[union-attr]
    assert min(rates) == pytest.approx(centre - 0.1, abs=0.01)
    assert max(rates) == pytest.approx(centre + 0.1, abs=0.01)


def test_the_sweep_finds_what_the_present_cut_off_hides(fair: Evidence, demand: Demand) -> None:
    timid = fair.sensitive["race"] == "b"
    capped = replace(fair, score=fair.score.where(~timid, 0.5 + 0.1 * (fair.score - 0.5)))

    point = _found(demand("adverse_impact_ratio", min=0.8), capped)["race"]
    sweep = _found(demand("adverse_impact_sweep", min=0.8, span=0.2), capped)["race"]

    assert point.verdict is Verdict.PASS
    assert sweep.verdict is Verdict.FAIL


def test_a_score_with_gaps_is_an_error(fair: Evidence, demand: Demand) -> None:
    gaps = replace(fair, score=fair.score.where(fair.score > 0.2))

    found = _found(demand("adverse_impact_sweep", min=0.8), gaps)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}


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


def test_a_score_in_words_is_an_error(fair: Evidence, demand: Demand) -> None:
    words = replace(fair, score=fair.score.map(str))

    found = _found(demand("adverse_impact_sweep", min=0.8), words)

    assert {result.verdict for result in found.values()} == {Verdict.ERROR}

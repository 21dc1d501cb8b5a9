"""Building: every figure of the card is one of the records', and says where it is from."""

import math
from dataclasses import replace
from typing import Any

import pytest

from accredit_governance.cards import reading
from accredit_governance.cards.build import build_card
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.groups import group_tables
from accredit_governance.cards.inputs import CardInputs
from accredit_governance.cards.method import method_of
from accredit_governance.gates.results import GateReport, Verdict

from .conftest import check, digest, made_inputs


def test_groups_come_from_the_details_of_checks(card: ModelCard) -> None:
    race, marital = card.groups

    assert (race.check, race.subject, race.reference) == ("adverse_impact_ratio", "race", "white")
    assert (race.statistic, marital.statistic) == ("selection rate", "rate")
    nonwhite = race.rows[1]
    assert (nonwhite.n, nonwhite.value, nonwhite.compared) == (91, 0.6923, 0.7784)
    assert nonwhite.note == "fails"
    assert marital.rows[1].note == "44 more rows needed"
    assert marital.rows[2].value is None
    assert race.evidence == "gates/bias.adverse_impact_ratio:race#/details/groups"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        pytest.param(
            {"groups": {"f": {"tpr": 0.8, "n": 10}}}, [("f", 10, 0.8, None)], id="mapping"
        ),
        pytest.param(
            {"groups": [{"name": "f", "selection_rate": 0.5, "ci": [0.4, 0.6]}]},
            [("f", None, 0.5, 0.4)],
            id="interval as a pair",
        ),
        pytest.param(
            {"t": [{"group": "f", "smd": 0.1, "interval": {"low": 0.0, "high": 0.2}}]},
            [("f", None, 0.1, 0.0)],
            id="unknown figure",
        ),
        pytest.param({"t": [{"group": "f"}]}, [("f", None, None, None)], id="no figure"),
        pytest.param({"t": [1, 2], "s": "x"}, [], id="no groups"),
        pytest.param({"t": [{"group": "f", "column": "zip"}]}, [], id="a table of columns"),
        pytest.param({"slices": [{"name": "f", "score": 0.7}]}, [], id="a table of slices"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_group_tables_are_tolerant(details: dict[str, Any], expected: list[Any]) -> None:
    tables = group_tables([check("bias.x:sex", Verdict.PASS, 0.9, details=details)])

    assert [(r.group, r.n, r.value, r.low) for t in tables for r in t.rows] == expected


def test_performance_has_value_interval_and_evidence(card: ModelCard) -> None:
    auc = card.performance.metrics[0]

    assert (auc.name, auc.value, auc.n) == ("auc", 0.7659, 597)
    assert auc.interval is not None
    assert auc.evidence == "gates/performance.auc"
    assert [p.n for p in card.performance.calibration] == [61, 120, 190, 226]
    assert card.performance.calibration_evidence == "gates/performance.calibration"


def test_attributions_are_ranked_and_add_up(card: ModelCard) -> None:
    ranking = card.explanation.ranking

    assert [a.column for a in ranking] == ["cons", "obrat", "hexp", "typur"]
    assert sum(a.share for a in ranking) == pytest.approx(1.0)


def test_columns_say_why_they_are_no_inputs(card: ModelCard) -> None:
    roles = {c.name: (c.role, c.reason) for c in card.data.columns}

    assert roles["approve"] == ("target", None)
    assert roles["obrat"] == ("input", None)
    assert roles["race"] == ("sensitive", "sensitive: declared for the use case")
    assert roles["action"] == ("left_out", "leakage: predicts the target alone")
    assert [c.name for c in card.data.left_out] == ["race", "action"]


def test_rare_categories_are_counted_not_named(card: ModelCard) -> None:
    typur = next(c for c in card.data.columns if c.name == "typur")

    assert typur.categories == ("single", "two family", "condo")
    assert typur.categories_total == 4
    assert all("Elm Street" not in limit.sentence for limit in card.limits)


def test_limits_are_measured(card: ModelCard) -> None:
    sentences = {limit.subject: limit.sentence for limit in card.limits}

    assert sentences["obrat"] == "Seen between 0 and 95; beyond, it extrapolates."
    assert "44 more rows are needed" in sentences["marital: unmarried"]
    assert "No rate could be computed" in sentences["marital: unknown"]
    assert "race" not in sentences


def test_the_method_is_read_from_the_run(card: ModelCard) -> None:
    method = card.method

    assert (method.trials, method.trials_failed) == (4, 1)
    assert [(m.name, m.family, m.weight) for m in method.members] == [
        ("1", "lightgbm", 0.7),
        ("2", "logistic", 0.3),
    ]
    assert method.members[0].params == {"leaves": 15, "trees": 212}
    assert [c.trial for c in method.leaderboard] == ["1", "2"]
    assert method.leaderboard[0].score_std == pytest.approx(0.011)
    assert (method.score_of_blend, method.folds) == (0.7835, "5 stratified folds")
    assert (method.threshold, method.budget_s) == (0.8125, 60)
    assert method.mitigation == (
        "demographic parity on race: ratio 0.914 out of fold, at least 0.9 was demanded"
    )
    assert method.families == ("lightgbm", "logistic")


def test_a_mitigation_names_all_its_features() -> None:
    asked = {"constraint": "demographic_parity", "min_ratio": 0.9, "ratio": 0.914}

    one, several = (
        method_of({"mitigation": {**asked, "sensitive_feature": named}}, {})
        for named in ("race", ["race", "sex"])
    )

    assert (one.mitigation or "").startswith("demographic parity on race: ratio 0.914")
    assert (several.mitigation or "").startswith("demographic parity on race and sex: ratio")


@pytest.mark.parametrize(
    ("folds", "words"),
    [
        pytest.param(
            {"count": 5, "repeats": 2, "kind": "grouped"}, "5 grouped folds, drawn 2 times"
        ),
        pytest.param({"count": 3, "repeats": 1, "kind": "time_ordered"}, "3 time ordered folds"),
        pytest.param(
            {"count": 1, "repeats": 1, "kind": "stratified"}, "a single stratified hold-out"
        ),
    ],
)
def test_folds_are_told_in_words(folds: dict[str, object], words: str) -> None:
    assert method_of({"folds": folds}, {}).folds == words


def test_less_discriminatory_alternatives_are_told_in_words() -> None:
    none = {"considered": 7, "best": {"ratio": 0.81}, "found": []}
    one = {"name": "trial 4", "ratio": 0.925, "score_loss": 0.0031, "beyond_noise": False}

    alone, several = (
        method_of({"alternatives": told}, {}).alternatives
        for told in (none, {**none, "found": [one]})
    )

    assert alone == (
        "of 7 candidates, the best by score has a lowest ratio of 0.81; none that scores nearly as "
        "well has a higher one"
    )
    assert (several or "").endswith(
        "1 that score nearly as well have a higher one, up to 0.925 (trial 4, 0.0031 of score "
        "less, not beyond noise)"
    )
    assert method_of({"alternatives": None}, {}).alternatives is None


def test_a_trial_whose_worker_died_has_failed() -> None:
    trials = [{"state": state} for state in ("finished", "pruned", "crashed", "hung", "failed")]

    assert method_of({"trials": trials}, {}).trials_failed == 3


def test_lineage_binds_every_digest(card: ModelCard, inputs: CardInputs) -> None:
    found = {s.noun: s.content_digest for s in card.lineage}

    assert found == {
        "dataset version": digest("d"),
        "run": digest("e"),
        "bundle": digest("b"),
        "policy": digest("f"),
        "gate report": inputs.gates.digest(),
    }


def test_an_empty_run_record_leaves_blanks_not_errors() -> None:
    card = build_card(made_inputs(run={}, contract={}, profile={}, attribution={}))

    assert card.method.metric == "unknown"
    assert card.method.threshold is None
    assert card.data.columns == ()
    assert card.explanation.ranking == ()


def test_records_of_the_wrong_shape_leave_blanks_too() -> None:
    odd = {"trials": "none", "settings": [1], "blend": {"t1": 0.6, "t2": 0.0}, "findings": [None]}

    card = build_card(made_inputs(run=odd, contract={"threshold": True, "columns": {"a": 1}}))

    assert [(m.name, m.weight) for m in card.method.members] == [("t1", 0.6)]
    assert card.method.threshold is None


def test_a_card_says_what_changed(inputs: CardInputs, card: ModelCard) -> None:
    results = [
        r.model_copy(update={"value": 0.79}) if r.key == "performance.auc" else r
        for r in inputs.gates.results
    ]
    gates = GateReport(
        policy="p", policy_version=1, policy_digest=digest("1"), results=tuple(results)
    )

    later = build_card(replace(inputs, gates=gates, previous=card))

    assert later.change is not None
    assert later.change.previous_digest == card.digest()
    assert ("auc", 0.7659, 0.79) in [(f.name, f.before, f.after) for f in later.change.figures]
    assert later.change.notes == ("the policy is another one",)


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, 1.0), (0.5, 0.5), (True, None), (math.nan, None), (math.inf, None), ("1", None)],
)
def test_only_finite_numbers_are_numbers(value: object, found: float | None) -> None:
    assert reading.number(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a", "a"),
        (" ", None),
        (True, "true"),
        (False, "false"),
        (2.0, "2"),
        (math.nan, None),
        ([], None),
    ],
)
def test_text_is_text_that_says_something(value: object, found: str | None) -> None:
    assert reading.text(value) == found

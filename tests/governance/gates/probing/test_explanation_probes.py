"""Probes of explanations, asked of real models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import InputColumn, Kind
from accredit_engine.explanation.attributions import is_exact
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.probes import Probes
from accredit_governance.gates.probing import (
    backgrounds,
    challenger,
    explaining,
    monotone_grid,
    refits,
    replacements,
)
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.results import Verdict
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import read
from tests.governance.gates.cases import build_case

Built = Callable[..., Case]
CHECKS: list[dict[str, Any]] = [
    {"check": "explanation_stability", "min": 0.65, "refits": 2},
    {"check": "seed_stability", "max": 0.05, "refits": 3},
    {"check": "background_stability", "min": 0.9},
    {"check": "reason_faithfulness", "min": 0.3},
    {"check": "monotonicity", "directions": {"income": 1}},
    {"check": "simple_challenger", "min": 0.01},
]


@pytest.fixture(scope="session")
def everything(credit: Policy) -> Policy:
    data = credit.model_dump(mode="json")
    data["gates"] = [{**check, "source": "[house] test"} for check in CHECKS]
    data["applies_to"]["tasks"] = ["binary", "multiclass", "regression"]
    data["decisions"] |= {
        "reasons": {"income": "Income too low", "debt": "Debt too high", "region": "Region"},
        "non_disclosable": ["years", "owner", "filed"],
    }
    return read(data)


@pytest.fixture(scope="session")
def built(everything: Policy, tmp_path_factory: pytest.TempPathFactory) -> Built:
    made: dict[str, Case] = {}

    def build(task: str = "binary", **settings: Any) -> Case:
        key = f"{task} {sorted(settings.items())}"
        if key not in made:
            folder = tmp_path_factory.mktemp("case")
            made[key] = build_case(folder, everything, task, **settings)
        return made[key]

    return build


def changed(case: Case, check: str, **parameters: object) -> Case:
    """The case under a policy with other parameters of one check."""
    data = case.policy.model_dump(mode="json")
    for gate in data["gates"]:
        if gate["check"] == check:
            gate |= parameters
    return replace(case, policy=read(data))


def equal(one: refits.Refits, other: refits.Refits) -> bool:
    return all(
        np.array_equal(a.answers.score, b.answers.score) and np.array_equal(a.reasons, b.reasons)
        for a, b in zip(one.refits, other.refits, strict=True)
    )


def test_refits_with_other_seeds_are_asked_but_not_explained(built: Built) -> None:
    case = built()

    found = refits.seeds(case)

    assert len(found.refits) == 3
    assert len({refit.seed for refit in found.refits}) == 3
    for refit in found.refits:
        assert refit.answers.score.shape == (len(case.inputs),)
        assert refit.reasons.shape == (0, 4)
        assert not len(refit.importance)
        assert not np.array_equal(refit.answers.score, case.evidence.score)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_refits_from_resampled_rows_are_explained_on_the_same_rows(built: Built, task: str) -> None:
    case = built(task)

    found = refits.bootstrap(case)

    values = case.evidence.attributions.iloc[found.rows].to_numpy()
    assert found.importance == pytest.approx(np.abs(values).mean(axis=0))
    assert found.columns == tuple(case.inputs.columns)
    assert len(found.refits) == 2
    for refit in found.refits:
        assert refit.reasons.shape == found.reasons.shape == (len(found.rows), 4)
        assert refit.importance.shape == found.importance.shape
        assert len(refit.answers.score) == len(found.rows)
    assert equal(found, refits.bootstrap(case))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_stability_of_a_real_model_is_judged_for_every_task(built: Built, task: str) -> None:
    case = built(task)
    found = Probes(bootstrap_refits=refits.bootstrap(case))

    report = evaluate(case.policy, replace(case.evidence, probes=found))

    result = next(r for r in report.results if r.check == "explanation_stability")
    assert result.verdict in {Verdict.PASS, Verdict.FAIL}
    assert result.value is not None
    assert 0.5 < result.value < 1
    assert 0.5 < result.details["rank_correlation"] <= 1
    assert (result.details["disagreement"] is None) == (task == "regression")
    assert result.details["rows"] == ("refused rows" if task == "binary" else "rows")


def test_the_class_that_is_explained_is_the_one_the_model_predicts(built: Built) -> None:
    case = built("multiclass")
    rows = case.inputs.iloc[:20]

    explained = explaining.explained_class(case.model, rows)

    values = explaining.contributions_of(case.model, rows, explained)
    assert values == pytest.approx(case.evidence.attributions.iloc[:20].to_numpy())
    assert case.evidence.probabilities is not None
    assert (explained == case.evidence.probabilities.iloc[:20].to_numpy().argmax(axis=1)).all()


def test_a_bootstrap_sample_repeats_rows_and_changes_with_its_seed(built: Built) -> None:
    case = built()

    first, second = refits.resampled(case, 1), refits.resampled(case, 2)

    assert len(first) == len(case.train)
    assert 0.55 < len(np.unique(first)) / len(first) < 0.72
    assert not np.array_equal(first, second)
    assert np.array_equal(first, refits.resampled(case, 1))


def test_a_bootstrap_sample_keeps_groups_whole(built: Built) -> None:
    case = built(groups="customer")

    drawn = refits.resampled(case, 1)

    assert len(drawn) == len(case.train)
    times = np.bincount(drawn, minlength=len(case.train))
    customers = pd.Series(times).groupby(case.train["customer"].to_numpy())
    # Two rows each, always drawn together; only the group at the end may be cut.
    assert (customers.max() - customers.min()).sum() <= 1
    assert times.max() > 1


def test_exact_members_have_no_background_to_depend_on(built: Built) -> None:
    found = backgrounds.probe(built())

    assert not found.depends


@pytest.fixture(scope="session")
def vectors(built: Built) -> Case:
    return built(families=["svm"], max_trials=1)


def test_sampled_members_are_explained_against_two_disjoint_backgrounds(vectors: Case) -> None:
    found = backgrounds.probe(vectors)

    assert found.depends
    assert found.sizes == (200, 200)
    assert len(found.first) == len(found.second) == len(found.rows)
    assert not np.array_equal(found.first, found.second)
    again = backgrounds.probe(vectors)
    assert np.array_equal(found.first, again.first)


def test_another_background_changes_the_reasons_but_no_answer(vectors: Case) -> None:
    train = vectors.evidence.train_inputs
    rows = vectors.inputs.iloc[:10]
    assert not all(is_exact(part.member) for part in vectors.model.parts)

    other = backgrounds.with_background(vectors.model, train.iloc[:40])

    assert np.array_equal(other.margin(rows), vectors.model.margin(rows))
    before, after = vectors.model.explain(rows), other.explain(rows)
    assert not np.allclose(before.values.to_numpy(), after.values.to_numpy())
    total = after.values.to_numpy().sum(axis=1) + after.base
    assert total == pytest.approx(after.margin, abs=1e-9)


def test_reasons_are_set_to_what_approved_rows_have(built: Built) -> None:
    case = built()

    found = replacements.probe(case)

    assert case.evidence.selected is not None
    assert not case.evidence.selected.iloc[found.rows].any()
    assert found.most == 3
    assert found.top.mean() > found.random.mean() + 0.2
    first = int(found.rows[0])
    row = case.inputs.iloc[[first]].copy()
    phi = case.evidence.attributions.iloc[first]
    good = case.evidence.train_inputs[case.evidence.train_selected]
    kinds = {column.name: column.kind for column in case.model.contract.columns}
    for name in phi[phi < 0].nsmallest(3).index:
        row[name] = replacements.typical_value(good[name], kinds[name])
    assert bool(case.model.decide(row)[0]) == bool(found.top[0])


def test_replacing_is_the_same_every_time(built: Built) -> None:
    one, other = replacements.probe(built()), replacements.probe(built())

    assert np.array_equal(one.random, other.random)


def test_where_nobody_is_refused_nothing_is_replaced(built: Built) -> None:
    case = built()
    assert case.evidence.selected is not None
    kind = replace(case.evidence, selected=case.evidence.selected | True)

    found = replacements.probe(replace(case, evidence=kind))

    assert len(found.rows) == len(found.top) == 0


def test_a_model_without_decisions_has_nothing_to_replace(built: Built) -> None:
    with pytest.raises(ValueError, match="no decisions"):
        replacements.probe(built("regression"))


@pytest.mark.parametrize(
    ("values", "kind", "typical"),
    [
        pytest.param([3, 1, 2, 9], Kind.NUMERIC, 2, id="lower median of whole numbers"),
        pytest.param([1.5, np.nan, 0.5], Kind.NUMERIC, 0.5, id="missing values aside"),
        pytest.param([np.nan, np.nan, 1.0], Kind.NUMERIC, None, id="mostly missing"),
        pytest.param([7, 1, 1, 9], Kind.CATEGORICAL, 1, id="codes are no amounts"),
        pytest.param(["b", "a", "b", None], Kind.CATEGORICAL, "b", id="most frequent"),
        pytest.param(["b", "a"], Kind.CATEGORICAL, "a", id="tie"),
        pytest.param([True, True, False], Kind.BOOLEAN, True, id="truth"),
        pytest.param(["10", "9", "9"], Kind.NUMERIC, "9", id="numbers as text"),
        pytest.param([], Kind.NUMERIC, None, id="no rows"),
    ],
)
def test_typical_values(values: list[Any], kind: Kind, typical: object) -> None:
    assert replacements.typical_value(pd.Series(values), kind) == typical


def test_a_typical_time_is_one_that_occurs() -> None:
    times = pd.Series(pd.to_datetime(["2020-01-01", "2020-01-09", "2020-02-01"]))

    assert replacements.typical_value(times, Kind.DATETIME) == pd.Timestamp("2020-01-09")


def test_a_held_direction_has_no_violations(built: Built) -> None:
    case = built(monotone={"income": 1}, families=["boosting"])

    (income,) = monotone_grid.probe(case).directions

    assert (income.column, income.violations) == ("income", 0)
    assert income.steps == len(case.inputs) * 19


def test_violations_are_those_of_moving_row_by_row(built: Built) -> None:
    case = changed(built(), "monotonicity", directions={"debt": 1})

    (debt,) = monotone_grid.probe(case).directions

    column = next(c for c in case.model.contract.columns if c.name == "debt")
    values = monotone_grid.grid_values(column, case.evidence.train_inputs["debt"])
    assert values is not None
    margins = np.stack(
        [case.model.margin(case.inputs.assign(debt=value)) for value in values], axis=1
    )
    steps = np.diff(margins, axis=1)
    assert debt.violations == int((steps < -1e-9 * np.maximum(1, np.abs(margins[:, 1:]))).sum())
    assert debt.violations > 0
    assert debt.worst == pytest.approx(-steps.min())


def test_directions_of_policy_and_run_are_both_tried(built: Built) -> None:
    case = replace(
        changed(
            built(), "monotonicity", directions={"income": 1, "years": 1, "region": 1, "gone": 1}
        ),
        monotone={"years": -1, "filed": 1, "owner": 1},
    )

    found = monotone_grid.probe(case)

    assert [(d.column, d.direction) for d in found.directions] == [
        ("filed", 1),
        ("income", 1),
        ("owner", 1),
    ]
    assert found.conflicts == ("years",)
    assert found.unordered == ("region",)
    assert found.absent == ("gone",)
    assert found.undeclared == ("debt",)


def column(kind: Kind, *categories: str) -> InputColumn:
    return InputColumn("c", kind, True, categories=tuple((name, 1) for name in categories))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        pytest.param([3.0, 1.0, np.nan, 1.0], Kind.NUMERIC, [1.0, 3.0], id="few values"),
        pytest.param([True, False, True], Kind.BOOLEAN, [False, True], id="truth"),
        pytest.param(["a", "b"], Kind.CATEGORICAL, None, id="no order"),
        pytest.param(["2", "x", "1.5"], Kind.NUMERIC, [1.5, 2.0], id="numbers among words"),
    ],
)
def test_grid_values(values: list[Any], kind: Kind, expected: list[Any] | None) -> None:
    found = monotone_grid.grid_values(column(kind), pd.Series(values))

    assert (None if found is None else found.tolist()) == expected


def test_an_ordered_category_is_moved_in_its_order() -> None:
    scale = column(Kind.ORDINAL, "low", "middle", "high")

    found = monotone_grid.grid_values(scale, pd.Series(["high", "low", "odd", "middle", "low"]))

    assert found is not None
    assert found.tolist() == ["low", "middle", "high"]


def test_a_grid_reaches_both_ends_even_where_one_value_is_everywhere() -> None:
    values = pd.Series(np.concatenate([np.zeros(9_000), np.arange(1_000.0)]))

    found = monotone_grid.grid_values(column(Kind.NUMERIC), values)

    assert found is not None
    assert (found.min(), found.max()) == (0.0, 999.0)
    assert 15 <= len(found) <= 20
    assert found.is_monotonic_increasing


def test_the_challenger_is_the_best_readable_trial(built: Built) -> None:
    case = built(families=["boosting", "linear", "naive_bayes"], max_trials=4)
    simple = [t for t in case.record["trials"] if t["family"] in {"linear", "naive_bayes"}]
    best = max(simple, key=lambda trial: trial["score"])

    found = challenger.probe(replace(case, rationale="because"))

    assert found.name == f"trial {best['number']} ({best['family']})"
    assert found.rationale == "because"
    assert found.answers is not None
    assert found.answers.score.shape == (len(case.inputs),)
    trees_alone = challenger.probe(built(families=["boosting"], monotone={"income": 1}))
    assert (trees_alone.name, trees_alone.answers) == ("", None)


def test_a_readable_model_is_its_own_challenger(built: Built) -> None:
    assert challenger.probe(built(families=["linear"], max_trials=2)).is_the_model

"""Less discriminatory alternatives: looked for, chosen by the record, confirmed on other rows."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.probes import Alternative, Answers, Probes, Tradeoff
from accredit_governance.gates.probing import alternative
from accredit_governance.gates.probing.alternative import alike
from accredit_governance.gates.probing.case import Case
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy
from tests.governance.gates.cases import build_case

Demand = Callable[..., Policy]
FEATURES = ("race", "sex")


@pytest.fixture(scope="module")
def policy(demand: Demand) -> Policy:
    return demand("alternative_search", min_candidates=50)


@pytest.fixture(scope="module")
def biased(fair: Evidence) -> Evidence:
    """The fair model with the scores of race b lowered."""
    margin = np.log(fair.score / (1 - fair.score)) - 0.8 * (fair.sensitive["race"] == "b")
    score = 1 / (1 + np.exp(-margin))
    return replace(fair, score=score, selected=score >= 0.5)


def searched(**changes: Any) -> Alternative:
    """A search that found nothing."""
    nothing = Alternative(
        considered=60,
        tolerance=0.005,
        metric="roc_auc",
        subjects=(*FEATURES, "race × sex"),
        found=0,
        name="",
        score_gap=math.nan,
        answers=None,
        curve=(Tradeoff("blend", 0.8, 0.7),),
    )
    return replace(nothing, **changes)


def found(score: "pd.Series[float]", evidence: Evidence) -> Alternative:
    """A search whose alternative has these scores."""
    values = score.to_numpy()
    assert evidence.selected is not None
    answers = Answers(values, selected=alike(values, int(evidence.selected.sum())))
    return searched(found=2, name="trial 12", score_gap=0.001, answers=answers)


def judged(evidence: Evidence, policy: Policy, seen: Alternative | None) -> CheckResult:
    report = evaluate(policy, replace(evidence, probes=Probes(alternative=seen)), declared=FEATURES)
    return next(r for r in report.results if r.check == "alternative_search")


def test_a_search_among_guessed_groups_does_not_pass(
    fair: Evidence, biased: Evidence, policy: Policy, demand: Demand
) -> None:
    guessed = {"race": "inferred", "sex": "self_reported"}
    strict = demand("alternative_search", min_candidates=50, on_confirmed="block")

    nothing = judged(replace(fair, origins=guessed), policy, searched())
    blocked = judged(replace(biased, origins=guessed), strict, found(fair.score, biased))

    assert judged(fair, policy, searched()).verdict is Verdict.PASS
    assert nothing.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "race is inferred" in nothing.message
    assert blocked.verdict is Verdict.FAIL


def test_a_confirmed_alternative_is_for_people_to_decide_unless_the_policy_fails_it(
    fair: Evidence, biased: Evidence, policy: Policy, demand: Demand
) -> None:
    seen = found(fair.score, biased)
    strict = demand("alternative_search", min_candidates=50, on_confirmed="block")

    open_, blocked = judged(biased, policy, seen), judged(biased, strict, seen)

    assert blocked.verdict is Verdict.FAIL
    assert open_.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert blocked.details["confirmed"]
    assert blocked.details["gain"]["low"] > 0.1
    assert "trial 12" in blocked.message
    assert "a reviewer has to say why it is not used" in blocked.message
    assert blocked.remedy is not None
    assert "like trial 12" in blocked.remedy


def test_an_alternative_within_chance_is_not_confirmed(biased: Evidence, policy: Policy) -> None:
    """Its decisions on a few people differ."""
    score = biased.score.copy()
    score.iloc[:40] = biased.score.iloc[:40] + 0.02

    result = judged(biased, policy, found(score, biased))

    assert result.verdict is Verdict.PASS
    assert not result.details["confirmed"]
    assert "is not confirmed" in result.message
    assert "nothing is claimed about other models" in result.message


def test_an_alternative_that_loses_too_much_on_the_test_rows_is_none(
    fair: Evidence, biased: Evidence, policy: Policy
) -> None:
    """Even scores for all groups, by throwing most of what is known away."""
    noise = pd.Series(np.random.default_rng(1).random(len(fair.score)), index=fair.score.index)

    result = judged(biased, policy, found(noise, biased))

    assert result.details["gain"]["low"] > 0
    assert result.details["loss"]["value"] > 0.005
    assert result.verdict is Verdict.PASS


def test_the_figures_are_those_of_the_test_rows(
    fair: Evidence, biased: Evidence, policy: Policy
) -> None:
    result = judged(biased, policy, found(fair.score, biased))

    assert biased.selected is not None
    rates = {race: float(biased.selected[biased.sensitive["race"] == race].mean()) for race in "ab"}
    (race,) = (row for row in result.details["ratios"] if row["subject"] == "race")
    assert race["model"] == pytest.approx(rates["b"] / rates["a"])
    ours, theirs = result.details["test"]
    assert ours["selected"] == pytest.approx(theirs["selected"])
    assert result.details["loss"]["value"] == pytest.approx(
        ours["score"]["value"] - theirs["score"]["value"]
    )
    assert ours["ratio"]["value"] == min(row["model"] for row in result.details["ratios"])
    assert result.details["out_of_fold"] == [{"name": "blend", "score": 0.8, "ratio": 0.7}]
    assert result.n == len(biased.outcome)


def test_a_search_without_alternatives_passes_and_claims_no_more(
    fair: Evidence, policy: Policy
) -> None:
    result = judged(fair, policy, searched())

    assert result.verdict is Verdict.PASS
    assert result.value == 60
    assert "says nothing about models that were not tried" in result.message


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        pytest.param(searched(considered=0, subjects=()), "made no record", id="no record"),
        pytest.param(searched(considered=49), "at least 50", id="just too few models"),
        pytest.param(searched(tolerance=0.004), "within 0.004", id="a narrower search"),
        pytest.param(
            searched(subjects=("race",)), "did not compare groups of sex", id="a feature left out"
        ),
        pytest.param(searched(found=1), "none that can be trained by itself", id="not askable"),
        pytest.param(None, "not gathered", id="not asked"),
    ],
)
def test_a_search_that_leaves_something_open_does_not_pass(
    seen: Alternative | None, says: str, fair: Evidence, policy: Policy
) -> None:
    result = judged(fair, policy, seen)

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert says in result.message
    assert result.remedy


def test_just_enough_models_are_enough(fair: Evidence, policy: Policy) -> None:
    assert judged(fair, policy, searched(considered=50)).verdict is Verdict.PASS


def test_a_declared_feature_without_test_rows_is_not_skipped(
    fair: Evidence, biased: Evidence, policy: Policy
) -> None:
    blind = replace(biased, sensitive=biased.sensitive[["race"]])

    result = judged(blind, policy, found(fair.score, biased))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "'sex'" in result.message


def test_a_model_that_selects_nobody_is_an_error(fair: Evidence, policy: Policy) -> None:
    nobody = replace(fair, selected=fair.score > 2)

    assert judged(nobody, policy, found(fair.score, nobody)).verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("score", "count", "chosen"),
    [
        pytest.param([0.1, 0.9, 0.5, 0.7], 2, [1, 3], id="the highest"),
        pytest.param([0.1, 0.9, 0.5, 0.7], 0, [], id="nobody"),
        pytest.param([0.1, 0.9, 0.5, 0.7], 4, [0, 1, 2, 3], id="everybody"),
        pytest.param([0.9, 0.5, 0.5, 0.5], 2, [0], id="equals together, fewer is nearer"),
        pytest.param([0.9, 0.5, 0.5, 0.5], 3, [0, 1, 2, 3], id="equals together, more is nearer"),
        pytest.param([0.9, 0.5, 0.5, 0.1], 2, [0], id="equally near, the smaller number"),
    ],
)
def test_a_cut_off_selects_about_as_many_and_equals_alike(
    score: list[float], count: int, chosen: list[int]
) -> None:
    assert np.flatnonzero(alike(np.array(score), count)).tolist() == chosen


@given(
    st.lists(st.floats(0, 1, width=16), min_size=1, max_size=60),
    st.integers(0, 60),
)
def test_whoever_is_selected_scores_higher_than_whoever_is_not(
    score: list[float], count: int
) -> None:
    values = np.array(score)

    chosen = alike(values, min(count, len(values)))

    if chosen.any() and not chosen.all():
        assert values[chosen].min() > values[~chosen].max()


@pytest.fixture(scope="module")
def case(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A run of three trials, the model a blend; linear trials, which train at once."""
    folder = tmp_path_factory.mktemp("alternatives")
    return build_case(folder, policy, families=["linear"], max_trials=3)


def entry(name: str, ratio: float, loss: float = 0.001) -> dict[str, Any]:
    return {"name": name, "score": 0.8 - loss, "ratio": ratio, "score_loss": loss}


def with_record(case: Case, *entries: dict[str, Any], **changes: Any) -> Case:
    recorded = {
        "considered": 4,
        "tolerance": {"value": 0.005, "unit": "score"},
        "best": {"name": "blend", "score": 0.8, "ratio": 0.9, "ratios": {"sex": 0.9}},
        "rate": 0.4,
        "found": list(entries),
        "curve": [{"name": "blend", "score": 0.8, "ratio": 0.9}],
        **changes,
    }
    return replace(case, record={**case.record, "alternatives": recorded})


def other_trials(case: Case) -> list[int]:
    own = {part.trial for part in case.model.parts}
    return [n for n in range(3) if {n} != own]


def test_the_probe_reads_the_record_of_a_real_run(case: Case) -> None:
    seen = alternative.probe(case)

    recorded = case.record["alternatives"]
    assert seen.considered == recorded["considered"] == 4
    assert seen.tolerance == 0.005
    assert seen.metric == "roc_auc"
    assert seen.subjects == ("sex",)
    assert [point.name for point in seen.curve] == [p["name"] for p in recorded["curve"]]


def test_the_first_alternative_within_the_tolerance_is_asked(case: Case) -> None:
    first, second = other_trials(case)[:2]
    seen = alternative.probe(
        with_record(
            case,
            entry("trial 99", 0.99, loss=0.006),
            entry(f"trial {first}", 0.95, loss=0.005),
            entry(f"trial {second}", 0.93),
        )
    )

    assert seen.found == 2
    assert seen.name == f"trial {first}"
    assert seen.score_gap == 0.005
    assert seen.answers is not None
    expected = case.rebuilder.of_trial(first).favourable_probability(case.inputs)
    np.testing.assert_array_equal(seen.answers.score, expected)
    assert seen.answers.selected is not None
    assert case.evidence.selected is not None
    assert seen.answers.selected.sum() == case.evidence.selected.sum()


def test_the_model_is_no_alternative_to_itself(case: Case) -> None:
    assert alternative.probe(with_record(case, entry("blend", 0.95))).found == 0


def test_a_model_of_one_trial_is_known_by_its_number(case: Case) -> None:
    alone = replace(case, model=replace(case.model, parts=case.model.parts[:1]))
    number = alone.model.parts[0].trial

    assert alternative.probe(with_record(alone, entry(f"trial {number}", 0.95))).found == 0


@pytest.mark.parametrize(
    ("ratio", "more_alike"),
    [pytest.param(1.01, True, id="more alike"), pytest.param(0.0, False, id="less alike")],
)
def test_the_best_of_the_search_is_an_alternative_to_a_model_that_is_not_it(
    case: Case, ratio: float, *, more_alike: bool
) -> None:
    number = other_trials(case)[0]
    best = {"name": f"trial {number}", "score": 0.81, "ratio": ratio, "ratios": {"sex": ratio}}

    seen = alternative.probe(with_record(case, best=best, curve=[best]))

    assert seen.found == int(more_alike)
    assert seen.name == (f"trial {number}" if more_alike else "")
    if more_alike:
        assert seen.score_gap == 0
        assert seen.answers is not None


def test_the_blend_is_measured_as_the_search_measured_it(case: Case) -> None:
    """Its ratio out of fold is in the record of a run only where nothing beats it."""
    number = other_trials(case)[0]
    real = case.record["alternatives"]
    points = {point["name"]: point for point in (real["best"], *real["found"], *real["curve"])}
    blend = points["blend"]
    best = {**blend, "name": f"trial {number}"}

    asked = with_record(case, best=best, curve=[best], rate=real["rate"])

    # Equal to the blend's own ratio is no gain; a little more is.
    assert alternative.probe(asked).found == 0
    above = {**best, "ratio": best["ratio"] + 0.01}
    assert alternative.probe(with_record(case, best=above, curve=[], rate=real["rate"])).found == 1


def test_a_single_trial_whose_ratio_nobody_knows_is_held_against_the_best(case: Case) -> None:
    alone = replace(case, model=replace(case.model, parts=case.model.parts[:1]))
    other = next(n for n in range(3) if n != alone.model.parts[0].trial)
    best = {"name": f"trial {other}", "score": 0.8, "ratio": 0.1, "ratios": {"sex": 0.1}}

    assert alternative.probe(with_record(alone, best=best, curve=[best])).name == best["name"]


def test_a_tolerance_in_other_units_is_no_tolerance_of_the_score(case: Case) -> None:
    unit = {"value": 1.0, "unit": "standard_errors"}

    assert alternative.probe(with_record(case, tolerance=unit)).tolerance == 0


def test_a_run_without_a_record_of_alternatives_has_considered_none(case: Case) -> None:
    blank = replace(case, record={**case.record, "alternatives": None})

    seen = alternative.probe(blank)

    assert seen.considered == 0
    assert seen.answers is None


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_an_alternative_is_never_selected_on_the_rows_that_certify_it(
    seed: int, case: Case
) -> None:
    """Whatever happened to the people of the test rows and whoever they are: the same choice."""
    first, second = other_trials(case)[:2]
    asked = with_record(case, entry(f"trial {first}", 0.95), entry(f"trial {second}", 0.93))
    random = np.random.default_rng(seed)
    evidence, holdout = case.evidence, case.holdout
    outcome = pd.Series(random.random(len(holdout)) < random.random(), index=holdout.index)
    sex = random.choice(["female", "male", "other"], len(holdout))
    changed = replace(
        asked,
        evidence=replace(
            evidence, outcome=outcome, sensitive=pd.DataFrame({"sex": sex}, index=holdout.index)
        ),
        holdout=holdout.assign(good=outcome.astype(int), sex=sex),
    )

    here, there = alternative.probe(asked), alternative.probe(changed)

    assert (there.name, there.found, there.score_gap) == (here.name, here.found, here.score_gap)
    assert here.answers is not None
    assert there.answers is not None
    np.testing.assert_array_equal(there.answers.score, here.answers.score)
    np.testing.assert_array_equal(there.answers.selected, here.answers.selected)


def test_a_governed_run_is_judged_from_end_to_end(case: Case) -> None:
    few = case.policy.model_copy(
        update={"gates": (case.policy.gates[0].model_copy(update={"min_candidates": 4}),)}
    )
    asked = with_record(case, entry(f"trial {other_trials(case)[0]}", 0.95))

    probes = Probes(alternative=alternative.probe(asked))
    report = evaluate(few, replace(case.evidence, probes=probes), declared=["sex"])

    assert report.results[0].verdict in {Verdict.PASS, Verdict.FAIL}
    assert report.results[0].details["test"][1]["name"].startswith("trial")

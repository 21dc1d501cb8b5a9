"""What must not be done with groups of people, one test per prohibition.

That an alternative is not selected on the rows that certify it is tested with the alternatives.
"""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from accredit_engine import AutoML
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy
from accredit_governance.registry.tables.serving import PredictionRow
from tests.governance.gates.lending import gathered, people, terms, trained

Demand = Callable[..., Policy]
LIMITS: dict[str, dict[str, float]] = {
    "attribute_coverage": {"min": 0.8},
    "adverse_impact_ratio": {"min": 0.8, "warn": 0.9},
    "adverse_impact_sweep": {"min": 0.8},
    "true_positive_rate_gap": {"max": 0.1, "warn": 0.05},
    "false_positive_rate_gap": {"max": 0.1},
    "predictive_value_gap": {"max": 0.1},
    "scoring_rate_ratio": {"min": 0.8},
    "group_calibration": {"min_ratio": 0.8, "max_gap": 0.06},
    "group_auc_gap": {"max": 0.05},
    "group_mean_difference": {"max": 0.3, "warn": 0.1},
    "group_residual_gap": {"max": 0.1},
    "group_error_ratio": {"max": 1.25, "warn": 1.1},
    "attribute_origin": {},
    "proxy_strength": {"max": 0.85},
    "sensitive_isolation": {},
}
REGRESSION_ONLY = {"group_residual_gap", "group_error_ratio"}
ABOUT_GROUPS = sorted(set(LIMITS) - {"sensitive_isolation", "attribute_origin"})


def _policy(demand: Demand, check: str) -> Policy:
    tasks = ("regression",) if check in REGRESSION_ONLY else ()
    return demand(check, tasks=tasks, **LIMITS[check])


def _suited(evidence: Evidence, check: str) -> Evidence:
    if check not in REGRESSION_ONLY:
        return evidence
    noise = np.random.default_rng(3).normal(size=len(evidence.margin))
    return replace(
        evidence,
        task="regression",
        score=evidence.margin,
        outcome=evidence.margin + noise,
        selected=None,
    )


@pytest.fixture(scope="module")
def lender() -> AutoML:
    return trained("binary", "paid", favourable="yes")


def test_every_bias_check_is_looked_at_here() -> None:
    names = {name for name, spec in CHECKS.items() if spec.gate == "bias"}

    assert names == {*LIMITS, "alternative_search"}


@pytest.mark.parametrize("check", ABOUT_GROUPS)
def test_no_check_is_skipped_because_the_attribute_is_absent(
    fair: Evidence, demand: Demand, check: str
) -> None:
    report = evaluate(_policy(demand, check), _suited(fair, check), declared=["religion"])

    found = [result for result in report.results if "religion" in str(result.subject)]
    assert found
    assert {result.verdict for result in found} == {Verdict.INSUFFICIENT_EVIDENCE}
    assert all("religion" in str(result.remedy) for result in found if result.subject == "religion")


@pytest.mark.parametrize("check", ABOUT_GROUPS)
def test_no_guess_takes_the_place_of_an_attribute_in_silence(
    fair: Evidence, demand: Demand, check: str
) -> None:
    guessed = replace(_suited(fair, check), origins={"race": "inferred", "sex": "inferred"})

    results = evaluate(_policy(demand, check), guessed).results

    assert not any(result.verdict.lets_through for result in results)
    assert all(result.details["inferred"] for result in results)


@pytest.mark.parametrize("check", sorted({*ABOUT_GROUPS} - {"proxy_strength"}))
def test_people_of_unknown_group_are_not_dropped(
    fair: Evidence, demand: Demand, check: str
) -> None:
    race = fair.sensitive["race"].where(np.arange(3_000) % 5 > 0, None)
    partly = _suited(replace(fair, sensitive=fair.sensitive.assign(race=race)), check)

    result = next(
        r for r in evaluate(_policy(demand, check), partly).results if r.subject == "race"
    )

    if check == "attribute_coverage":
        assert result.details["groups"]["unknown"] == 600
    elif check == "adverse_impact_sweep":
        assert result.n == 3_000
    else:
        table = {row["group"]: row for row in result.details["groups"]}
        assert table["unknown"]["rows"] == 600
        assert table["unknown"]["gating"]
        assert not table["unknown"]["reference"]


def test_the_threshold_is_frozen_before_the_test_rows_are_seen(lender: AutoML) -> None:
    rows = people(300, seed=1)
    other = rows.assign(paid=rows["paid"].to_numpy()[::-1])

    one, two = (gathered(lender, terms(), frame) for frame in (rows, other))

    assert one.selected is not None
    assert two.selected is not None
    assert not one.outcome.equals(two.outcome)
    assert one.selected.equals(two.selected)
    assert one.selected.equals(one.score >= lender.model_.threshold)


def test_groups_are_those_declared_whatever_the_test_rows_show(lender: AutoML) -> None:
    rows = people(300, seed=1)
    young = rows.assign(age=rows["age"].clip(upper=45))

    found = gathered(lender, terms(), young)

    assert set(found.sensitive["age"]) == {"under 40", "40 to 61"}
    assert set(found.train_sensitive["age"]) == {"under 40", "40 to 61", "62 and over"}


@pytest.mark.parametrize("check", ["adverse_impact_ratio", "group_mean_difference"])
def test_a_declared_reference_stays_whatever_the_test_rows_show(
    fair: Evidence, demand: Demand, check: str
) -> None:
    told = replace(fair, references={"race": "b"})
    worse = fair.sensitive["race"] == "b"
    changed = replace(
        told,
        score=fair.score.where(~worse, fair.score / 2),
        selected=fair.selected & (~worse | (fair.score > 0.7)),  # type: ignore[operator]
    )
    policy = _policy(demand, check)

    for evidence in (told, changed):
        result = next(r for r in evaluate(policy, evidence).results if r.subject == "race")
        assert result.details["reference"] == "b"


def test_a_report_is_bound_to_the_policy_it_was_judged_under(
    fair: Evidence, demand: Demand
) -> None:
    policy = demand("adverse_impact_ratio", min=0.8)
    kinder = demand("adverse_impact_ratio", min=0.7)

    report = evaluate(policy, fair)

    assert report.policy_digest == policy.digest()
    assert report.policy_digest != kinder.digest()
    assert report == evaluate(policy, fair)
    with pytest.raises(ValidationError):
        policy.gates[0].min = 0.5  # type: ignore[union-attr,misc]


def test_there_is_one_threshold_for_everybody(lender: AutoML) -> None:
    model = lender.model_
    rows = people(300, seed=1)
    swapped = rows.assign(sex=np.where(rows["sex"] == "male", "female", "male"), age=20)

    decided = model.decide(rows)

    assert isinstance(model.threshold, float)
    assert np.array_equal(decided, model.favourable_probability(rows) >= model.threshold)
    assert np.array_equal(decided, model.decide(swapped))
    assert np.array_equal(decided, model.decide(rows.drop(columns=["sex", "age"])))
    assert np.array_equal(decided, model.decide(rows)), "equal people get equal answers"


def test_what_is_kept_of_a_prediction_has_no_place_for_a_sensitive_feature(
    lender: AutoML,
) -> None:
    """Only inputs of the contract and the answer are logged, and neither holds one."""
    inputs = {column.name for column in lender.model_.contract.columns}
    left_out = {left.name: left.reason.value for left in lender.model_.contract.left_out}

    assert not inputs & {"age", "sex"}
    assert left_out["age"] == left_out["sex"] == "sensitive"
    assert set(PredictionRow.__table__.columns.keys()) == {
        "id",
        "project_id",
        "deployment_id",
        "model_version_id",
        "access_grant_id",
        "principal_id",
        "predicted_at",
        "purpose",
        "inputs",
        "answer",
        "digest",
        "segment_id",
    }


PRAISE = re.compile(
    r"\bfair|unbiased|no bias|bias-free|not biased|discriminat|equitable", re.IGNORECASE
)
ALLOWED = "less discriminatory alternative"


def _shaken(fair: Evidence, seed: int) -> Evidence:
    """The evidence with fewer rows, other groups, gaps and a bias of random strength."""
    rng = np.random.default_rng(seed)
    rows = int(rng.choice([30, 200, 1_000, 3_000]))
    parts = ("inputs", "sensitive", "outcome", "score", "selected", "attributions", "margin")
    cut = replace(fair, **{part: getattr(fair, part).iloc[:rows] for part in parts})
    race = rng.choice(list("abcde")[: rng.integers(1, 6)], rows).astype(object)
    race[rng.random(rows) < rng.choice([0, 0.1, 0.5])] = None
    sensitive = cut.sensitive.assign(race=race)
    own = sensitive["race"] == "a"
    score = cut.score.where(~own, cut.score * rng.choice([1, 0.8, 0.4]))
    return replace(
        cut,
        sensitive=sensitive,
        score=score,
        margin=np.log(score / (1 - score)),
        selected=score >= rng.choice([0.2, 0.5, 0.8]),
        origins={"race": "self_reported", "sex": str(rng.choice(["inferred", "third_party"]))},
    )


def test_no_message_calls_a_model_free_of_bias(fair: Evidence, demand: Demand) -> None:
    near = demand("adverse_impact_ratio", min=0.8, warn=0.99)
    heard: list[CheckResult] = [*evaluate(near, fair).results]
    for check in LIMITS:
        for seed in range(6):
            evidence = _suited(_shaken(fair, seed), check)
            heard += evaluate(_policy(demand, check), evidence).results

    assert {result.verdict for result in heard} >= {
        Verdict.PASS,
        Verdict.WARN,
        Verdict.FAIL,
        Verdict.INSUFFICIENT_EVIDENCE,
        Verdict.ERROR,
    }
    assert not any("broke" in result.message for result in heard)
    for result in heard:
        said = f"{result.message} {result.remedy or ''}".replace(ALLOWED, "")
        assert not PRAISE.search(said), said


def test_a_pass_says_what_was_measured_and_how_sure_it_is(fair: Evidence, demand: Demand) -> None:
    for check in ("adverse_impact_ratio", "group_auc_gap", "group_calibration"):
        policy = demand(check, **(LIMITS[check] | ({"max": 0.1} if "auc" in check else {})))
        result = evaluate(policy, fair).results[0]

        assert result.verdict in {Verdict.PASS, Verdict.WARN}
        assert re.search(r"\d", result.message)
        assert "beyond chance" in result.message or result.verdict is Verdict.WARN
        assert result.interval is not None


def test_a_row_of_data_is_in_no_answer(fair: Evidence, demand: Demand) -> None:
    marked = replace(fair, score=pd.Series(fair.score.to_numpy(), fair.score.index))
    secret = f"{float(marked.score.iloc[1234]):.12f}"[:12]

    for check in sorted(set(LIMITS) - REGRESSION_ONLY - {"adverse_impact_sweep"}):
        for result in evaluate(_policy(demand, check), marked).results:
            assert secret not in result.model_dump_json()

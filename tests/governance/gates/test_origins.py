"""Guessed groups decide nothing in favour of a model."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import read

Demand = Callable[..., Policy]
GROUP_CHECKS = [
    pytest.param("attribute_coverage", {"min": 0.8}, "binary", id="attribute_coverage"),
    pytest.param("adverse_impact_ratio", {"min": 0.8}, "binary", id="adverse_impact_ratio"),
    pytest.param("adverse_impact_sweep", {"min": 0.7}, "binary", id="adverse_impact_sweep"),
    pytest.param("true_positive_rate_gap", {"max": 0.2}, "binary", id="true_positive_rate_gap"),
    pytest.param("false_positive_rate_gap", {"max": 0.2}, "binary", id="false_positive_rate_gap"),
    pytest.param("predictive_value_gap", {"max": 0.2}, "binary", id="predictive_value_gap"),
    pytest.param("scoring_rate_ratio", {"min": 0.8}, "binary", id="scoring_rate_ratio"),
    pytest.param(
        "group_calibration", {"min_ratio": 0.8, "max_gap": 0.06}, "binary", id="group_calibration"
    ),
    pytest.param("group_auc_gap", {"max": 0.2}, "binary", id="group_auc_gap"),
    pytest.param("group_mean_difference", {"max": 0.3}, "binary", id="group_mean_difference"),
    pytest.param("group_residual_gap", {"max": 0.3}, "regression", id="group_residual_gap"),
    pytest.param("group_error_ratio", {"max": 1.5}, "regression", id="group_error_ratio"),
    pytest.param("proxy_strength", {"max": 0.85}, "binary", id="proxy_strength"),
]


def _found(policy: Policy, evidence: Evidence, **more: object) -> dict[str | None, CheckResult]:
    return {r.subject: r for r in evaluate(policy, evidence, **more).results}  # type: ignore[arg-type]


def _beside_origin(policy: Policy, *, allow_inferred: bool) -> Policy:
    """The same policy, which also asks for the origin."""
    data = policy.model_dump(mode="json")
    data["gates"].append(
        {
            "check": "attribute_origin",
            "source": "[house] test",
            "allow_inferred": allow_inferred,
        }
    )
    return read(data)


def _guessed(fair: Evidence, task: str, origins: dict[str, str]) -> Evidence:
    found = replace(fair, origins=origins)
    if task == "regression":
        noise = fair.margin * 0 + fair.inputs["debt"].to_numpy()[::-1]
        found = replace(
            found, task=task, score=fair.margin, outcome=fair.margin + noise, selected=None
        )
    return found


@pytest.mark.parametrize(("check", "parameters", "task"), GROUP_CHECKS)
@pytest.mark.parametrize(
    "origins",
    [{"sex": "self_reported", "race": "inferred"}, {"sex": "third_party"}],
    ids=["inferred", "unknown"],
)
def test_a_verdict_on_guessed_groups_is_no_pass_under_any_policy(
    fair: Evidence,
    demand: Demand,
    check: str,
    parameters: dict[str, float],
    task: str,
    origins: dict[str, str],
) -> None:
    policy = demand(check, tasks=(task,), **parameters)

    known = _found(policy, _guessed(fair, task, {"sex": "third_party", "race": "self_reported"}))
    found = _found(policy, _guessed(fair, task, origins))

    assert {r.verdict for r in known.values()} == {Verdict.PASS}
    assert found["sex"].verdict is Verdict.PASS
    capped = [result for name, result in found.items() if "race" in str(name)]
    assert {r.verdict for r in capped} == {Verdict.INSUFFICIENT_EVIDENCE}
    for result in capped:
        assert "does not count" in result.message
        assert result.remedy is not None
        assert result.details["inferred"] == ["race"]
        assert result.details["uncapped"] == "pass"
        assert result.value is not None


def test_every_check_of_groups_is_capped() -> None:
    examined = {param.values[0] for param in GROUP_CHECKS}
    about_people = {name for name, spec in CHECKS.items() if spec.gate == "bias"}

    # These say nothing about how groups fare.
    assert about_people - examined == {
        "attribute_origin",
        "sensitive_isolation",
        "alternative_search",
    }


@pytest.mark.parametrize("origins", [{"race": "inferred"}, {}, {"race": "guesswork"}], ids=str)
def test_the_origin_of_a_guess_is_insufficient_unless_allowed(
    fair: Evidence, demand: Demand, origins: dict[str, str]
) -> None:
    guessed = replace(fair, origins=origins, sensitive=fair.sensitive[["race"]])
    strict = _found(demand("attribute_origin"), guessed)["race"]
    lenient = _found(demand("attribute_origin", allow_inferred=True), guessed)["race"]

    assert strict.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert strict.remedy is not None
    assert strict.value == 1.0
    assert lenient.verdict is Verdict.WARN


@pytest.mark.parametrize("origin", ["self_reported", "third_party"])
def test_a_reported_feature_has_an_origin(fair: Evidence, demand: Demand, origin: str) -> None:
    told = replace(fair, origins=dict.fromkeys(("race", "sex"), origin))

    found = _found(demand("attribute_origin"), told)

    assert list(found) == ["race", "sex"]
    assert {result.verdict for result in found.values()} == {Verdict.PASS}
    assert found["race"].details["origin"] == origin


@pytest.mark.parametrize(
    ("allow", "verdict"), [(True, Verdict.PASS), (False, Verdict.INSUFFICIENT_EVIDENCE)]
)
def test_a_policy_may_take_guesses_for_known(
    fair: Evidence, demand: Demand, allow: bool, verdict: Verdict
) -> None:
    policy = _beside_origin(demand("adverse_impact_ratio", min=0.8), allow_inferred=allow)
    report = evaluate(policy, replace(fair, origins={}))

    found = {r.subject: r for r in report.results if r.check == "adverse_impact_ratio"}

    assert found["race"].verdict is verdict
    assert found["race × sex"].verdict is verdict


def test_a_pair_is_guessed_when_one_of_its_features_is(fair: Evidence, demand: Demand) -> None:
    partly = replace(fair, origins={"race": "self_reported", "sex": "inferred"})

    found = _found(demand("adverse_impact_ratio", min=0.8), partly)

    assert found["race"].verdict is Verdict.PASS
    assert found["race × sex"].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "sex is inferred" in found["race × sex"].message


def test_a_warning_on_guesses_is_no_warning(fair: Evidence, demand: Demand) -> None:
    policy = demand("adverse_impact_ratio", min=0.8, warn=0.99)
    assert _found(policy, fair)["race"].verdict is Verdict.WARN

    found = _found(policy, replace(fair, origins={}))["race"]

    assert found.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert found.details["uncapped"] == "warn"


def test_a_fail_on_guesses_stays_a_fail(fair: Evidence, demand: Demand) -> None:
    unfair = replace(
        fair,
        origins={},
        selected=fair.selected & (fair.sensitive["race"] == "a"),  # type: ignore[operator]
    )

    assert _found(demand("adverse_impact_ratio", min=0.8), unfair)["race"].verdict is Verdict.FAIL

from collections.abc import Callable
from dataclasses import replace

import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _found(policy: Policy, evidence: Evidence) -> dict[str | None, CheckResult]:
    return {result.subject: result for result in evaluate(policy, evidence).results}


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

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


@pytest.mark.parametrize(
    ("column", "basis"),
    [
        pytest.param("applicant_date_of_birth", "age", id="words in a row"),
        pytest.param("dateOfBirth", "age", id="camel case"),
        pytest.param("DateOfBIRTH", "age", id="camel case and capitals"),
        pytest.param("dateofbirth2", "age", id="written together"),
        pytest.param("DATE-OF-BIRTH", "age", id="capitals and dashes"),
        pytest.param("applicant_marital_status", "marital_status", id="the basis itself"),
        pytest.param("national_origin_code", "national_origin", id="a compound basis"),
        pytest.param("spouse_income", "marital_status", id="an alias with a space"),
        pytest.param("tract_min_30", "race", id="an alias with a number"),
    ],
)
def test_compound_names_and_aliases_are_found_however_they_are_written(
    fair: Evidence, demand: Demand, column: str, basis: str
) -> None:
    policy = demand(
        "sensitive_isolation",
        aliases={
            "age": ["date_of_birth"],
            "marital_status": ["spouse income"],
            "national_origin": [],
            "race": ["min30"],
        },
    )

    found = _found(policy, replace(fair, inputs=fair.inputs.assign(**{column: 1})))

    assert {name for name, r in found.items() if r.verdict is Verdict.FAIL} == {basis}
    assert column in found[basis].message


@pytest.mark.parametrize(
    "column", ["birth_weight_of_date", "status_marital", "mining_30", "income_of_spouse", "3_0"]
)
def test_words_apart_or_in_another_order_are_no_alias(
    fair: Evidence, demand: Demand, column: str
) -> None:
    names = ["date_of_birth", "marital_status", "min30", "spouse income", "%"]
    policy = demand("sensitive_isolation", aliases={"other": names})

    found = _found(policy, replace(fair, inputs=fair.inputs.assign(**{column: 1})))

    assert found["other"].verdict is Verdict.PASS

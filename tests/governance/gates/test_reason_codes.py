from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.reasons import principal_reasons
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import read

Demand = Callable[..., Policy]
TEXTS = {"income": "Income too low", "debt": "Debt too high", "region": "Region"}


def _policy(demand: Demand, *others: dict[str, object], **decisions: Any) -> Policy:
    data = demand("reason_coverage").model_dump(mode="json")
    data["gates"] += [{"source": "[house] test", **other} for other in others]
    data["decisions"] |= {"reasons": TEXTS, "non_disclosable": []} | decisions
    return read(data)


def _one(policy: Policy, evidence: Evidence, *, declared: tuple[str, ...] = ()) -> CheckResult:
    return evaluate(policy, evidence, declared=declared).results[0]


def test_every_refusal_is_told_in_approved_words(fair: Evidence, demand: Demand) -> None:
    result = _one(_policy(demand), fair)

    assert fair.selected is not None
    refused = int((~fair.selected).sum())
    assert (result.verdict, result.value, result.n) == (Verdict.PASS, 0.0, refused)
    assert {entry["column"] for entry in result.details["told"]} == set(TEXTS)


def test_every_input_needs_a_reason_text_or_is_kept_back(fair: Evidence, demand: Demand) -> None:
    policy = _policy(demand, reasons={"income": "Income too low", "debt": "Debt too high"})

    result = _one(policy, fair)

    assert result.verdict is Verdict.FAIL
    assert result.details["without_text"] == ["region"]


def test_reasons_that_are_all_secret_are_none(fair: Evidence, demand: Demand) -> None:
    policy = _policy(demand, reasons={"other": "Something else"}, non_disclosable=list(TEXTS))

    result = _one(policy, fair)

    assert result.verdict is Verdict.FAIL
    assert "no input has a reason text" in result.message


def test_a_refusal_without_a_reason_that_can_be_told_fails(fair: Evidence, demand: Demand) -> None:
    kept_back = _policy(
        demand, reasons={"income": "Income too low"}, non_disclosable=["debt", "region"]
    )

    result = _one(kept_back, fair)

    assert fair.selected is not None
    silent = int((~fair.selected & (fair.attributions["income"] >= 0)).sum())
    assert silent > 0
    assert (result.verdict, result.value) == (Verdict.FAIL, float(silent))
    assert result.details["without_reason"] == silent


def test_the_gate_tells_what_serving_would_tell(fair: Evidence, demand: Demand) -> None:
    policy = _policy(demand, max_reasons=1)

    told = _one(policy, fair).details["told"]

    assert fair.selected is not None
    refused = fair.attributions[~fair.selected]
    expected = [
        principal_reasons(row, TEXTS, limit=1)[0].column for row in refused.to_dict("records")
    ]
    assert {entry["column"]: entry["rows"] for entry in told} == {
        column: expected.count(column) for column in set(expected)
    }
    assert sum(entry["share"] for entry in told) == pytest.approx(1)


@pytest.mark.parametrize("name", ["sex", "applicant_sex", "Sex"])
def test_a_sensitive_feature_is_never_a_reason(fair: Evidence, demand: Demand, name: str) -> None:
    renamed = replace(
        fair,
        inputs=fair.inputs.rename(columns={"region": name}),
        attributions=fair.attributions.rename(columns={"region": name}),
    )
    policy = _policy(
        demand, reasons={"income": "Income too low", "debt": "Much debt", name: "Never told"}
    )

    result = _one(policy, renamed, declared=("sex",))

    assert result.verdict is Verdict.FAIL
    assert result.details["sensitive"] == [name]


def test_an_alias_of_a_prohibited_basis_is_never_a_reason(fair: Evidence, demand: Demand) -> None:
    isolation = {"check": "sensitive_isolation", "aliases": {"origin": ["region"]}}

    result = _one(_policy(demand, isolation), fair)

    assert result.verdict is Verdict.FAIL
    assert result.details["sensitive"] == ["region"]


def _proxied(evidence: Evidence) -> Evidence:
    """Region tells the races apart."""
    sensitive = evidence.sensitive.assign(
        race=np.where(evidence.inputs["region"] == "north", "a", "b")
    )
    train = evidence.train_sensitive.assign(
        race=np.where(evidence.train_inputs["region"] == "north", "a", "b")
    )
    return replace(evidence, sensitive=sensitive, train_sensitive=train)


def test_a_strong_proxy_is_never_a_reason(fair: Evidence, demand: Demand) -> None:
    limit = {"check": "proxy_strength", "max": 0.85}
    kept_back = {
        "reasons": {k: TEXTS[k] for k in ("income", "debt")},
        "non_disclosable": ["region"],
    }

    named = _one(_policy(demand, limit), _proxied(fair))
    silent = _one(_policy(demand, limit, **kept_back), _proxied(fair))
    without = _one(_policy(demand), _proxied(fair))

    assert named.verdict is Verdict.FAIL
    assert named.details["proxies"] == ["region"]
    assert silent.details["proxies"] == []
    assert without.details["proxies"] == []


def test_a_feature_that_is_unknown_may_hide_a_proxy(fair: Evidence, demand: Demand) -> None:
    limit = {"check": "proxy_strength", "max": 0.85}

    result = _one(_policy(demand, limit), fair, declared=("religion",))

    assert result.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_groups_too_small_to_tell_may_hide_a_proxy(fair: Evidence, demand: Demand) -> None:
    limit = {"check": "proxy_strength", "max": 0.85}
    lone = replace(
        fair,
        sensitive=fair.sensitive.assign(race="a"),
        train_sensitive=fair.train_sensitive.assign(race="a"),
    )

    assert _one(_policy(demand, limit), lone).verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_many_columns_without_a_text_are_named_in_part(fair: Evidence, demand: Demand) -> None:
    names = {f"extra{at}": fair.inputs["income"] for at in range(9)}
    wide = replace(
        fair,
        inputs=fair.inputs.assign(**names),
        attributions=fair.attributions.assign(**dict.fromkeys(names, 0.0)),
    )

    result = _one(_policy(demand), wide)

    assert "and 4 more" in result.message
    assert len(result.details["without_text"]) == 9


def test_a_model_that_refuses_nobody_has_told_nothing(fair: Evidence, demand: Demand) -> None:
    assert fair.selected is not None
    kind = replace(fair, selected=fair.selected | True)

    assert _one(_policy(demand), kind).verdict is Verdict.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("origins", "limits", "verdict"),
    [
        pytest.param({}, True, Verdict.INSUFFICIENT_EVIDENCE, id="guessed"),
        pytest.param({}, False, Verdict.PASS, id="no groups were asked"),
        pytest.param(
            dict.fromkeys(("race", "sex"), "self_reported"), True, Verdict.PASS, id="reported"
        ),
    ],
)
def test_reasons_do_not_pass_on_proxies_for_guessed_groups(
    fair: Evidence, demand: Demand, origins: dict[str, str], limits: bool, verdict: Verdict
) -> None:
    others = [{"check": "proxy_strength", "max": 0.85}] if limits else []

    result = _one(_policy(demand, *others), replace(fair, origins=origins))

    assert result.verdict is verdict


def test_a_proxy_for_a_guessed_group_still_fails(fair: Evidence, demand: Demand) -> None:
    limit = {"check": "proxy_strength", "max": 0.85}

    result = _one(_policy(demand, limit), replace(_proxied(fair), origins={}))

    assert result.verdict is Verdict.FAIL

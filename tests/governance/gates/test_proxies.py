from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.proxies import cell_table, find_proxies
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]
LIMITS = {"max": 0.85, "warn": 0.7}


def _race(policy: Policy, evidence: Evidence) -> CheckResult:
    return next(r for r in evaluate(policy, evidence).results if r.subject == "race")


def _with_proxy(evidence: Evidence, noise: float, share: float = 0.3) -> Evidence:
    """The same model, whose debt column knows the race and holds a share of the attributions."""
    rng = np.random.default_rng(3)

    def known(inputs: pd.DataFrame, sensitive: pd.DataFrame) -> pd.DataFrame:
        return inputs.assign(debt=(sensitive["race"] == "a") + noise * rng.normal(size=len(inputs)))

    phi = evidence.attributions
    scale = share / (1 - share) * phi[["income", "region"]].abs().mean().sum()
    return replace(
        evidence,
        inputs=known(evidence.inputs, evidence.sensitive),
        train_inputs=known(evidence.train_inputs, evidence.train_sensitive),
        attributions=phi.assign(debt=np.where(np.arange(len(phi)) % 2, scale, -scale)),
    )


def test_unrelated_inputs_are_no_proxies(fair: Evidence, demand: Demand) -> None:
    result = _race(demand("proxy_strength", **LIMITS), fair)

    assert result.verdict is Verdict.PASS
    assert result.value == pytest.approx(0.5, abs=0.05)
    assert result.details["joint_auc"] == pytest.approx(0.5, abs=0.06)
    assert len(result.details["ranking"]) == 6


@pytest.mark.parametrize(
    ("noise", "share", "verdict"),
    [
        pytest.param(0.3, 0.3, Verdict.FAIL, id="strong and used"),
        pytest.param(0.3, 0.01, Verdict.WARN, id="strong, hardly used"),
        pytest.param(0.8, 0.3, Verdict.WARN, id="middling and used"),
        pytest.param(0.8, 0.01, Verdict.PASS, id="middling, hardly used"),
        pytest.param(3.0, 0.3, Verdict.PASS, id="weak"),
    ],
)
def test_a_proxy_counts_as_far_as_the_model_uses_it(
    fair: Evidence, demand: Demand, noise: float, share: float, verdict: Verdict
) -> None:
    result = _race(demand("proxy_strength", **LIMITS), _with_proxy(fair, noise, share))

    assert result.verdict is verdict


def test_a_proxy_is_ranked_and_shows_in_the_joint_area(fair: Evidence, demand: Demand) -> None:
    result = _race(demand("proxy_strength", **LIMITS), _with_proxy(fair, 0.3))

    assert "debt" in result.message
    assert result.details["ranking"][0]["column"] in {"debt", "income"}
    assert result.details["joint_auc"] > 0.95


def test_a_proxy_without_order_is_found_by_its_cells() -> None:
    rng = np.random.default_rng(1)
    far = rng.normal(size=2_000)
    inputs = pd.DataFrame({"far": far, "place": rng.choice(list("wxyz"), 2_000)})
    group = pd.Series(np.where(np.abs(far) > 0.7, "a", "b")).astype("category")

    proxies = find_proxies(cell_table(inputs), group, pd.Series({"far": 1.0}), 0.95, 0)

    found = {(proxy.column, proxy.group): proxy.auc for proxy in proxies}
    assert found["far", "a"] > 0.9
    assert found["place", "a"] == pytest.approx(0.5, abs=0.06)


def test_missing_values_can_give_a_group_away() -> None:
    rng = np.random.default_rng(1)
    group = pd.Series(rng.choice(["a", "b"], 1_000)).astype("category")
    inputs = pd.DataFrame({"gap": np.where(group == "a", np.nan, rng.normal(size=1_000))})

    (first, _) = find_proxies(cell_table(inputs), group, pd.Series({"gap": 1.0}), 0.95, 0)

    assert first.auc == pytest.approx(1)


def test_many_categories_are_pooled() -> None:
    rng = np.random.default_rng(1)
    group = pd.Series(rng.choice(["a", "b"], 1_000)).astype("category")
    inputs = pd.DataFrame({"code": [f"c{i % 300}" for i in range(1_000)]})

    (first, _) = find_proxies(cell_table(inputs), group, pd.Series({"code": 1.0}), 0.95, 0)

    assert first.auc == pytest.approx(0.5, abs=0.1)


def test_small_groups_and_absent_features_are_missing_evidence(
    fair: Evidence, demand: Demand
) -> None:
    policy = demand("proxy_strength", **LIMITS)
    rare = np.where(np.arange(3_000) < 5, "c", "a")
    few = replace(
        fair,
        sensitive=fair.sensitive.assign(race=rare),
        train_sensitive=fair.train_sensitive[["sex"]],
    )

    assert _race(policy, few).verdict is Verdict.INSUFFICIENT_EVIDENCE
    nowhere = evaluate(policy, fair, declared=["age"]).results[0]
    assert (nowhere.subject, nowhere.verdict) == ("age", Verdict.INSUFFICIENT_EVIDENCE)


def test_features_of_other_rows_are_an_error(fair: Evidence, demand: Demand) -> None:
    cut = replace(fair, sensitive=fair.sensitive.iloc[:50])

    assert _race(demand("proxy_strength", **LIMITS), cut).verdict is Verdict.ERROR

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates.cells import cell_table
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.proxies import find_proxies, joint_area
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


def _birth(form: str) -> "Callable[[pd.Series[float]], pd.Series[str]]":
    return lambda age: (
        pd.Timestamp(2026, 1, 1) - pd.to_timedelta((age * 365).round(), "D")
    ).dt.strftime(form)


@pytest.mark.parametrize(
    "kept_as",
    [
        pytest.param(lambda age: age, id="a number"),
        pytest.param(lambda age: age.round(3).astype(str), id="a number as text"),
        pytest.param(lambda age: age.round().astype("int64").astype("category"), id="categories"),
        pytest.param(lambda age: pd.to_datetime(_birth("%Y-%m-%d")(age)), id="a date"),
        pytest.param(
            lambda age: pd.to_datetime(_birth("%Y-%m-%d")(age), utc=True), id="a date with a zone"
        ),
        pytest.param(lambda age: pd.to_timedelta(age * 365, "D"), id="a time span"),
        pytest.param(_birth("%Y-%m-%d"), id="a date as text"),
        pytest.param(_birth("%m/%d/%Y"), id="an American date as text"),
        pytest.param(_birth("%d.%m.%Y"), id="a European date as text"),
        pytest.param(
            lambda age: age.round(3).astype(str).where(age.index % 20 != 0, "n/a"),
            id="text with some that is no number",
        ),
    ],
)
def test_an_age_gives_its_band_away_however_it_is_kept(
    kept_as: "Callable[[pd.Series[float]], pd.Series[object]]",
) -> None:
    age = pd.Series(np.random.default_rng(1).uniform(20, 80, 4_000))
    group = pd.Series(np.where(age < 62, "under 62", "62 and over")).astype("category")
    inputs = pd.DataFrame({"born": kept_as(age)})

    found = find_proxies(cell_table(inputs), group, pd.Series({"born": 1.0}), 0.95, 0)

    assert min(proxy.auc for proxy in found) > 0.93


@pytest.mark.parametrize("dtype", ["int64", "str", "category"])
def test_a_postal_code_gives_away_who_lives_there(dtype: str) -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 1_000, 20_000)
    likely = rng.choice([0.97, 0.03], 1_000)[codes]
    group = pd.Series(np.where(rng.random(20_000) < likely, "a", "b")).astype("category")
    inputs = pd.DataFrame({"zip": pd.Series(codes + 10_000).astype(dtype)})
    cells = cell_table(inputs)

    (first, _) = find_proxies(cells, group, pd.Series({"zip": 1.0}), 0.95, 0)

    assert first.auc > 0.94
    assert joint_area(cells, group, 0) > 0.94


def test_more_values_than_a_small_integer_holds_are_pooled() -> None:
    inputs = pd.DataFrame({"id": [f"id {i}" for i in range(40_000)]})
    group = pd.Series(np.where(np.arange(40_000) % 3, "a", "b")).astype("category")

    (first, _) = find_proxies(cell_table(inputs), group, pd.Series({"id": 1.0}), 0.95, 0)

    assert first.auc == pytest.approx(0.5, abs=0.05)


def test_an_input_below_the_least_share_is_not_called_used(fair: Evidence, demand: Demand) -> None:
    policy = demand("proxy_strength", **LIMITS)

    hardly, much = (_race(policy, _with_proxy(fair, 0.3, share)) for share in (0.01, 0.3))

    assert hardly.message.startswith("Among all inputs, however little the model uses them, debt")
    assert much.message.startswith("Among inputs with at least 5% of the attributions, debt")


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

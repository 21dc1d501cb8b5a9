import logging
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from accredit_governance.gates import evaluate as evaluation
from accredit_governance.gates.answer import Finding, answer, interval, plain
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.registry import MEASURES
from accredit_governance.gates.results import Verdict
from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load, read

Demand = Callable[..., Policy]
POLICIES = Path(__file__).parents[3] / "policies"


def test_every_check_of_the_policy_language_is_measured() -> None:
    assert CHECKS
    assert list(MEASURES) == list(CHECKS)


def test_results_come_in_the_order_of_the_policy_and_repeat(fair: Evidence, credit: Policy) -> None:
    one, two = evaluate(credit, fair), evaluate(credit, fair)

    checks = list(dict.fromkeys(result.check for result in one.results))
    assert checks == [gate.check for gate in credit.gates]
    assert one.digest() == two.digest()
    assert one.policy_digest == credit.digest()
    keys = [result.key for result in one.results]
    assert len(keys) == len(set(keys))


def test_a_good_model_fails_nothing_but_the_reason_texts(fair: Evidence, credit: Policy) -> None:
    report = evaluate(credit, fair)

    failed = {Verdict.FAIL, Verdict.ERROR}
    assert [r.check for r in report.results if r.verdict in failed] == ["reason_coverage"]
    assert all(result.source and result.message for result in report.results)


def test_a_check_that_breaks_blocks_and_does_not_tell_what_it_saw(
    fair: Evidence,
    demand: Demand,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("row of Mrs Smith")

    monkeypatch.setattr(evaluation, "MEASURES", MappingProxyType({"critical_findings": breaks}))

    with caplog.at_level(logging.ERROR):
        (result,) = evaluate(demand("critical_findings"), fair).results[:1]

    assert result.verdict is Verdict.ERROR
    assert "RuntimeError" in result.message
    assert "Smith" not in result.message
    assert "Smith" in caplog.text


def test_a_check_that_says_nothing_is_an_error(
    fair: Evidence, demand: Demand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        evaluation, "MEASURES", MappingProxyType({"critical_findings": lambda *_: iter(())})
    )

    assert evaluate(demand("critical_findings"), fair).results[0].verdict is Verdict.ERROR


def test_without_sensitive_features_the_policy_decides(fair: Evidence, demand: Demand) -> None:
    blind = replace(
        fair, sensitive=fair.sensitive.iloc[:, :0], train_sensitive=fair.train_sensitive.iloc[:, :0]
    )
    strict = demand("adverse_impact_ratio", min=0.8)
    data = strict.model_dump(mode="json")
    data["evaluation"]["without_sensitive_features"] = "not_applicable"
    data["gates"].append({"check": "critical_findings", "source": "[house] test"})

    assert evaluate(strict, blind).results[0].verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert evaluate(read(data), blind).results[0].verdict is Verdict.NOT_APPLICABLE
    assert not evaluate(read(data), blind).blocking
    declared = evaluate(read(data), blind, declared=["race"]).results[0]
    assert declared.verdict is Verdict.INSUFFICIENT_EVIDENCE


def test_a_policy_of_which_nothing_applies_does_not_pass(fair: Evidence, demand: Demand) -> None:
    blind = replace(fair, sensitive=fair.sensitive.iloc[:, :0])

    report = evaluate(demand("sensitive_isolation"), blind)

    assert report.results[0].verdict is Verdict.NOT_APPLICABLE
    assert [result.key for result in report.blocking] == ["policy.applicable"]


def test_a_task_outside_the_policy_is_an_error(fair: Evidence, credit: Policy) -> None:
    report = evaluate(credit, replace(fair, task="regression"))

    assert {result.verdict for result in report.results} == {Verdict.ERROR}


def test_a_check_for_other_tasks_says_that_it_examined_nothing(fair: Evidence) -> None:
    policy = load(POLICIES / "internal-default.yaml")
    prices = replace(
        fair,
        task="regression",
        outcome=fair.margin,
        score=fair.margin + 0.1,
        selected=None,
        train_outcome=fair.train_score,
        train_score=fair.train_score + 0.01,
    )

    found = {result.key: result for result in evaluate(policy, prices).results}

    ratio = found["bias.adverse_impact_ratio"]
    assert ratio.verdict is Verdict.NOT_APPLICABLE
    assert "examined nothing" in ratio.message
    assert found["performance.baseline_gain"].verdict is Verdict.PASS


def test_no_value_and_not_a_number_never_pass(demand: Demand) -> None:
    spec = demand("discrimination", min=0.6).gates[0]

    for value in (None, float("nan"), float("inf")):
        for verdict in (Verdict.PASS, Verdict.WARN):
            result = answer(spec, Finding(verdict, "fine", value=value))
            assert result.verdict is Verdict.ERROR
            assert result.value is None


def test_details_are_plain_json() -> None:
    assert plain(
        {"a": np.array([1.0, np.nan]), 2: (np.int64(3), np.bool_(1), None, "x", Verdict.PASS)}
    ) == {
        "a": [1.0, None],
        "2": [3, True, None, "x", "pass"],
    }
    assert plain(Path("there")) == "there"
    assert interval(0.0, float("inf"), 0.95, "x") is None


WATCHED = {
    "outcome": {
        "discrimination",
        "baseline_gain",
        "calibration",
        "overfitting",
        "adverse_impact_ratio",
    },
    "score": {"discrimination", "baseline_gain", "calibration", "overfitting"},
    "selected": {"adverse_impact_ratio", "true_positive_rate_gap", "false_positive_rate_gap"},
    "margin": {"explanation_completeness"},
    "train_outcome": {"baseline_gain", "overfitting"},
    "train_score": {"overfitting"},
    "attributions": {"explanation_completeness", "dominance", "proxy_strength"},
    "sensitive": {"attribute_coverage", "adverse_impact_ratio", "proxy_strength"},
    "inputs": {"explanation_ownership", "holdout_contamination"},
}


def _damaged(whole: pd.DataFrame | pd.Series, damage: str) -> pd.DataFrame | pd.Series:
    """A part of the evidence without rows, without columns, in other order, or with one hole."""
    if damage == "no rows":
        return whole.iloc[:0]
    if damage == "other order":
        return whole.iloc[::-1]
    if damage == "no columns":
        return whole.iloc[:, :0]
    holed = whole.astype("object") if whole.dtypes is np.dtype(bool) else whole.astype("float64")
    if isinstance(holed, pd.DataFrame):
        holed.iloc[123, 0] = np.nan
    else:
        holed.iloc[123] = np.nan
    return holed


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        *((part, "no rows") for part in WATCHED if part != "inputs"),
        *((part, "other order") for part in ("score", "selected", "margin", "attributions")),
        *((part, "other order") for part in ("train_score",)),
        *((part, "one hole") for part in WATCHED if part not in {"inputs", "sensitive"}),
        ("inputs", "no columns"),
    ],
)
def test_damaged_evidence_never_passes(
    head: Callable[[int], Evidence], credit: Policy, part: str, damage: str
) -> None:
    evidence = head(300)

    report = evaluate(
        credit, replace(evidence, **{part: _damaged(getattr(evidence, part), damage)})
    )

    bad = {result.check for result in report.results if not result.verdict.lets_through}
    assert WATCHED[part] <= bad


def test_the_damage_test_knows_every_part_it_names() -> None:
    names = {field.name for field in fields(Evidence)}

    assert set(WATCHED) <= names
    assert set().union(*WATCHED.values()) <= set(CHECKS)

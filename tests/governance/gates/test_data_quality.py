from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy

Demand = Callable[..., Policy]


def _one(policy: Policy, evidence: Evidence) -> CheckResult:
    (result,) = evaluate(policy, evidence).results[:1]
    return result


def _found(evidence: Evidence, *findings: tuple[str, str, str | None]) -> Evidence:
    return replace(
        evidence,
        findings=[
            {"code": code, "severity": severity, "column": column, "message": f"{code} was found."}
            for code, severity, column in findings
        ],
    )


def test_open_warnings_about_inputs_and_the_table_are_counted(
    fair: Evidence, demand: Demand
) -> None:
    evidence = _found(
        replace(fair, excluded={"postcode": "excluded"}),
        ("outliers", "warning", "income"),
        ("duplicate_rows", "warning", None),
        ("leakage", "critical", "debt"),
        ("few_levels", "info", "region"),
        ("high_cardinality", "warning", "postcode"),
    )

    result = _one(demand("open_findings", max=2), evidence)

    assert (result.value, result.verdict) == (2.0, Verdict.PASS)
    assert "outliers (income), duplicate_rows (table)" in result.message
    assert [(row["code"], row["column"]) for row in result.details["findings"]] == [
        ("outliers", "income"),
        ("duplicate_rows", ""),
    ]


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        pytest.param({"max": 3}, Verdict.PASS, id="on the limit"),
        pytest.param({"max": 2}, Verdict.FAIL, id="just above"),
        pytest.param({"max": 5, "warn": 2}, Verdict.WARN, id="above the warning"),
        pytest.param({"max": 5, "warn": 3}, Verdict.PASS, id="on the warning"),
        pytest.param({"max": 0}, Verdict.FAIL, id="none allowed"),
    ],
)
def test_open_warnings_are_held_to_their_limits(
    fair: Evidence, demand: Demand, limits: dict[str, int], verdict: Verdict
) -> None:
    evidence = _found(fair, *(("outliers", "WARNING", "income") for _ in range(3)))

    result = _one(demand("open_findings", **limits), evidence)

    assert result.verdict is verdict
    assert (result.remedy is None) == (verdict is Verdict.PASS)


@pytest.mark.parametrize(
    ("code", "column", "open_"),
    [
        pytest.param("high_cardinality", "number", 0, id="in an excluded column"),
        pytest.param("high_cardinality", "nobody_knows", 1, id="in a column that nobody excluded"),
        pytest.param("group_structure", "number", 1, id="the split ignores who a row is about"),
        pytest.param("group_structure", "household", 0, id="the split goes by household"),
        pytest.param("few_groups", "household", 1, id="the split has few households"),
        pytest.param("time_structure", "number", 1, id="the split ignores the time"),
        pytest.param("missing_target", "repaid", 1, id="about the target"),
        pytest.param("class_imbalance", "number", 1, id="about the target, whatever it names"),
    ],
)
@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_excluding_a_column_settles_what_was_found_in_it_and_no_more(
    fair: Evidence, demand: Demand, severity: str, code: str, column: str, open_: int
) -> None:
    evidence = _found(
        replace(fair, excluded={"number": "identifier", "household": "group"}),
        (code, severity, column),
    )
    limits = {"max": 0} if severity == "warning" else {}
    check = "open_findings" if severity == "warning" else "critical_findings"

    result = _one(demand(check, **limits), evidence)

    assert result.value == open_
    assert result.verdict is (Verdict.FAIL if open_ else Verdict.PASS)


def test_an_order_in_time_is_settled_by_a_split_in_time(fair: Evidence, demand: Demand) -> None:
    found = _found(fair, ("time_structure", "warning", "income"))
    dated = replace(found, time=pd.Series(range(3_000), index=fair.outcome.index, name="filed"))

    assert _one(demand("open_findings", max=0), found).value == 1
    assert _one(demand("open_findings", max=0), dated).value == 0


def test_without_findings_there_is_nothing_open(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("open_findings", max=0), fair)

    assert (result.value, result.verdict) == (0.0, Verdict.PASS)


def test_long_lists_are_cut_but_counted(fair: Evidence, demand: Demand) -> None:
    evidence = _found(fair, *((f"kind_{at}", "warning", "income") for at in range(70)))

    result = _one(demand("open_findings", max=10), evidence)

    assert result.value == 70
    assert len(result.details["findings"]) == 50
    assert result.details["not_listed"] == 20
    assert "and 65 more" in result.message

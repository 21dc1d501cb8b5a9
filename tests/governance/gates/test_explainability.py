from collections.abc import Callable
from dataclasses import replace

import numpy as np
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


def _with_phi(evidence: Evidence, row: int, value: float) -> Evidence:
    phi = evidence.attributions.copy()
    phi.iloc[row, 0] = value
    return replace(evidence, attributions=phi)


def test_exact_attributions_are_complete(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("explanation_completeness", max=1e-6), fair)

    assert result.verdict is Verdict.PASS
    assert result.value is not None
    assert result.value < 1e-12


@pytest.mark.parametrize("row", [0, 1_234, 2_999])
def test_one_wrong_attribution_among_thousands_is_caught(
    fair: Evidence, demand: Demand, row: int
) -> None:
    wrong = _with_phi(fair, row, float(fair.attributions.iloc[row, 0]) + 1e-4)

    result = _one(demand("explanation_completeness", max=1e-6), wrong)

    assert result.verdict is Verdict.FAIL
    assert result.details["rows_beyond"] == 1


def test_errors_are_relative_to_large_margins(fair: Evidence, demand: Demand) -> None:
    phi = fair.attributions * 1e6
    far = replace(fair, attributions=phi, base=np.array([0.0]), margin=phi.sum(axis=1) + 0.5)

    result = _one(demand("explanation_completeness", max=1e-3, warn=1e-9), far)

    assert result.verdict in {Verdict.WARN, Verdict.FAIL}
    assert result.value is not None
    assert result.value < 0.5


def test_a_base_per_row_is_read(fair: Evidence, demand: Demand) -> None:
    each = replace(fair, base=np.full(3_000, 0.2))

    assert _one(demand("explanation_completeness", max=1e-6), each).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: _with_phi(e, 7, float("nan")), id="NaN attribution"),
        pytest.param(lambda e: replace(e, base=np.array(np.nan)), id="NaN base"),
        pytest.param(lambda e: replace(e, base=np.zeros(7)), id="base of other rows"),
        pytest.param(lambda e: replace(e, margin=e.margin.where(e.margin > 0)), id="NaN margin"),
        pytest.param(lambda e: replace(e, margin=e.margin.iloc[::-1]), id="other order"),
        pytest.param(lambda e: replace(e, attributions=e.attributions.iloc[:9]), id="few rows"),
        pytest.param(
            lambda e: replace(e, attributions=e.attributions.iloc[:, :0]), id="no columns"
        ),
        pytest.param(
            lambda e: replace(e, attributions=e.attributions.iloc[:0], margin=e.margin.iloc[:0]),
            id="no rows",
        ),
    ],
)
def test_unusable_attributions_never_pass(
    fair: Evidence, demand: Demand, change: Callable[[Evidence], Evidence]
) -> None:
    result = _one(demand("explanation_completeness", max=1e-6), change(fair))

    assert result.verdict is Verdict.ERROR


def test_sampled_attributions_fail_although_they_add_up(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("explanation_completeness", max=1e-6), replace(fair, exact=False))

    assert result.verdict is Verdict.FAIL
    assert result.value is not None
    assert result.value < 1e-12
    assert "sampled" in result.message


def test_derived_entries_are_listed_with_their_parents(fair: Evidence, demand: Demand) -> None:
    owners = {"debt": ["debt"], "debt / income": ["debt", "income"], "region": ["region"]}

    result = _one(demand("explanation_ownership"), replace(fair, owners=owners))

    assert result.verdict is Verdict.PASS
    assert result.details["derived"] == [{"entry": "debt / income", "parents": ["debt", "income"]}]


def test_every_contribution_has_an_owner(fair: Evidence, demand: Demand) -> None:
    assert _one(demand("explanation_ownership"), fair).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"owners": {"mystery": []}}, "mystery", id="orphan"),
        pytest.param({"owners": {"made": ["elsewhere"]}}, "elsewhere", id="stranger"),
        pytest.param({"attributions": ["income", "debt"]}, "region", id="unexplained input"),
    ],
)
def test_contributions_without_owner_fail(
    fair: Evidence, demand: Demand, change: dict[str, object], named: str
) -> None:
    if "attributions" in change:
        change = {"attributions": fair.attributions[change["attributions"]]}

    result = _one(demand("explanation_ownership"), replace(fair, **change))

    assert result.verdict is Verdict.FAIL
    assert named in result.message


def test_attributions_of_no_input_fail(fair: Evidence, demand: Demand) -> None:
    fewer = replace(fair, inputs=fair.inputs[["income", "debt"]])

    assert _one(demand("explanation_ownership"), fewer).verdict is Verdict.FAIL


def test_a_model_without_inputs_is_an_error(fair: Evidence, demand: Demand) -> None:
    empty = replace(fair, inputs=fair.inputs.iloc[:, :0])

    assert _one(demand("explanation_ownership"), empty).verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        pytest.param({"max": 0.6, "warn": 0.55}, Verdict.PASS, id="below"),
        pytest.param({"max": 0.6, "warn": 0.4}, Verdict.WARN, id="warn"),
        pytest.param({"max": 0.4}, Verdict.FAIL, id="above"),
    ],
)
def test_one_column_must_not_dominate(
    fair: Evidence, demand: Demand, limits: dict[str, float], verdict: Verdict
) -> None:
    result = _one(demand("dominance", **limits), fair)

    assert result.verdict is verdict
    ranking = result.details["ranking"]
    assert [row["column"] for row in ranking] == ["income", "debt", "region"]
    assert sum(row["share"] for row in ranking) == pytest.approx(1)


def test_findings_about_the_dominant_column_are_shown(fair: Evidence, demand: Demand) -> None:
    leak = {"code": "leak", "severity": "warning", "column": "income", "message": "knows it"}
    other = {**leak, "column": "debt"}

    result = _one(demand("dominance", max=0.9), replace(fair, findings=[leak, other]))

    assert result.details["findings"] == [{"code": "leak", "severity": "warning"}]


def test_the_ranking_stays_short(fair: Evidence, demand: Demand) -> None:
    wide = pd.DataFrame(
        np.ones((len(fair.inputs), 60)),
        columns=[f"c{at}" for at in range(60)],
        index=fair.inputs.index,
    )

    result = _one(demand("dominance", max=0.9), replace(fair, attributions=wide))

    assert len(result.details["ranking"]) == 50


def test_a_model_that_uses_nothing_is_an_error(fair: Evidence, demand: Demand) -> None:
    idle = replace(fair, attributions=fair.attributions * 0)

    assert _one(demand("dominance", max=0.6), idle).verdict is Verdict.ERROR


def test_critical_findings_about_inputs_block(fair: Evidence, demand: Demand) -> None:
    def found(severity: str, column: str | None) -> Evidence:
        finding = {"code": "leak", "severity": severity, "column": column, "message": "knows it"}
        return replace(fair, findings=[finding], excluded={"dropped": "leakage"})

    policy = demand("critical_findings")

    assert _one(policy, fair).verdict is Verdict.PASS
    assert _one(policy, found("critical", "income")).verdict is Verdict.FAIL
    assert _one(policy, found("critical", None)).verdict is Verdict.FAIL
    assert _one(policy, found("critical", "dropped")).verdict is Verdict.PASS
    assert _one(policy, found("warning", "income")).verdict is Verdict.PASS


def test_clean_test_rows_are_not_contaminated(fair: Evidence, demand: Demand) -> None:
    result = _one(demand("holdout_contamination", max=0.1, warn=0.01), fair)

    assert (result.value, result.verdict) == (0.0, Verdict.PASS)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        pytest.param(30, Verdict.PASS, id="on the warning"),
        pytest.param(31, Verdict.WARN, id="above the warning"),
        pytest.param(301, Verdict.FAIL, id="above the limit"),
    ],
)
def test_test_rows_that_were_trained_on_are_found(
    fair: Evidence, demand: Demand, rows: int, verdict: Verdict
) -> None:
    leaked = fair.inputs.iloc[:rows].assign(
        region=fair.inputs["region"].iloc[:rows].astype("category")
    )
    evidence = replace(
        fair,
        train_inputs=pd.concat([fair.train_inputs, leaked.astype({"region": "str"})]),
        train_outcome=pd.concat([fair.train_outcome, fair.outcome.iloc[:rows]]),
    )

    result = _one(demand("holdout_contamination", max=0.1, warn=0.01), evidence)

    assert result.value == pytest.approx(rows / 3_000)
    assert result.verdict is verdict


def test_rows_are_compared_whatever_type_they_were_read_as(demand: Demand, fair: Evidence) -> None:
    whole = pd.DataFrame({"n": np.arange(3_000) % 7}, index=fair.inputs.index)
    split = pd.DataFrame({"n": np.arange(3_000.0) % 7}, index=fair.train_inputs.index)
    evidence = replace(fair, inputs=whole, train_inputs=split)

    assert _one(demand("holdout_contamination", max=0.9), evidence).value == 1.0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: {"train_inputs": e.train_inputs[["income"]]}, id="other columns"),
        pytest.param(
            lambda e: {"inputs": e.inputs.iloc[:, :0], "train_inputs": e.train_inputs.iloc[:, :0]},
            id="no columns",
        ),
    ],
)
def test_tables_that_cannot_be_compared_are_an_error(
    fair: Evidence, demand: Demand, change: Callable[[Evidence], dict[str, pd.DataFrame]]
) -> None:
    evidence = replace(fair, **change(fair))

    assert _one(demand("holdout_contamination", max=0.1), evidence).verdict is Verdict.ERROR


def test_a_small_error_of_the_sum_is_a_warning(fair: Evidence, demand: Demand) -> None:
    wrong = _with_phi(fair, 5, float(fair.attributions.iloc[5, 0]) + 1e-7)

    result = _one(demand("explanation_completeness", max=1e-6, warn=1e-9), wrong)

    assert result.verdict is Verdict.WARN

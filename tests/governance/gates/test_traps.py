"""Where other tools answer wrongly without a word, and we do not.

Most traps of a comparison of groups are in `test_bias_fairlearn`; here are those of scores, of
missing values and of explanations.
"""

from collections.abc import Callable
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import sklearn
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_ratio,
    selection_rate,
)

from accredit_engine.bundle.contract import Task
from accredit_engine.explanation.attributions import contributions
from accredit_engine.families.boosting import BoostingFamily
from accredit_engine.families.family import Training
from accredit_governance.gates.evaluate import evaluate
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult, Verdict
from accredit_governance.policy.document import Policy
from tests.governance.gates.lending import gathered, people, terms, trained

Demand = Callable[..., Policy]
CHECKS = [
    pytest.param("adverse_impact_ratio", {"min": 0.8}, id="selection"),
    pytest.param("adverse_impact_sweep", {"min": 0.8}, id="sweep"),
    pytest.param("true_positive_rate_gap", {"max": 0.1}, id="true positives"),
    pytest.param("false_positive_rate_gap", {"max": 0.1}, id="false positives"),
    pytest.param("predictive_value_gap", {"max": 0.1}, id="predictive value"),
    pytest.param("group_calibration", {"min_ratio": 0.8}, id="calibration"),
    pytest.param("group_auc_gap", {"max": 0.1}, id="areas"),
    pytest.param("group_mean_difference", {"max": 0.3}, id="means"),
    pytest.param("scoring_rate_ratio", {"min": 0.8}, id="scoring rates"),
]
USES_DECISIONS = {
    "adverse_impact_ratio",
    "adverse_impact_sweep",
    "true_positive_rate_gap",
    "false_positive_rate_gap",
    "predictive_value_gap",
}
USES_SCORES = {
    "adverse_impact_sweep",
    "group_calibration",
    "group_auc_gap",
    "group_mean_difference",
    "scoring_rate_ratio",
}


def _found(policy: Policy, evidence: Evidence) -> list[CheckResult]:
    results = list(evaluate(policy, evidence).results)
    assert results
    return results


def _verdicts(policy: Policy, evidence: Evidence) -> set[Verdict]:
    return {result.verdict for result in _found(policy, evidence)}


@pytest.mark.parametrize(("check", "limits"), CHECKS)
def test_a_single_group_is_never_parity(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float]
) -> None:
    alone = fair.sensitive.assign(race="a", sex="f")
    assert demographic_parity_ratio(fair.outcome, fair.selected, sensitive_features=alone.race) == 1

    found = _verdicts(
        demand(check, **limits), replace(fair, sensitive=alone, train_sensitive=alone)
    )

    assert found == {Verdict.ERROR}


@pytest.mark.parametrize(("check", "limits"), CHECKS)
def test_an_absent_attribute_is_never_parity(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float]
) -> None:
    missing = fair.sensitive.assign(race=None)

    found = [
        result
        for result in _found(demand(check, **limits), replace(fair, sensitive=missing))
        if "race" in str(result.subject)
    ]

    assert {result.verdict for result in found} == {Verdict.INSUFFICIENT_EVIDENCE}
    assert all(result.remedy for result in found)


@pytest.mark.parametrize(("check", "limits"), CHECKS)
def test_missing_attributes_are_a_group_and_not_an_exception(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float]
) -> None:
    """Fairlearn refuses missing values; dropping them would hide who is unknown."""
    holes = fair.sensitive["race"].where(np.arange(3_000) % 7 > 0, None)
    with pytest.raises(ValueError, match=r"[Mm]issing|NaN|null"):
        MetricFrame(
            metrics=selection_rate,
            y_true=fair.outcome,
            y_pred=fair.selected,
            sensitive_features=holes,
        )

    found = _found(
        demand(check, intersections=False, **limits),
        replace(fair, sensitive=fair.sensitive.assign(race=holes)),
    )[0]

    if check == "adverse_impact_sweep":
        assert found.verdict in {Verdict.PASS, Verdict.INSUFFICIENT_EVIDENCE}
        return
    table = {row["group"]: row for row in found.details["groups"]}
    assert table["unknown"]["rows"] == 429
    assert table["unknown"]["gating"]


@pytest.mark.parametrize(("check", "limits"), CHECKS)
@pytest.mark.parametrize("part", ["score", "selected", "outcome"])
def test_a_missing_number_anywhere_is_never_parity(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float], part: str
) -> None:
    """NaN < 0.8 is false, so a plain comparison lets it pass."""
    holes = getattr(fair, part).astype("object" if part != "score" else "float64").copy()
    holes.iloc[17] = np.nan
    used = {"score": USES_SCORES, "selected": USES_DECISIONS, "outcome": None}[part]

    found = _verdicts(demand(check, **limits), replace(fair, **{part: holes}))

    if used is None:
        used = {param.values[0] for param in CHECKS} - {
            "group_mean_difference",
            "scoring_rate_ratio",
        }
    if check in used:
        assert found == {Verdict.ERROR}


@pytest.mark.parametrize(("check", "limits"), CHECKS)
def test_text_labels_are_never_parity(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float]
) -> None:
    words = {
        "selected": fair.selected.map({True: "yes", False: "no"}),  # type: ignore[union-attr]
        "score": fair.score.map("{:.3f}".format),
    }

    found = _verdicts(demand(check, **limits), replace(fair, **words))

    assert found == {Verdict.ERROR}


@pytest.mark.parametrize(
    ("check", "limits"),
    [param for param in CHECKS if param.values[0] != "group_calibration"],
)
def test_a_constant_score_is_never_parity(
    fair: Evidence, demand: Demand, check: str, limits: dict[str, float]
) -> None:
    """Nobody is above the median, no spread, no ranking: 0/0 must not come out as equal."""
    flat = replace(fair, score=fair.score * 0 + 0.4, selected=fair.score > 2)

    found = _found(demand(check, **limits), flat)

    if check == "group_auc_gap":
        # An area of one half in every group is what a constant has.
        assert all(row["estimate"] == 0.5 for row in found[0].details["groups"])
        return
    if check in {"true_positive_rate_gap", "false_positive_rate_gap"}:
        # Everybody is refused: the rates are truly 0 in every group.
        assert all(row["rate"] == 0 for row in found[0].details["groups"])
        return
    assert not any(result.verdict.lets_through for result in found)


def test_nobody_selected_is_not_a_number_elsewhere_and_an_error_here(
    fair: Evidence, demand: Demand
) -> None:
    nobody = fair.score > 2
    ratio = demographic_parity_ratio(
        fair.outcome, nobody, sensitive_features=fair.sensitive["race"]
    )
    assert np.isnan(ratio)

    found = _verdicts(demand("adverse_impact_ratio", min=0.8), replace(fair, selected=nobody))

    assert found == {Verdict.ERROR}


@pytest.mark.parametrize("outputs", [1, 3])
def test_native_categories_are_explained_exactly_on_every_row(outputs: int) -> None:
    """shap is silently off by up to 1.4 here when it takes the codes for numbers."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 12, 2_000).astype(np.float64)
    matrix = np.column_stack([rng.normal(size=(2_000, 2)), codes])
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    effect = rng.normal(0, 2, 12)[np.nan_to_num(codes).astype(int)]
    margin = np.nan_to_num(matrix[:, 0]) + effect + rng.normal(size=2_000)
    task = Task.BINARY if outputs == 1 else Task.MULTICLASS
    cuts = [0.5] if outputs == 1 else [1 / 3, 2 / 3]
    y = np.digitize(margin, np.quantile(margin, cuts)).astype(np.float64)
    training = Training(task, outputs, matrix, y, None, (2,), None, 1, 0, False, lambda: False)
    params = {**BoostingFamily().default(task, 2_000), "rounds": 30}

    member, _ = BoostingFamily().train(training, params)
    phi, base = contributions(member, matrix)

    assert "num_cat=" in member.booster.model_to_string()
    cats = [line for line in member.booster.model_to_string().splitlines() if "num_cat=" in line]
    assert any(line != "num_cat=0" for line in cats)
    assert np.abs(phi.sum(axis=1) + base - member.raw(matrix)).max() < 1e-9


@pytest.fixture(scope="module", params=["boosting", "histogram", "forest", "linear"])
def explained(request: pytest.FixtureRequest) -> Evidence:
    """A model on columns with categories, gaps and values that training never saw."""
    model = trained("binary", "paid", favourable="yes", families=[request.param])
    holdout = people(400, seed=3)
    holdout.loc[holdout.index[:20], "purpose"] = "boat"
    holdout.loc[holdout.index[20:40], ["income", "debt"]] = np.nan
    return gathered(model, terms(), holdout)


def test_explanations_of_a_real_model_are_complete_on_every_row(
    explained: Evidence, demand: Demand
) -> None:
    """Also where shap is silently off: histogram trees and boosting on native categories."""
    error = explained.attributions.sum(axis=1) + explained.base - explained.margin
    result = _found(demand("explanation_completeness", max=1e-6), explained)[0]

    assert np.abs(error / np.maximum(1, explained.margin.abs())).max() < 1e-9
    assert result.verdict is Verdict.PASS
    assert result.n == 400


def test_linear_trees_cannot_be_explained_and_are_never_grown() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(200, 2))
    linear = lgb.train(
        {"linear_tree": True, "verbosity": -1, "objective": "regression"},
        lgb.Dataset(matrix, matrix[:, 0], params={"linear_tree": True}),
        num_boost_round=2,
    )
    with pytest.raises(lgb.basic.LightGBMError):
        linear.predict(matrix, pred_contrib=True)

    space = BoostingFamily().space(Task.BINARY, 2_000)

    assert not any("linear" in name for name in space)
    assert not any("linear" in name for name in BoostingFamily().default(Task.BINARY, 2_000))


def test_a_global_output_setting_of_scikit_learn_changes_no_answer() -> None:
    """`set_output` turns matrices into frames, whose columns some code takes for rows."""
    rows = people(60, seed=4)
    plain = trained("binary", "paid", favourable="yes", families=["linear"])

    with sklearn.config_context(transform_output="pandas"):
        framed = trained("binary", "paid", favourable="yes", families=["linear"])
        found = gathered(framed, terms(), rows)

    expected = gathered(plain, terms(), rows)
    assert np.array_equal(found.score, expected.score)
    pd.testing.assert_frame_equal(found.attributions, expected.attributions)

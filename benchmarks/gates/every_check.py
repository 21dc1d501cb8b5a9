"""A policy that demands every check there is; its limits decide nothing about the time."""

from pathlib import Path
from typing import Any, Final

from accredit_governance.policy.checks import CHECKS
from accredit_governance.policy.document import Policy
from accredit_governance.policy.loader import load, read

_BASE: Final = Path(__file__).parents[2] / "policies" / "us-credit-federal.yaml"
_DEMANDED: Final[dict[str, dict[str, Any]]] = {  # JSON
    "discrimination": {"min": 0.65},
    "baseline_gain": {"min": 0.01},
    "calibration": {"max": 0.08},
    "overfitting": {"max": 0.08},
    "holdout_size": {"min_rows": 300},
    "champion_gain": {"min": -0.01},
    "seed_stability": {"max": 0.02},
    "slice_performance": {"max": 0.1},
    "robustness": {"max": 0.05},
    "holdout_contamination": {"max": 0.1},
    "open_findings": {"max": 100},
    "reproducibility": {"max": 1e-6},
    "attribute_coverage": {"min": 0.8},
    "adverse_impact_ratio": {"min": 0.8},
    "adverse_impact_sweep": {"min": 0.8},
    "true_positive_rate_gap": {"max": 0.1},
    "false_positive_rate_gap": {"max": 0.1},
    "scoring_rate_ratio": {"min": 0.8},
    "predictive_value_gap": {"max": 0.1},
    "group_calibration": {"min_ratio": 0.8},
    "group_auc_gap": {"max": 0.05},
    "group_mean_difference": {"max": 0.3},
    "group_residual_gap": {"max": 0.1},
    "group_error_ratio": {"max": 1.25},
    "proxy_strength": {"max": 0.85},
    "alternative_search": {"min_candidates": 2},
    "explanation_completeness": {"max": 1e-6},
    "dominance": {"max": 0.6},
    "explanation_stability": {"min": 0.65},
    "background_stability": {"min": 0.9},
    "reason_faithfulness": {"min": 0.3},
    "simple_challenger": {"min": 0.01},
}


def every_check(inputs: list[str]) -> Policy:
    """The policy, with a reason for every input.

    Raises:
        PolicyInvalid: a check got a parameter that this file does not know.
    """
    data = load(_BASE).model_dump(mode="json")
    data["gates"] = [
        {"check": name, "source": "[house] benchmark", **_DEMANDED.get(name, {})} for name in CHECKS
    ]
    data["applies_to"]["tasks"] = ["binary", "multiclass", "regression"]
    data["decisions"]["reasons"] = {name: f"Value of {name}" for name in inputs}
    data["decisions"]["non_disclosable"] = []
    return read(data)

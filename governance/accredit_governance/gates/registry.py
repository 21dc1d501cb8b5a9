"""Name of a check → how it is measured. The names are those of the policy's closed set."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from accredit_governance.gates import (
    alternatives,
    bias,
    calibration,
    champion,
    data_quality,
    explainability,
    explanation_stability,
    faithfulness,
    group_calibration,
    group_scores,
    isolation,
    origins,
    performance,
    proxies,
    reason_codes,
    reproducibility,
    robustness,
    simplicity,
    stability,
    sweep,
)
from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult

# Each function takes the class of its own check; the policy's table of classes and this one have
# the same keys, which a test walks.
Measure = Callable[[Any, Evidence, Context], Iterator[CheckResult]]

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "discrimination": performance.discrimination,
        "baseline_gain": performance.baseline_gain,
        "calibration": calibration.calibration,
        "overfitting": performance.overfitting,
        "holdout_size": performance.holdout_size,
        "champion_gain": champion.champion_gain,
        "seed_stability": stability.seed_stability,
        "slice_performance": stability.slice_performance,
        "robustness": robustness.robustness,
        "critical_findings": data_quality.critical_findings,
        "holdout_contamination": data_quality.holdout_contamination,
        "open_findings": data_quality.open_findings,
        "reproducibility": reproducibility.reproducibility,
        "attribute_coverage": bias.attribute_coverage,
        "attribute_origin": origins.attribute_origin,
        "adverse_impact_ratio": bias.group_comparison,
        "adverse_impact_sweep": sweep.adverse_impact_sweep,
        "true_positive_rate_gap": bias.group_comparison,
        "false_positive_rate_gap": bias.group_comparison,
        "scoring_rate_ratio": bias.scoring_rate_ratio,
        "predictive_value_gap": bias.group_comparison,
        "group_calibration": group_calibration.group_calibration,
        "group_auc_gap": group_scores.group_auc_gap,
        "group_mean_difference": group_scores.group_mean_difference,
        "group_residual_gap": group_scores.group_residual_gap,
        "group_error_ratio": group_scores.group_error_ratio,
        "sensitive_isolation": isolation.sensitive_isolation,
        "proxy_strength": proxies.proxy_strength,
        "alternative_search": alternatives.alternative_search,
        "explanation_completeness": explainability.explanation_completeness,
        "explanation_ownership": explainability.explanation_ownership,
        "dominance": explainability.dominance,
        "explanation_stability": explanation_stability.explanation_stability,
        "background_stability": explanation_stability.background_stability,
        "reason_faithfulness": faithfulness.reason_faithfulness,
        "monotonicity": simplicity.monotonicity,
        "reason_coverage": reason_codes.reason_coverage,
        "simple_challenger": simplicity.simple_challenger,
    }
)

"""Name of a check → how it is measured. The names are those of the policy's closed set."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from accredit_governance.gates import (
    bias,
    calibration,
    data_quality,
    explainability,
    performance,
    proxies,
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
        "critical_findings": data_quality.critical_findings,
        "holdout_contamination": data_quality.holdout_contamination,
        "attribute_coverage": bias.attribute_coverage,
        "adverse_impact_ratio": bias.group_comparison,
        "adverse_impact_sweep": bias.adverse_impact_sweep,
        "true_positive_rate_gap": bias.group_comparison,
        "false_positive_rate_gap": bias.group_comparison,
        "sensitive_isolation": bias.sensitive_isolation,
        "proxy_strength": proxies.proxy_strength,
        "explanation_completeness": explainability.explanation_completeness,
        "explanation_ownership": explainability.explanation_ownership,
        "dominance": explainability.dominance,
        "reason_coverage": explainability.reason_coverage,
    }
)

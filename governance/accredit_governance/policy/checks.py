"""The closed set of checks that a policy can demand, each with typed, range-checked parameters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias, get_args

from pydantic import Field

from accredit_governance.policy.bias_checks import (
    AdverseImpactRatio,
    AdverseImpactSweep,
    AlternativeSearch,
    AttributeCoverage,
    AttributeOrigin,
    FalsePositiveRateGap,
    GroupAucGap,
    GroupCalibration,
    GroupErrorRatio,
    GroupMeanDifference,
    GroupResidualGap,
    PredictiveValueGap,
    ProxyStrength,
    ScoringRateRatio,
    SensitiveIsolation,
    TruePositiveRateGap,
)
from accredit_governance.policy.demands import CheckSpec
from accredit_governance.policy.explanation_checks import (
    BackgroundStability,
    Dominance,
    ExplanationCompleteness,
    ExplanationOwnership,
    ExplanationStability,
    Monotonicity,
    ReasonCoverage,
    ReasonFaithfulness,
    SimpleChallenger,
)
from accredit_governance.policy.model_checks import (
    BaselineGain,
    Calibration,
    ChampionGain,
    CriticalFindings,
    Discrimination,
    HoldoutContamination,
    HoldoutSize,
    OpenFindings,
    Overfitting,
    Reproducibility,
    Robustness,
    SeedStability,
    SlicePerformance,
)

Check: TypeAlias = Annotated[
    Discrimination
    | BaselineGain
    | Calibration
    | Overfitting
    | HoldoutSize
    | ChampionGain
    | SeedStability
    | SlicePerformance
    | Robustness
    | CriticalFindings
    | HoldoutContamination
    | OpenFindings
    | Reproducibility
    | AttributeCoverage
    | AttributeOrigin
    | AdverseImpactRatio
    | AdverseImpactSweep
    | TruePositiveRateGap
    | FalsePositiveRateGap
    | ScoringRateRatio
    | PredictiveValueGap
    | GroupCalibration
    | GroupAucGap
    | GroupMeanDifference
    | GroupResidualGap
    | GroupErrorRatio
    | SensitiveIsolation
    | ProxyStrength
    | AlternativeSearch
    | ExplanationCompleteness
    | ExplanationOwnership
    | Dominance
    | ExplanationStability
    | BackgroundStability
    | ReasonFaithfulness
    | Monotonicity
    | ReasonCoverage
    | SimpleChallenger,
    Field(discriminator="check"),
]

CHECKS: Final[Mapping[str, type[CheckSpec]]] = MappingProxyType(
    {
        get_args(spec.model_fields["check"].annotation)[0]: spec
        for spec in get_args(get_args(Check)[0])
    }
)
"""Name of a check → what a policy says about it. The union and the gates have the same names."""

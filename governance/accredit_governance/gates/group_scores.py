"""Checks that compare the scores of groups."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.bias_checks import (
    GroupAucGap,
    GroupCalibration,
    GroupErrorRatio,
    GroupMeanDifference,
    GroupResidualGap,
    ScoringRateRatio,
)


def scoring_rate_ratio(
    spec: ScoringRateRatio, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def group_calibration(
    spec: GroupCalibration, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def group_auc_gap(spec: GroupAucGap, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def group_mean_difference(
    spec: GroupMeanDifference, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def group_residual_gap(
    spec: GroupResidualGap, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def group_error_ratio(
    spec: GroupErrorRatio, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

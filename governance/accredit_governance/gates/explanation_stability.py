"""Checks whether explanations are stable and faithful."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.explanation_checks import (
    BackgroundStability,
    ExplanationStability,
    ReasonFaithfulness,
)


def explanation_stability(
    spec: ExplanationStability, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def background_stability(
    spec: BackgroundStability, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def reason_faithfulness(
    spec: ReasonFaithfulness, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

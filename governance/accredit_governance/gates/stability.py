"""Checks whether the score holds over seeds and slices."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.model_checks import SeedStability, SlicePerformance


def seed_stability(
    spec: SeedStability, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def slice_performance(
    spec: SlicePerformance, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

"""Checks whether the model moves as declared, and whether a simpler one would do."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.explanation_checks import Monotonicity, SimpleChallenger


def monotonicity(spec: Monotonicity, evidence: Evidence, context: Context) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)


def simple_challenger(
    spec: SimpleChallenger, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

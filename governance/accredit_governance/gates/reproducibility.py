"""Check whether the run comes out the same when it is executed again."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.model_checks import Reproducibility


def reproducibility(
    spec: Reproducibility, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

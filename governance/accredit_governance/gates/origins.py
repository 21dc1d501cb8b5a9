"""Check how sensitive features were come by."""

from collections.abc import Iterator

from accredit_governance.gates.answer import Context
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.results import CheckResult
from accredit_governance.policy.bias_checks import AttributeOrigin


def attribute_origin(
    spec: AttributeOrigin, evidence: Evidence, context: Context
) -> Iterator[CheckResult]:
    """To be measured."""
    raise NotImplementedError(spec, evidence, context)

"""Checks: the order in which a reader meets them."""

from collections.abc import Iterable
from typing import Final

from accredit_governance.gates.results import CheckResult, Verdict

_GRAVEST_FIRST: Final = (
    Verdict.ERROR,
    Verdict.FAIL,
    Verdict.INSUFFICIENT_EVIDENCE,
    Verdict.WARN,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)


def ordered(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Required checks before the others, in each part the gravest verdict first."""
    return sorted(results, key=lambda r: (not r.required, _GRAVEST_FIRST.index(r.verdict)))

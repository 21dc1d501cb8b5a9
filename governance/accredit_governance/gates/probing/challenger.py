"""Probe challenger."""

from accredit_governance.gates.probes import Challenger
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Challenger:
    """Gather it."""
    raise NotImplementedError(case)

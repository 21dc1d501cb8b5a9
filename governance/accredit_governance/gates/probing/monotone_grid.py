"""Probe monotone grid."""

from accredit_governance.gates.probes import MonotoneGrid
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> MonotoneGrid:
    """Gather it."""
    raise NotImplementedError(case)

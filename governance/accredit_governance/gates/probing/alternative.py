"""Probe alternative."""

from accredit_governance.gates.probes import Alternative
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Alternative:
    """Gather it."""
    raise NotImplementedError(case)

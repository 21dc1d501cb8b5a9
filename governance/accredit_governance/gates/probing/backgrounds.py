"""Probe backgrounds."""

from accredit_governance.gates.probes import Backgrounds
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Backgrounds:
    """Gather it."""
    raise NotImplementedError(case)

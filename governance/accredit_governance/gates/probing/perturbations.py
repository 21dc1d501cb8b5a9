"""Probe perturbations."""

from accredit_governance.gates.probes import Perturbations
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Perturbations:
    """Gather it."""
    raise NotImplementedError(case)

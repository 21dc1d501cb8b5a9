"""Probe champion."""

from accredit_governance.gates.probes import Champion
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Champion:
    """Gather it."""
    raise NotImplementedError(case)

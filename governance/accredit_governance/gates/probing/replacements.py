"""Probe replacements."""

from accredit_governance.gates.probes import Replacements
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Replacements:
    """Gather it."""
    raise NotImplementedError(case)

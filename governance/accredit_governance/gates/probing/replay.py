"""Probe replay."""

from accredit_governance.gates.probes import Replay
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Replay:
    """Gather it."""
    raise NotImplementedError(case)

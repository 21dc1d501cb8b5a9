"""Probe: the model made once more, with other seeds or from resampled rows."""

from accredit_governance.gates.probes import Refits
from accredit_governance.gates.probing.case import Case


def seeds(case: Case) -> Refits:
    """Same rows, other seeds."""
    raise NotImplementedError(case)


def bootstrap(case: Case) -> Refits:
    """Resampled rows."""
    raise NotImplementedError(case)

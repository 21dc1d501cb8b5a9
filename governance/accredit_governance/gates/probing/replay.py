"""Probe of reproducibility: the members of the model, trained again from the record.

The search is not repeated: which trials there were, and the weights and calibration of the blend,
are taken from the record. A replay of the whole run is for `accredit replay`.
"""

import numpy as np

from accredit_governance.gates.probes import Replay
from accredit_governance.gates.probing.case import Case


def probe(case: Case) -> Replay:
    """The model made once more, and how far its margins lie from the recorded ones.

    Raises:
        NotReplayable: the rows are not those of the run, or no record holds all it was made with.
    """
    again = case.rebuilder.model()
    gap = np.abs(again.margin(case.inputs) - case.model.margin(case.inputs))
    return Replay(
        rows=len(gap),
        margin_gap=float(gap.max()),
        differing=case.rebuilder.differing(again),
        versions={
            name: f"{recorded}, {installed}"
            for name, (recorded, installed) in case.rebuilder.versions.items()
        },
    )

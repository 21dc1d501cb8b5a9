"""The decision threshold: as many favourable decisions as there were favourable outcomes."""

import numpy as np
from numpy.typing import NDArray

RATE_RULE = "favourable rate of the decisions equals the favourable rate of the training data"


def rate_threshold(favourable: NDArray[np.float64], rate: float) -> float:
    """Threshold t so that a share `rate` of the probabilities (n,) is at least t.

    It lies half-way between two neighbouring probabilities, so that rounding moves nobody; among
    ties the share may be missed by the size of the tie.
    """
    ordered = np.sort(favourable)[::-1]
    chosen = min(max(round(rate * len(ordered)), 1), len(ordered))
    if chosen == len(ordered):
        return float(ordered[-1]) / 2
    return float((ordered[chosen - 1] + ordered[chosen]) / 2)

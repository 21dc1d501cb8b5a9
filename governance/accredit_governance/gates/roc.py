"""Area under the ROC curve with its sampling error.

The error comes from influence values, one per row: the area is a mean over rows in first order, so
variances of means, differences and averages of several areas follow by adding (DeLong et al. 1988).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_governance.gates.statistics import Floats

_CERTAIN: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error.

    Attributes:
        value: The number.
        error: Standard error, not negative.
        floor: Smallest value that the evidence allows when the error is 0 by accident, as it is
            for a perfect area on few rows; None when there is no such bound.
    """

    value: float
    error: float
    floor: float | None = None

    def bounds(self, z: float) -> tuple[float, float]:
        """`value ± z·error`."""
        low = self.value - z * self.error
        if self.floor is not None and self.error < _CERTAIN:
            low = min(low, self.floor)
        return low, self.value + z * self.error


def area(score: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Area under the ROC curve and the influence of each row.

    Args:
        score: Any ranking, no NaN. Ties count half.
        positive: Same length; at least one True and one False.

    Returns:
        The area in [0, 1], and influence values that sum to 0 within each class; the sum of their
        squares is DeLong's variance.

    Raises:
        ValueError: one of the classes is empty.
    """
    levels, codes = np.unique(score, return_inverse=True)
    return coded_area(codes.astype(np.int64), len(levels), positive)


def coded_area(
    codes: NDArray[np.int64], levels: int, positive: NDArray[np.bool_]
) -> tuple[float, Floats]:
    """As `area`, for scores that are ranked already.

    Args:
        codes: Per row, the place of its score among the different scores, lowest first.
        levels: Number of different scores, of these rows or of more.
        positive: Same length; at least one True and one False.

    Raises:
        ValueError: one of the classes is empty.
    """
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if not ones or not zeros:
        raise ValueError("an area needs rows of both classes")
    hits = np.bincount(codes[positive], minlength=levels)
    misses = np.bincount(codes[~positive], minlength=levels)
    # Share of the other class that a row beats (a positive) or is beaten by (a negative).
    beaten = (np.cumsum(misses) - misses / 2) / zeros
    beating = 1 - (np.cumsum(hits) - hits / 2) / ones
    wins = np.where(positive, beaten[codes], beating[codes])
    value = float(wins[positive].mean())
    scale = np.where(positive, _unbiased(ones), _unbiased(zeros))
    return value, (wins - value) * scale


def expected_area(codes: NDArray[np.int64], levels: int, probability: Floats) -> float:
    """Area that is to be expected when each row is positive with the probability that is its score.

    Args:
        codes: As for `coded_area`.
        levels: Likewise.
        probability: float64 (n,) in [0, 1], at least two rows.

    Returns:
        Expected pairs in order over expected pairs of a positive and a negative; 0.5 when there
        are none to expect.
    """
    rows = np.bincount(codes, minlength=levels)
    hits = np.bincount(codes, weights=probability, minlength=levels)
    misses = rows - hits
    # A row makes no pair with itself.
    alone = float((probability * (1 - probability)).sum())
    won = float((hits * (np.cumsum(misses) - misses / 2)).sum()) - alone / 2
    pairs = float(hits.sum() * misses.sum()) - alone
    return won / pairs if pairs > 0 else 0.5


def _unbiased(rows: int) -> float:
    """Weight of a row: its variance is estimated with n - 1."""
    return 1 / math.sqrt(rows * (rows - 1)) if rows > 1 else 1.0


def perfect_floor(rarest: int) -> float:
    """Smallest area that a perfect one on so many rows of the rarest class allows: `2.5 %^(1/n)`.

    A perfect area has no spread, and its error of 0 is an accident of few rows.
    """
    return float(0.025 ** (1 / rarest))


def binary_area(score: Floats, positive: NDArray[np.bool_]) -> Estimate:
    """Area with DeLong's standard error; a perfect area keeps a doubt (see `perfect_floor`)."""
    value, influence = area(score, positive)
    rarer = min(int(positive.sum()), int((~positive).sum()))
    return Estimate(value, math.sqrt(float((influence**2).sum())), perfect_floor(rarer))


def table_area(ones: Floats, zeros: Floats) -> Floats:
    """Area when rows share few scores: from counts per score, lowest score first.

    Args:
        ones: Positive rows per score, scores along the first axis.
        zeros: Negative rows per score, same shape.

    Returns:
        Area per remaining axis; NaN where a class is empty.
    """
    below = np.cumsum(zeros, axis=0) - zeros
    wins = (ones * (below + zeros / 2)).sum(axis=0)
    pairs = ones.sum(axis=0) * zeros.sum(axis=0)
    areas: Floats = np.divide(wins, pairs, out=np.full(np.shape(pairs), np.nan), where=pairs > 0)
    return areas


def area_error(value: Floats, ones: Floats, zeros: Floats) -> Floats:
    """Standard error of an area from the numbers of rows alone (Hanley and McNeil 1982)."""
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (ones - 1) * (q1 - value**2) + (zeros - 1) * (q2 - value**2)
    error: Floats = np.sqrt(np.maximum(spread, 0) / (ones * zeros))
    return error

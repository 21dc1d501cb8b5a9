"""Whether probabilities mean what they say: the reliability diagram and its error."""

from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """One bin of a reliability diagram.

    Attributes:
        predicted: Mean probability of the bin.
        observed: Share of its rows in which it came true.
        rows: Rows of the bin.
    """

    predicted: float
    observed: float
    rows: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram.

    Attributes:
        error: Expected calibration error in [0, 1]: gaps between predicted and observed, averaged
            over the rows (Naeini et al. 2015).
        largest: The largest gap of a bin.
        points: The bins, probabilities ascending.
        rows: Rows it rests on.
    """

    error: float
    largest: float
    points: tuple[ReliabilityPoint, ...]
    rows: int

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self) | {"points": [asdict(point) for point in self.points]}


def calibration_error(
    y: Vector, p: Vector, bins: int = 10, weight: Vector | None = None
) -> Reliability:
    """Reliability of probabilities in bins of equal counts; equal probabilities share a bin.

    Args:
        y: Truth (n,): 0 or 1, or positions of classes when `p` has k columns.
        p: P(1) (n,) or (n, 1), or P(class) (n, k): then the most likely class is judged, the
            earliest of equally likely ones.
        bins: Number of bins, at least 1.
        weight: Weight of each row (n,).

    Raises:
        ValueError: no rows, or no bin.
    """
    if not len(y) or bins < 1:
        message = f"reliability needs rows and bins, not {len(y)} rows and {bins} bins"
        raise ValueError(message)
    true, confidence = y, p if p.ndim == 1 else p[:, 0]
    if p.ndim == 2 and p.shape[1] > 1:
        top = p.argmax(axis=1)
        true, confidence = (top == y).astype(np.float64), p.max(axis=1)
    mass = np.ones(len(y)) if weight is None else weight
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1]))
    place = edges.searchsorted(confidence, side="left")
    totals = np.bincount(place, weights=mass, minlength=len(edges) + 1)
    rows = np.bincount(place, minlength=len(edges) + 1)
    kept = np.flatnonzero(totals > 0)
    predicted = np.bincount(place, weights=mass * confidence, minlength=len(totals))
    observed = np.bincount(place, weights=mass * true, minlength=len(totals))
    said_mean, seen_share = predicted[kept] / totals[kept], observed[kept] / totals[kept]
    gaps = np.abs(said_mean - seen_share)
    points = tuple(
        ReliabilityPoint(float(said), float(seen), int(count))
        for said, seen, count in zip(said_mean, seen_share, rows[kept], strict=True)
    )
    error = float(np.average(gaps, weights=totals[kept]))
    return Reliability(error, float(gaps.max()), points, len(y))


def brier(y: Vector, p: Vector, weight: Vector | None = None) -> float:
    """Brier score, smaller is better: in [0, 1] for P(1) (n,) or (n, 1), [0, 2] for (n, k)."""
    if p.ndim == 1 or p.shape[1] == 1:
        return float(np.average((p.reshape(len(y)) - y) ** 2, weights=weight))
    own = p[np.arange(len(y)), y.astype(np.intp)]
    return float(np.average((p**2).sum(axis=1) - 2 * own + 1.0, weights=weight))

"""What decisions cost, and the decisions that cost least."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accredit_engine.errors import UnfitSettings


@dataclass(frozen=True, slots=True)
class CostMatrix:
    """Cost of each decision for each truth; a gain is a negative cost.

    Attributes:
        costs: k rows of k numbers: `costs[truth][decision]`, positions of classes. For two classes
            position 1 is the favourable one.
    """

    costs: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Check the matrix.

        Raises:
            UnfitSettings: it is not square, holds a number that is not finite, makes a wrong
                decision cheaper than the right one, or leaves every decision equally good.
        """
        size = len(self.costs)
        if size < 2 or any(len(row) != size for row in self.costs):
            message = "a cost matrix needs as many rows as columns, two or more"
            raise UnfitSettings(message)
        if not np.isfinite(np.array(self.costs, dtype=np.float64)).all():
            message = "costs must be finite numbers"
            raise UnfitSettings(message)
        for truth, row in enumerate(self.costs):
            if min(row) < row[truth]:
                message = f"a wrong decision costs less than the right one for class {truth}"
                raise UnfitSettings(message)
        if all(len(set(row)) == 1 for row in self.costs):
            message = "the costs do not depend on the decision"
            raise UnfitSettings(message)

    @classmethod
    def binary(
        cls,
        *,
        false_favourable: float,
        false_unfavourable: float,
        true_favourable: float = 0.0,
        true_unfavourable: float = 0.0,
    ) -> "CostMatrix":
        """Costs of two classes; `false_favourable` is a favourable decision that was wrong."""
        return cls(
            (
                (float(true_unfavourable), float(false_favourable)),
                (float(false_unfavourable), float(true_favourable)),
            )
        )

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return len(self.costs)

    @property
    def threshold(self) -> float:
        """Probability from which the favourable decision costs less, if it is calibrated.

        Source: Elkan (2001), "The foundations of cost-sensitive learning", equation 2.

        Raises:
            ValueError: there are more than two classes.
        """
        if self.outputs != 2:
            message = "a threshold exists for two classes only"
            raise ValueError(message)
        (true_unfavourable, false_favourable), (false_unfavourable, true_favourable) = self.costs
        on_negative = false_favourable - true_unfavourable
        on_positive = false_unfavourable - true_favourable
        return on_negative / (on_negative + on_positive)

    def turned(self) -> "CostMatrix":
        """The same costs with the classes in reversed order."""
        return CostMatrix(tuple(row[::-1] for row in self.costs[::-1]))

    def expected(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean cost (...) of confusion matrices (..., k, k), truth in rows."""
        total = cells.sum(axis=(-2, -1))
        return np.asarray((cells * np.array(self.costs)).sum(axis=(-2, -1)) / total)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {"costs": [list(row) for row in self.costs]}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> "CostMatrix":
        """Inverse of `to_dict`.

        Raises:
            ValueError: the document is no cost matrix.
        """
        rows = document.get("costs")
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            message = "the document is no cost matrix"
            raise ValueError(message)
        return cls(tuple(tuple(float(cost) for cost in row) for row in rows))


def decide_by_cost(probabilities: NDArray[np.float64], costs: CostMatrix) -> NDArray[np.intp]:
    """Positions (n,) of the decisions with the smallest expected cost; ties go to the first.

    Args:
        probabilities: Calibrated P(class) (n, k), or P(favourable) (n, 1) for two classes.
        costs: Matrix of the same k.

    Raises:
        ValueError: the number of classes differs.
    """
    columns = [probabilities[:, column] for column in range(probabilities.shape[1])]
    if len(columns) == 1:
        columns = [1.0 - columns[0], columns[0]]
    if len(columns) != costs.outputs:
        message = f"costs of {costs.outputs} classes for probabilities of {len(columns)}"
        raise ValueError(message)
    expected = np.zeros((len(probabilities), costs.outputs))
    # Added class by class, so that a row alone is decided as within a batch.
    for truth, column in enumerate(columns):
        for decision, cost in enumerate(costs.costs[truth]):
            expected[:, decision] += column * cost
    return np.asarray(expected.argmin(axis=1), dtype=np.intp)

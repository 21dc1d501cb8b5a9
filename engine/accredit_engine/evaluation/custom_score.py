"""A score that the caller brings along."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitMetric

Vector: TypeAlias = NDArray[np.float64]


class Needs(StrEnum):
    """What a score looks at."""

    PROBABILITY = "probability"
    LABEL = "label"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class CustomScore:
    """A score by a function of the caller.

    Attributes:
        name: What the record calls it.
        function: Takes the truth (n,) and the output, returns one finite number. The truth holds
            positions of classes in their sorted order (binary: 1 is the last class, as in
            scikit-learn), or values. The output is, by `needs`, P(last class) (n,) for two classes
            and P(class) (n, k) for more, decided positions (n,), or values (n,).
        needs: What the function looks at.
        greater_is_better: Whether a greater number is the better one.
        takes_weight: Whether the function takes the weights of the rows (n,) as its third argument.
    """

    name: str
    function: Callable[..., float]
    needs: Needs = Needs.PROBABILITY
    greater_is_better: bool = True
    takes_weight: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without data.

        Raises:
            UnfitMetric: no name, no function, or an unknown need.
        """
        if not self.name or not callable(self.function):
            message = "a custom score needs a name and a function"
            raise UnfitMetric(message)
        if self.needs not in set(Needs):
            message = f"a custom score needs one of {[*Needs]}, not {self.needs!r}"
            raise UnfitMetric(message)

    def suits(self, task: Task) -> bool:
        """Whether the task has what the function looks at."""
        return (self.needs == Needs.VALUE) == (task is Task.REGRESSION)

    def __call__(self, y: Vector, output: Vector, weight: Vector | None = None) -> float:
        """The score, turned so that greater is better.

        Raises:
            ValueError: the function returned no finite number, or cannot take the weights.
        """
        if weight is not None and not self.takes_weight:
            message = f"the custom score {self.name!r} does not take weights of rows"
            raise ValueError(message)
        result = self.function(y, output) if weight is None else self.function(y, output, weight)
        score = float(result)
        if not math.isfinite(score):
            message = f"the custom score {self.name!r} returned {score}"
            raise ValueError(message)
        return score if self.greater_is_better else -score

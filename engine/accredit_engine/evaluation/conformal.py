"""Intervals and sets that hold the truth with a stated probability.

This is the served half: one number found beforehand (see `conformity`), applied to predictions one
by one. Methods:

- `absolute`: value ± quantile of the absolute errors.
- `normalised`: the same in units of the error that is usual near that predicted value, so that
  intervals are wider where the model errs more (Papadopoulos et al. 2008).
- `lac`: all classes of at least a certain probability; the smallest sets (Sadinle et al. 2019).
- `aps`: classes by falling probability until a certain total; coverage is more even over rows
  (Romano, Sesia and Candès 2020, without randomisation).

A set always holds the most likely class, so it is never empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task

_ROUNDING: Final = 1e-12


class ConformalMethod(StrEnum):
    """How far a prediction may be off."""

    ABSOLUTE = "absolute"
    NORMALISED = "normalised"
    LAC = "lac"
    APS = "aps"

    def suits(self, task: Task) -> bool:
        """Whether the method is one for the task."""
        of_values = self in (ConformalMethod.ABSOLUTE, ConformalMethod.NORMALISED)
        return of_values == (task is Task.REGRESSION)


@dataclass(frozen=True, slots=True)
class Conformal:
    """What turns a prediction into an interval or a set.

    Attributes:
        level: Coverage promised on average over rows like those of training, in (0.5, 1).
        method: See the module.
        quantile: Nonconformity that a share `level` of rows stays within.
        rows: Rows out of fold that it was found on.
        difficulty: Pairs (predicted value, usual absolute error), values ascending, for
            `normalised`; between them it is interpolated, beyond them it stays.
    """

    level: float
    method: ConformalMethod
    quantile: float
    rows: int
    difficulty: tuple[tuple[float, float], ...] = ()

    def interval(
        self, value: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper limits (n,) of predicted values (n,).

        Raises:
            ValueError: the method gives sets.
        """
        if not self.method.suits(Task.REGRESSION):
            message = f"{self.method.value} gives sets, not intervals"
            raise ValueError(message)
        reach = np.full(len(value), self.quantile)
        if self.method is ConformalMethod.NORMALISED:
            reach = self.quantile * usual_error(value, self.difficulty)
        return value - reach, value + reach

    def sets(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each class is in the set (n, k), for P(class) (n, k) or P(favourable) (n, 1).

        For P(favourable) the columns are the unfavourable and the favourable class.

        Raises:
            ValueError: the method gives intervals.
        """
        if self.method.suits(Task.REGRESSION):
            message = f"{self.method.value} gives intervals, not sets"
            raise ValueError(message)
        p = both_classes(probabilities)
        nonconformity = 1.0 - p if self.method is ConformalMethod.LAC else likelier(p)
        chosen = nonconformity <= self.quantile + _ROUNDING
        chosen[np.arange(len(p)), p.argmax(axis=1)] = True
        return np.asarray(chosen, dtype=np.bool_)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "level": self.level,
            "method": self.method.value,
            "quantile": self.quantile,
            "rows": self.rows,
            "difficulty": [list(knot) for knot in self.difficulty],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> "Conformal":
        """Inverse of `to_dict`.

        Raises:
            ValueError: the document is none.
        """
        try:
            knots = document["difficulty"]
            if not isinstance(knots, list):
                message = "the difficulty is no list"
                raise TypeError(message)
            return cls(
                level=float(str(document["level"])),
                method=ConformalMethod(str(document["method"])),
                quantile=float(str(document["quantile"])),
                rows=int(str(document["rows"])),
                difficulty=tuple((float(value), float(error)) for value, error in knots),
            )
        except (KeyError, TypeError) as error:
            message = f"the document tells no conformal intervals or sets: {error}"
            raise ValueError(message) from error


def usual_error(
    value: NDArray[np.float64], difficulty: tuple[tuple[float, float], ...]
) -> NDArray[np.float64]:
    """Usual absolute error (n,) near predicted values (n,)."""
    knots = np.array(difficulty)
    return np.asarray(np.interp(value, knots[:, 0], knots[:, 1]), dtype=np.float64)


def both_classes(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(class) (n, k); P(favourable) (n, 1) becomes two columns."""
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([1.0 - probabilities, probabilities], axis=1)


def likelier(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each class (n, k): the probability of all classes that are more likely; 0 for the first.

    Of equally likely classes the later one comes first, as in MAPIE.
    """
    order = np.argsort(p, axis=1, kind="stable")[:, ::-1]
    summed = np.empty_like(p)
    running = np.zeros(len(p))
    rows = np.arange(len(p))
    # Class by class, so that a row alone is summed as within a batch.
    for rank in range(p.shape[1]):
        summed[rows, order[:, rank]] = running
        running = running + p[rows, order[:, rank]]
    return summed

"""Slices of the test rows, and how well the model does inside and outside of each.

A slice is a category of an input, a third of the values of a numeric or time input or of the time
of the rows, or a group of a sensitive feature. Its score is compared with that of all other rows,
so the two are independent.

The score of a regression is `1 - mean squared error / mean squared error of the trivial answer on
all rows`: R² on one scale. With a denominator of its own, a slice whose outcomes lie close together
would look bad for that alone.

The area of a third of a strong input is low by construction: its rows have similar scores. How low
it would be if the scores were true probabilities is worked out from the scores alone and set off.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.bundle.contract import category_text
from accredit_governance.gates.evidence import Evidence
from accredit_governance.gates.groups import UNKNOWN
from accredit_governance.gates.roc import coded_area, expected_area
from accredit_governance.gates.scores import every_row, own_scores, trained_mean
from accredit_governance.gates.statistics import Floats
from accredit_governance.gates.vectors import (
    EvidenceUnusable,
    numbers,
    probability_table,
    same_rows,
    truths,
)

Codes = NDArray[np.int64]

MIN_PER_CLASS: Final = 10
"""Rows of a class below which the error of an area is not to be trusted."""

MAX_CATEGORIES: Final = 50
"""Most frequent categories of a column that are examined."""

_MISSING: Final = "missing"
_NAME_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class Slice:
    """Some test rows.

    Attributes:
        column: The column that was cut.
        name: `south`, `above 34.5 and at most 61`, `missing`.
        inside: bool (n,): whether a row belongs to it.
        ordered: Whether it is a part of an ordered column.
    """

    column: str
    name: str
    inside: NDArray[np.bool_]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """The score on a slice and on all other rows.

    Attributes:
        score: On the slice.
        rest: On the other rows.
        error: Standard error of their difference.
        explained: How much lower the score on the slice would be than on the others if every score
            were a true probability; not negative, and 0 unless the slice is of an ordered column.
    """

    score: float
    rest: float
    error: float
    explained: float

    @property
    def shortfall(self) -> float:
        """By how much the score on the slice is lower than on the other rows."""
        return self.rest - self.score

    @property
    def unexplained(self) -> float:
        """The shortfall without the part that is explained."""
        return self.shortfall - self.explained


def slices(evidence: Evidence, *, min_rows: int) -> Iterator[Slice]:
    """Slices of every input and every sensitive feature with `min_rows` inside and outside.

    Raises:
        EvidenceUnusable: the inputs or the features are of other rows than the outcome.
    """
    same_rows(evidence.inputs, evidence.outcome, "the inputs")
    same_rows(evidence.sensitive, evidence.outcome, "the sensitive features")
    for found in _every_slice(evidence):
        rows = int(found.inside.sum())
        if min(rows, len(found.inside) - rows) >= min_rows:
            yield found


def _every_slice(evidence: Evidence) -> Iterator[Slice]:
    time = evidence.time
    for name in evidence.inputs.columns:
        if time is None or name != time.name:
            yield from _of_input(evidence.inputs[name], str(name))
    if time is not None:
        same_rows(time, evidence.outcome, "the time")
        yield from _of_input(time, str(time.name))
    for name in evidence.sensitive.columns:
        yield from _categories(evidence.sensitive[name], str(name), missing=UNKNOWN)


def _of_input(column: "pd.Series[float] | pd.Series[pd.Timestamp]", name: str) -> Iterator[Slice]:
    kind = column.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        yield from _thirds(column, name)
    elif pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        yield from _thirds(pd.Series(values), name)
    else:
        yield from _categories(column, name, missing=_MISSING)


def _categories(column: pd.Series, name: str, *, missing: str) -> Iterator[Slice]:
    codes, levels = pd.factorize(column.astype("object"), use_na_sentinel=True)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    for code in np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]:
        text = category_text(levels[code])[:_NAME_LENGTH]
        yield Slice(name, text, codes == code, ordered=False)
    if (codes < 0).any():
        yield Slice(name, missing, codes < 0, ordered=False)


def _thirds(column: pd.Series, name: str) -> Iterator[Slice]:
    """Thirds by value; equal values stay together, and missing values are a slice of their own."""
    lost = column.isna().to_numpy()
    known = column[~lost]
    if len(known):
        low, high = (known.quantile(share, interpolation="lower") for share in (1 / 3, 2 / 3))
        first, last = (column <= low).to_numpy(), (column > high).to_numpy()
        yield Slice(name, f"at most {_spelled(low)}", first, ordered=True)
        if high > low:
            middle = ~(first | last | lost)
            upper = f" and at most {_spelled(high)}" if last.any() else ""
            yield Slice(name, f"above {_spelled(low)}{upper}", middle, ordered=True)
        yield Slice(name, f"above {_spelled(high)}", last, ordered=True)
    if lost.any():
        yield Slice(name, _MISSING, lost, ordered=False)


def _spelled(value: object) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else f"{value:.4g}"


class Contrasts:
    """Scores inside and outside of slices of one evidence, ranked once for all of them."""

    def __init__(self, evidence: Evidence) -> None:
        """Read the outcome and the answers.

        Raises:
            EvidenceMissing, EvidenceUnusable: as for `scores.score_of`.
        """
        answers = own_scores(evidence, every_row(evidence))
        self._errors: Floats | None = None
        self._rankings: tuple[_Ranking, ...] = ()
        if evidence.task == "regression":
            actual = numbers(evidence.outcome, "the outcome")
            trivial = float(((actual - trained_mean(evidence)) ** 2).mean())
            if not trivial > 0:
                raise EvidenceUnusable("the outcome never varies, so there is nothing to explain")
            self._errors = (actual - answers.score) ** 2 / trivial
        elif evidence.task == "binary":
            self._rankings = (_ranking(answers.score, truths(evidence.outcome, "the outcome")),)
        else:
            table, codes, labels = probability_table(
                evidence.probabilities, evidence.outcome, "probabilities"
            )
            self._rankings = tuple(_ranking(table[:, at], codes == at) for at in range(len(labels)))

    def of(self, part: Slice) -> Contrast | None:
        """The score on a slice and on all other rows.

        Returns:
            None when no class has `MIN_PER_CLASS` rows, and as many of other classes, inside and
            outside of the slice. Classes of which that is not true are left out on both sides.
        """
        if self._errors is not None:
            inside, outside = self._errors[part.inside], self._errors[~part.inside]
            error = math.hypot(_mean_error(inside), _mean_error(outside))
            return Contrast(1 - float(inside.mean()), 1 - float(outside.mean()), error, 0.0)
        here, there = np.flatnonzero(part.inside), np.flatnonzero(~part.inside)
        usable = [r for r in self._rankings if r.enough(here) and r.enough(there)]
        if not usable:
            return None
        inner, outer = _mean_area(usable, here), _mean_area(usable, there)
        explained = 0.0
        if part.ordered:
            explained = float(np.mean([r.expected(there) - r.expected(here) for r in usable]))
        return Contrast(inner[0], outer[0], math.hypot(inner[1], outer[1]), max(explained, 0.0))


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Rows ranked by the probability of one class.

    Attributes:
        codes: Rank of the score of each row among the different scores.
        levels: Different scores.
        score: Probabilities.
        hit: Whether the row is of the class.
    """

    codes: Codes
    levels: int
    score: Floats
    hit: NDArray[np.bool_]

    def enough(self, rows: NDArray[np.intp]) -> bool:
        """Whether some rows have enough of the class and of the others."""
        hits = int(self.hit[rows].sum())
        return min(hits, len(rows) - hits) >= MIN_PER_CLASS

    def area(self, rows: NDArray[np.intp]) -> tuple[float, Floats]:
        """Area and influences of some rows."""
        return coded_area(self.codes[rows], self.levels, self.hit[rows])

    def expected(self, rows: NDArray[np.intp]) -> float:
        """Area of some rows if the scores are true probabilities."""
        return expected_area(self.codes[rows], self.levels, self.score[rows])


def _ranking(score: Floats, hit: NDArray[np.bool_]) -> _Ranking:
    levels, codes = np.unique(score, return_inverse=True)
    return _Ranking(codes.astype(np.int64), len(levels), score, hit)


def _mean_area(rankings: list[_Ranking], rows: NDArray[np.intp]) -> tuple[float, float]:
    """Mean area over classes with its standard error."""
    areas = [ranking.area(rows) for ranking in rankings]
    influence = np.mean([found for _, found in areas], axis=0)
    return float(np.mean([value for value, _ in areas])), math.sqrt(float((influence**2).sum()))


def _mean_error(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))

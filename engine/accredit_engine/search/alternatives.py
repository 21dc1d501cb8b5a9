"""Less discriminatory alternatives: models about as good as the best that select more alike.

Rules:
1. A model is an alternative when its score lies within the tolerance of the best score and its
   lowest selection-rate ratio is above the best model's.
2. Its gain in the ratio comes with an interval: both models' decisions on the same rows are
   resampled together, and the level is shared out over all alternatives (Bonferroni).
3. Only a gain whose interval lies above zero is called beyond noise.

What is found here was selected on the rows it is measured on, so the gain is flattered even where
it is beyond noise, and a model's lowest ratio is that of its unluckiest group. It is a reason to
look, not a certificate: confirm it on rows that nobody selected on, and let a person decide.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.search.groups import Grouping, decisions, groupings
from accredit_engine.search.groups import ratios as ratios_of
from accredit_engine.search.pareto import front
from accredit_engine.search.resampling import Cells
from accredit_engine.seeds import child

LEVEL: Final = 0.95


class ToleranceUnit(StrEnum):
    """What a tolerance is counted in."""

    SCORE = "score"
    STANDARD_ERRORS = "standard_errors"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse an alternative may score.

    Attributes:
        value: At least 0.
        unit: Score, or standard errors of the difference in fold scores to the best model.
    """

    value: float = 0.005
    unit: ToleranceUnit = ToleranceUnit.SCORE

    def __post_init__(self) -> None:
        """Refuse a negative or endless tolerance.

        Raises:
            ValueError: as said.
        """
        if not (math.isfinite(self.value) and self.value >= 0):
            message = f"a tolerance is a number of at least 0, not {self.value}"
            raise ValueError(message)

    def allows(self, candidate: "Candidate", best: "Candidate") -> bool:
        """Whether the candidate scores well enough beside the best."""
        allowed = self.value
        if self.unit is ToleranceUnit.STANDARD_ERRORS:
            gaps = np.array(best.fold_scores) - np.array(candidate.fold_scores)
            error = float(np.std(gaps, ddof=1)) / math.sqrt(len(gaps)) if len(gaps) > 1 else 0.0
            allowed *= error
        return best.score - candidate.score <= allowed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that can be chosen.

    Attributes:
        name: `blend` or `trial 12`; unique among the candidates.
        score: Mean score out of fold; greater is better.
        fold_scores: Score of each fold, the same folds for all candidates.
        margin: float64 (n,) or (n, 1): margin of the favourable class out of fold.
    """

    name: str
    score: float
    fold_scores: tuple[float, ...]
    margin: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """One model on the trade-off.

    Attributes:
        name: Of the candidate.
        score: Of the candidate.
        ratio: Lowest of the ratios.
        ratios: Selection-rate ratio by subject (`race`, `race × sex`).
        on_front: Whether no other candidate is better in score and ratio.
    """

    name: str
    score: float
    ratio: float
    ratios: Mapping[str, float]
    on_front: bool

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "name": self.name,
            "score": self.score,
            "ratio": self.ratio,
            "ratios": dict(self.ratios),
            "on_front": self.on_front,
        }


@dataclass(frozen=True, slots=True)
class Alternative:
    """A less discriminatory model within the tolerance.

    Attributes:
        point: Where it stands.
        score_loss: Best score minus its score; at least 0.
        gain: Its lowest ratio minus that of the best model; above 0.
        low: Lower end of the interval of the gain.
        high: Upper end.
        worse: Subjects whose ratio is below the best model's.
    """

    point: Point
    score_loss: float
    gain: float
    low: float
    high: float
    worse: tuple[str, ...]

    @property
    def beyond_noise(self) -> bool:
        """Whether the whole interval of the gain lies above zero."""
        return self.low > 0

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            **self.point.to_dict(),
            "score_loss": self.score_loss,
            "gain": self.gain,
            "interval": [self.low, self.high],
            "beyond_noise": self.beyond_noise,
            "worse": list(self.worse),
        }


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The outcome of the search for less discriminatory alternatives.

    Attributes:
        best: The most accurate candidate.
        found: Alternatives, highest ratio first.
        curve: The front of score against ratio, best score first; `best` is on it.
        tolerance: What was allowed.
        considered: Candidates that were compared.
        rows: Rows out of fold behind every ratio.
        rate: Share of the rows that every candidate selects.
        level: Level at which all intervals hold together.
    """

    best: Point
    found: tuple[Alternative, ...]
    curve: tuple[Point, ...]
    tolerance: Tolerance
    considered: int
    rows: int
    rate: float
    level: float

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "best": self.best.to_dict(),
            "found": [alternative.to_dict() for alternative in self.found],
            "curve": [point.to_dict() for point in self.curve],
            "tolerance": {"value": self.tolerance.value, "unit": self.tolerance.unit.value},
            "considered": self.considered,
            "rows": self.rows,
            "rate": self.rate,
            "level": self.level,
            "caution": "selected on the rows it is measured on; to be confirmed on others",
        }


def ratios(
    margin: NDArray[np.float64], groups: Mapping[str, NDArray[np.str_]], rate: float
) -> dict[str, float]:
    """Selection-rate ratio by sensitive feature and by crossed pair, as far as comparable.

    Args:
        margin: Margin or probability of the favourable class, (n,) or (n, 1).
        groups: Sensitive feature → group of each row (n,) as text.
        rate: Share of the rows that is selected, in (0, 1).
    """
    return ratios_of(margin.reshape(-1), groupings(groups, list(groups)), rate)


def less_discriminatory(
    candidates: Sequence[Candidate],
    compared: Sequence[Grouping],
    *,
    rate: float,
    tolerance: Tolerance,
    seed: int,
    level: float = LEVEL,
) -> Alternatives | None:
    """Alternatives to the most accurate candidate; of equal scores the highest ratio is the best.

    Args:
        candidates: Finished trials and blends, with margins over the same rows.
        compared: Groupings of those rows.
        rate: Share that is selected, usually the favourable rate of the target.
        tolerance: How much worse an alternative may score.
        seed: Root of the resampling.
        level: Level at which all intervals hold together, in (0, 1).

    Returns:
        None when there is no candidate or nothing can be compared.
    """
    if not candidates or not compared:
        return None
    selected = [decisions(candidate.margin.reshape(-1), rate) for candidate in candidates]
    points = _points(candidates, selected, compared)
    at_best = max(range(len(points)), key=lambda at: (points[at].score, points[at].ratio, -at))
    best = points[at_best]
    chosen = [
        at
        for at, candidate in enumerate(candidates)
        if points[at].ratio > best.ratio and tolerance.allows(candidate, candidates[at_best])
    ]
    width = NormalDist().inv_cdf(1 - (1 - level) / (2 * max(len(chosen), 1)))
    cells = Cells.of(compared)
    found = []
    for at in chosen:
        draws = child(seed, "alternatives", points[at].name)
        error = cells.difference_error(selected[at_best], selected[at], seed=draws)
        found.append(_alternative(points[at], best, width * error))
    found.sort(key=lambda one: (-one.point.ratio, -one.point.score, one.point.name))
    curve = sorted(
        (point for point in points if point.on_front), key=lambda one: (-one.score, one.name)
    )
    return Alternatives(
        best=best,
        found=tuple(found),
        curve=tuple(curve),
        tolerance=tolerance,
        considered=len(candidates),
        rows=len(selected[at_best]),
        rate=rate,
        level=level,
    )


def _points(
    candidates: Sequence[Candidate],
    selected: Sequence[NDArray[np.bool_]],
    compared: Sequence[Grouping],
) -> list[Point]:
    measured = [
        {grouping.subject: grouping.ratio(decided) for grouping in compared} for decided in selected
    ]
    lowest = [min(found.values()) for found in measured]
    ahead = set(front([(one.score, ratio) for one, ratio in zip(candidates, lowest, strict=True)]))
    return [
        Point(candidate.name, candidate.score, lowest[at], measured[at], at in ahead)
        for at, candidate in enumerate(candidates)
    ]


def _alternative(point: Point, best: Point, half_width: float) -> Alternative:
    gain = point.ratio - best.ratio
    return Alternative(
        point=point,
        score_loss=best.score - point.score,
        gain=gain,
        low=gain - half_width,
        high=gain + half_width,
        worse=tuple(
            subject for subject, ratio in point.ratios.items() if ratio < best.ratios[subject]
        ),
    )

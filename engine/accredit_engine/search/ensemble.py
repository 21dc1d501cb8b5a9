"""The blend: greedy selection of members on their margins out of fold (Caruana et al. 2004).

Members are drawn with replacement; weights are shares of the draws. At most five distinct members,
at most 25 rounds, stopping when two rounds brought nothing. The blend is then calibrated by an
affine map, so that its margin stays a weighted sum of raw scores.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.evaluation.calibration import fit_affine
from accredit_engine.search.trials import Trial

MAX_ROUNDS: Final = 25
MAX_MEMBERS: Final = 5
_MAX_CANDIDATES: Final = 10
_PER_FAMILY: Final = 4
_PATIENCE: Final = 3

Merit: TypeAlias = tuple[float, float]
"""What is compared: (1 when the demands are met, else 0 or less; the score)."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted sum of members, calibrated.

    Attributes:
        weights: Pairs (trial, weight); the weights sum to 1.
        offset: float64 (o,) of the calibration.
        slope: float64 (o,) of the calibration.
        margin: float64 (n, o): calibrated margin out of fold.
    """

    weights: tuple[tuple[Trial, float], ...]
    offset: NDArray[np.float64]
    slope: NDArray[np.float64]
    margin: NDArray[np.float64]


def candidates(trials: Sequence[Trial], merit: Callable[[Trial], Merit]) -> list[Trial]:
    """The best trials, at most four of a family, best first; ties by number."""
    ranked = sorted(trials, key=lambda trial: (*(-part for part in merit(trial)), trial.number))
    chosen: list[Trial] = []
    for trial in ranked:
        same = sum(other.family is trial.family for other in chosen)
        if same < _PER_FAMILY and len(chosen) < _MAX_CANDIDATES:
            chosen.append(trial)
    return chosen


def frontier(trials: Sequence[Trial]) -> list[Trial]:
    """Trials that no other beats in both score and selection-rate ratio, best score first.

    Under a demand on the ratio a blend of an accurate and a fair member can beat both, so members
    that miss the demand are worth trying.
    """
    kept: list[Trial] = []
    for trial in sorted(trials, key=lambda trial: (-(trial.score or 0.0), trial.number)):
        if all((trial.ratio or 0.0) > (other.ratio or 0.0) for other in kept):
            kept.append(trial)
    return kept


def select(
    pool: Sequence[Trial],
    merit: Callable[[NDArray[np.float64]], Merit],
    *,
    expired: Callable[[], bool],
    max_members: int = MAX_MEMBERS,
) -> tuple[tuple[Trial, float], ...]:
    """Weights of the best blend found.

    Args:
        pool: Candidates, best first.
        merit: Judges a margin (n, o).
        expired: Asked between rounds; True ends the selection with the best so far.
        max_members: Distinct members allowed.
    """
    margins = [trial.margin for trial in pool]
    total = np.zeros_like(margins[0])
    draws: list[int] = []
    best_merit, best_draws, waited = (-np.inf, -np.inf), list(draws), 0
    for _ in range(MAX_ROUNDS):
        if best_draws and expired():
            break
        allowed = range(len(pool)) if len(set(draws)) < max_members else sorted(set(draws))
        tried = [(merit((total + margins[at]) / (len(draws) + 1)), -at) for at in allowed]
        round_merit, position = max(tried)
        draws.append(-position)
        total = total + margins[-position]
        if round_merit > best_merit:
            best_merit, best_draws, waited = round_merit, list(draws), 0
        else:
            waited += 1
            if waited >= _PATIENCE:
                break
    return tuple(
        (pool[at], best_draws.count(at) / len(best_draws)) for at in sorted(set(best_draws))
    )


def calibrated(
    weights: tuple[tuple[Trial, float], ...], y: NDArray[np.float64], task: Task
) -> Blend:
    """Add the final affine calibration, fitted out of fold against the true target."""
    margin = np.zeros_like(weights[0][0].margin)
    for trial, weight in weights:
        margin = margin + weight * trial.margin
    offset, slope = fit_affine(margin, y, task, shared_slope=True)
    return Blend(weights, offset, slope, offset + slope * margin)

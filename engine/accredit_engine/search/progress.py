"""What a trial has gathered: scores of held rows, fold by fold, and what the folds settled."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.family import Member, Params
from accredit_engine.search.workbench import Workbench

ROUNDS: Final = "rounds"
"""What folds settle: how long to learn."""
_TIMED_ROWS: Final = 5


@dataclass(slots=True)
class Progress:
    """What a trial has so far; rows that several folds hold get the mean of their scores.

    Attributes:
        total: float64 (s, o): sum of the raw scores of each scored row.
        times: int64 (s,): how often each was scored.
        scores: Score of each fold so far.
        settled: Params of each fold with what it settled.
        member_bytes: Size of the last model.
        row_ms: Milliseconds it takes for one row.
    """

    total: NDArray[np.float64]
    times: NDArray[np.int64]
    scores: list[float]
    settled: list[Params]
    member_bytes: int = 0
    row_ms: float = 0.0

    @classmethod
    def empty(cls, bench: Workbench) -> "Progress":
        """Before the first fold."""
        rows = len(bench.folds.scored)
        return cls(np.zeros((rows, bench.prepared.outputs)), np.zeros(rows, np.int64), [], [])

    def add(
        self, bench: Workbench, rows: NDArray[np.intp], raw: NDArray[np.float64], settled: Params
    ) -> None:
        """Keep the raw scores (h, o) of held rows."""
        positions = np.searchsorted(bench.folds.scored, rows)
        self.total[positions] += raw
        self.times[positions] += 1
        self.settled.append(settled)

    def weigh(self, member: Member, held: NDArray[np.float64]) -> None:
        """Size and speed of a member; the quickest of a few rows, for others may be at work."""
        self.member_bytes = sum(len(content) for content in member.files().values())
        times = []
        for row in range(min(_TIMED_ROWS, len(held))):
            started = time.perf_counter()
            member.raw(held[row : row + 1])
            times.append(time.perf_counter() - started)
        self.row_ms = round(1e3 * min(times, default=0.0), 4)

    def mean(self) -> NDArray[np.float64]:
        """Mean raw scores (s, o); rows not held yet are 0."""
        return self.total / np.maximum(self.times, 1)[:, None]


def settled_params(params: Params, settled: Sequence[Params]) -> Params:
    """Rounds are averaged over the folds; the rest is the same in all."""
    rounds = [int(kept[ROUNDS]) for kept in settled if ROUNDS in kept]
    if not rounds:
        return dict(params)
    return {**params, ROUNDS: max(1, round(sum(rounds) / len(rounds)))}

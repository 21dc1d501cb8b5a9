"""The wall-clock budget of a run, kept to the end of the refit.

With a number of trials instead of a time (`timed` is False) no decision looks at the clock, so
that equal seeds give equal runs on fast and slow machines.
"""

import math
import time
from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """Time of one run.

    Attributes:
        total_s: Seconds for everything.
        timed: Whether the clock decides anything.
        spent_s: Seconds that earlier attempts of the same run took.
        started: Reading of the monotonic clock at the start.
    """

    total_s: float
    timed: bool
    spent_s: float
    started: float

    @classmethod
    def start(cls, total_s: float, *, timed: bool) -> "Budget":
        """Start the clock."""
        return cls(total_s, timed, 0.0, time.monotonic())

    def elapsed(self) -> float:
        """Seconds spent so far, with earlier attempts."""
        return self.spent_s + time.monotonic() - self.started

    def left(self) -> float:
        """Seconds left; infinite when the clock decides nothing."""
        return self.total_s - self.elapsed() if self.timed else math.inf

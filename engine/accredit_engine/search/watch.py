"""The clock of one trial, shared out among its folds."""

import time
from dataclasses import dataclass, field
from typing import Final

_SHARE_USED: Final = 0.9
"""What follows the learning, such as predicting, needs a little of a fold's time."""


@dataclass(slots=True)
class Watch:
    """Time of one trial.

    Attributes:
        limit_s: Seconds it may take; infinite when the clock decides nothing.
        started: Reading of the monotonic clock at the start.
        was_cut: Whether some fold stopped learning because its time was out.
    """

    limit_s: float
    started: float = field(default_factory=time.monotonic)
    was_cut: bool = False

    def elapsed(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.started

    def is_over(self) -> bool:
        """Whether the time is out."""
        return self.elapsed() > self.limit_s

    def turn(self, folds_left: int) -> "Turn":
        """One fold's time: what is left is shared by the folds that are left."""
        share_s = (self.limit_s - self.elapsed()) / folds_left
        return Turn(self, self.elapsed() + _SHARE_USED * share_s)


@dataclass(slots=True)
class Turn:
    """One fold's share of a trial's time: then learning stops with what it has."""

    watch: Watch
    end_s: float

    def is_enough(self) -> bool:
        """Whether the share is used up."""
        if self.watch.elapsed() <= self.end_s:
            return False
        self.watch.was_cut = True
        return True

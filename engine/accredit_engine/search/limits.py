"""How large a model may be and how slow an answer: caps that a blend must meet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import FamilyName
from accredit_engine.search.trials import Trial

_GROWING: Final = frozenset({FamilyName.FOREST, FamilyName.NEIGHBOURS, FamilyName.SVM})
"""Families whose models are as large as what they were trained on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on a model, and on what its search may use.

    Attributes:
        model_mb: Largest size of all members together; None is no cap.
        row_ms: Longest time for one row, as measured on the members of a fold; None is no cap.
        memory_mb: Memory that the search may use; larger tables are sampled. None is no cap.
        trial_s: Seconds after which a trial counts as hung.
    """

    model_mb: float | None = None
    row_ms: float | None = None
    memory_mb: float | None = None
    trial_s: float = 900.0

    def __post_init__(self) -> None:
        """Refuse caps that nothing meets.

        Raises:
            UnfitSettings: a cap is not a positive number.
        """
        for name in ("model_mb", "row_ms", "memory_mb", "trial_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                message = f"{name} must be a positive number, not {value}"
                raise UnfitSettings(message)

    def allow(self, trials: Sequence[Trial], growth: float = 1.0) -> bool:
        """Whether a blend of these trials meets the caps, going by the models of their folds.

        Args:
            trials: Members of the blend.
            growth: How many times the rows of a fold the refit learns from.
        """
        megabytes = sum(
            trial.member_bytes * (growth if trial.family in _GROWING else 1.0) for trial in trials
        )
        megabytes /= 1e6
        if self.model_mb is not None and megabytes > self.model_mb:
            return False
        return self.row_ms is None or sum(trial.row_ms for trial in trials) <= self.row_ms

    def excess(self, trial: Trial) -> float:
        """How many times as large or slow as allowed a trial is, by the cap it misses most."""
        size = 0.0 if self.model_mb is None else trial.member_bytes / 1e6 / self.model_mb
        return max(size, 0.0 if self.row_ms is None else trial.row_ms / self.row_ms)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "model_mb": self.model_mb,
            "row_ms": self.row_ms,
            "memory_mb": self.memory_mb,
            "trial_s": self.trial_s,
        }

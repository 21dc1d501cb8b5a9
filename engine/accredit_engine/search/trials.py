"""A trial: one configuration of one family, tried on every fold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.family import FamilyName, Params


class TrialState(StrEnum):
    """How a trial ended."""

    FINISHED = "finished"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of a trial after it ended.

    Attributes:
        number: Counted from 0 within the run.
        family: Family that was trained.
        params: What the search asked for.
        settled: The same with what the folds settled, such as the rounds of boosting.
        state: How it ended.
        reason: Why it did not finish; empty when it did.
        score: Mean of the fold scores; None unless finished or pruned.
        fold_scores: Score of each fold that was tried.
        ratio: Selection-rate ratio out of fold when mitigation was asked for.
        seconds: Wall time.
        offset: float64 (o,): with `slope` it maps raw scores onto the margin.
        slope: float64 (o,).
        raw: float64 (n, o): raw scores out of fold; None unless finished.
    """

    number: int
    family: FamilyName
    params: Params
    settled: Params
    state: TrialState
    reason: str
    score: float | None
    fold_scores: tuple[float, ...]
    ratio: float | None
    seconds: float
    offset: tuple[float, ...]
    slope: tuple[float, ...]
    raw: NDArray[np.float64] | None

    @property
    def margin(self) -> NDArray[np.float64]:
        """Margin out of fold (n, o).

        Raises:
            ValueError: the trial did not finish.
        """
        if self.raw is None:
            message = f"trial {self.number} is {self.state.value} and has no margin"
            raise ValueError(message)
        return np.array(self.offset) + np.array(self.slope) * self.raw

    @property
    def score_std(self) -> float | None:
        """Standard deviation of the fold scores."""
        return float(np.std(self.fold_scores)) if self.fold_scores else None

    def to_dict(self) -> dict[str, object]:
        """JSON form without the scores of rows."""
        return {
            "number": self.number,
            "family": self.family.value,
            "params": dict(self.params),
            "settled": dict(self.settled),
            "state": self.state.value,
            "reason": self.reason,
            "score": self.score,
            "fold_scores": list(self.fold_scores),
            "ratio": self.ratio,
            "seconds": self.seconds,
            "offset": list(self.offset),
            "slope": list(self.slope),
        }

    @classmethod
    def from_dict(
        cls,
        document: Mapping[str, Any],  # Any: parsed JSON, checked by the checkpoint.
        raw: NDArray[np.float64] | None,
    ) -> "Trial":
        """Inverse of `to_dict`."""
        return cls(
            number=int(document["number"]),
            family=FamilyName(document["family"]),
            params=dict(document["params"]),
            settled=dict(document["settled"]),
            state=TrialState(document["state"]),
            reason=str(document["reason"]),
            score=document["score"],
            fold_scores=tuple(document["fold_scores"]),
            ratio=document["ratio"],
            seconds=float(document["seconds"]),
            offset=tuple(document["offset"]),
            slope=tuple(document["slope"]),
            raw=raw,
        )


def finished(trials: "list[Trial]") -> "list[Trial]":
    """The finished trials, in their order."""
    return [trial for trial in trials if trial.state is TrialState.FINISHED]

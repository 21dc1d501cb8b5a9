"""A trial: one configuration of one family, tried on every fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accredit_engine.families.family import FamilyName, Params

CLOCKED: Final = ("seconds", "row_ms")
"""Fields that differ between equal runs."""


class TrialState(StrEnum):
    """How a trial ended."""

    FINISHED = "finished"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"
    CRASHED = "crashed"
    HUNG = "hung"


class Origin(StrEnum):
    """Where a configuration came from."""

    PORTFOLIO = "portfolio"
    HISTORY = "history"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of a trial after it ended.

    Attributes:
        number: Counted from 0 within the run.
        family: Family that was trained.
        origin: Where the configuration came from.
        derived: Whether it was fed with derived features.
        params: What the search asked for.
        settled: The same with what the folds settled, such as the rounds of boosting.
        fold_rounds: Rounds of each fold, where the family counts rounds; a replay needs no clock.
        state: How it ended.
        reason: Why it did not finish, or that the clock cut its learning short; else empty.
        score: Mean of the fold scores; None unless finished or pruned.
        fold_scores: Score of each fold that was tried.
        ratio: Selection-rate ratio out of fold when mitigation was asked for.
        seconds: Wall time.
        member_bytes: Size of the model of the last fold.
        row_ms: Milliseconds that model takes for one row.
        offset: float64 (o,): with `slope` it maps raw scores onto the margin.
        slope: float64 (o,).
        raw_digest: SHA-256 of `raw` as `.npy`; empty unless finished.
        raw: float64 (s, o): raw scores of the scored rows; None unless finished.
    """

    number: int
    family: FamilyName
    origin: Origin
    derived: bool
    params: Params
    settled: Params
    fold_rounds: tuple[int, ...]
    state: TrialState
    reason: str
    score: float | None
    fold_scores: tuple[float, ...]
    ratio: float | None
    seconds: float
    member_bytes: int
    row_ms: float
    offset: tuple[float, ...]
    slope: tuple[float, ...]
    raw_digest: str
    raw: NDArray[np.float64] | None

    @property
    def margin(self) -> NDArray[np.float64]:
        """Margin of the scored rows (s, o).

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
            "origin": self.origin.value,
            "derived": self.derived,
            "params": dict(self.params),
            "settled": dict(self.settled),
            "fold_rounds": list(self.fold_rounds),
            "state": self.state.value,
            "reason": self.reason,
            "score": self.score,
            "fold_scores": list(self.fold_scores),
            "ratio": self.ratio,
            "seconds": self.seconds,
            "member_bytes": self.member_bytes,
            "row_ms": self.row_ms,
            "offset": list(self.offset),
            "slope": list(self.slope),
            "raw_digest": self.raw_digest,
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
            origin=Origin(document["origin"]),
            derived=bool(document["derived"]),
            params=dict(document["params"]),
            settled=dict(document["settled"]),
            fold_rounds=tuple(int(rounds) for rounds in document["fold_rounds"]),
            state=TrialState(document["state"]),
            reason=str(document["reason"]),
            score=document["score"],
            fold_scores=tuple(document["fold_scores"]),
            ratio=document["ratio"],
            seconds=float(document["seconds"]),
            member_bytes=int(document["member_bytes"]),
            row_ms=float(document["row_ms"]),
            offset=tuple(document["offset"]),
            slope=tuple(document["slope"]),
            raw_digest=str(document["raw_digest"]),
            raw=raw,
        )


def finished(trials: Sequence[Trial]) -> list[Trial]:
    """The finished trials, in their order."""
    return [trial for trial in trials if trial.state is TrialState.FINISHED]

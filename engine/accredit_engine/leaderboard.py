"""The leaderboard: every trial of a run, best first, with its weight in the blend."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from accredit_engine.search.ensemble import Blend
from accredit_engine.search.trials import Trial, TrialState

COLUMNS = (
    "rank",
    "trial",
    "family",
    "state",
    "score",
    "score_std",
    "weight",
    "ratio",
    "fit_seconds",
    "params",
)


def leaderboard_rows(trials: Sequence[Trial], blend: Blend) -> list[dict[str, object]]:
    """One row per trial: finished ones by score, then the others by number."""
    weights = {trial.number: weight for trial, weight in blend.weights}
    ordered = sorted(trials, key=_place)
    return [
        {
            "rank": rank,
            "trial": trial.number,
            "family": trial.family.value,
            "state": trial.state.value,
            "score": trial.score,
            "score_std": trial.score_std,
            "weight": weights.get(trial.number, 0.0),
            "ratio": trial.ratio,
            "fit_seconds": trial.seconds,
            "params": dict(trial.settled),
        }
        for rank, trial in enumerate(ordered, start=1)
    ]


def leaderboard_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:  # Any: JSON values.
    """The rows as a frame; what is not known is missing."""
    frame = pd.DataFrame([dict(row) for row in rows], columns=list(COLUMNS))
    numbers = ["score", "score_std", "weight", "ratio", "fit_seconds"]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def untimed(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Without the seconds, so that equal runs give equal bytes."""
    return [{name: row[name] for name in row if name != "fit_seconds"} for row in rows]


def _place(trial: Trial) -> tuple[int, float, int]:
    is_last = trial.state is not TrialState.FINISHED
    return (int(is_last), 0.0 if trial.score is None else -trial.score, trial.number)

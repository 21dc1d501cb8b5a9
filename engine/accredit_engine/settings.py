"""What a caller may ask of a run, checked once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accredit_engine.bundle.contract import Label, Task, label_to_json
from accredit_engine.errors import UnfitMitigation, UnfitSettings
from accredit_engine.evaluation.metrics import DEFAULT_METRICS, Scorer
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import family_names
from accredit_engine.search.mitigation import Mitigation


class LeakageRule(StrEnum):
    """What happens to columns that give the target away."""

    QUARANTINE = "quarantine"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings; see `AutoML` for their meaning."""

    task: Task
    metric: str
    time_budget_s: float
    seed: int
    n_jobs: int
    max_trials: int | None
    families: tuple[FamilyName, ...]
    column_kinds: Mapping[str, str]
    leakage: LeakageRule
    mitigation: Mitigation | None
    favourable: Label | None

    @classmethod
    def checked(
        cls,
        *,
        task: str,
        metric: str | None,
        time_budget_s: float,
        seed: int,
        n_jobs: int,
        max_trials: int | None,
        families: Sequence[str] | None,
        column_kinds: Mapping[str, str] | None,
        leakage: str,
        mitigation: Mitigation | None,
        favourable: Label | None,
    ) -> "Settings":
        """Check all settings.

        Raises:
            UnfitSettings: a value is outside what is accepted; the subclasses say which.
        """
        if task not in set(Task):
            message = f"the task {task!r} is unknown; use {[*Task]}"
            raise UnfitSettings(message)
        if leakage not in set(LeakageRule):
            message = f"leakage is {leakage!r}; use {[*LeakageRule]}"
            raise UnfitSettings(message)
        _refuse_numbers(time_budget_s, seed, n_jobs, max_trials)
        known = Task(task)
        if known is not Task.BINARY:
            _refuse_binary_only(known, mitigation, favourable)
        chosen = DEFAULT_METRICS[known] if metric is None else metric
        Scorer(chosen, known)
        return cls(
            task=known,
            metric=chosen,
            time_budget_s=float(time_budget_s),
            seed=seed,
            n_jobs=n_jobs,
            max_trials=max_trials,
            families=family_names(families),
            column_kinds=dict(column_kinds or {}),
            leakage=LeakageRule(leakage),
            mitigation=mitigation,
            favourable=favourable,
        )

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "task": self.task.value,
            "metric": self.metric,
            "time_budget_s": self.time_budget_s,
            "seed": self.seed,
            "n_jobs": self.n_jobs,
            "max_trials": self.max_trials,
            "families": [family.value for family in self.families],
            "column_kinds": dict(self.column_kinds),
            "leakage": self.leakage.value,
            "mitigation": None if self.mitigation is None else self.mitigation.to_dict(),
            "favourable": None if self.favourable is None else label_to_json(self.favourable),
        }


def _refuse_numbers(time_budget_s: float, seed: int, n_jobs: int, max_trials: int | None) -> None:
    if not (math.isfinite(time_budget_s) and time_budget_s > 0):
        message = f"time_budget_s must be a positive number of seconds, not {time_budget_s}"
        raise UnfitSettings(message)
    if not 0 <= seed < 2**63:
        message = f"seed must lie in [0, 2**63), not {seed}"
        raise UnfitSettings(message)
    if n_jobs < 1:
        message = f"n_jobs must be at least 1, not {n_jobs}"
        raise UnfitSettings(message)
    if max_trials is not None and max_trials < 1:
        message = f"max_trials must be at least 1, not {max_trials}"
        raise UnfitSettings(message)


def _refuse_binary_only(
    task: Task, mitigation: Mitigation | None, favourable: Label | None
) -> None:
    if mitigation is not None:
        message = f"mitigation compares favourable decisions; {task.value} has none"
        raise UnfitMitigation(message)
    if favourable is not None:
        message = f"a favourable class exists for binary tasks, not for {task.value}"
        raise UnfitSettings(message)

"""What a caller may ask of a run, checked once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from accredit_engine.bundle.contract import Label, Task, label_from_json, label_to_json
from accredit_engine.errors import NotReplayable, UnfitMitigation, UnfitSettings
from accredit_engine.evaluation.costs import CostMatrix
from accredit_engine.evaluation.custom_score import CustomScore
from accredit_engine.evaluation.metrics import DEFAULT_METRICS, Scorer
from accredit_engine.evaluation.threshold import RATE, ThresholdRule
from accredit_engine.families.family import FamilyName, Objective
from accredit_engine.families.roster import family_names
from accredit_engine.search.constraints import Constraints
from accredit_engine.search.limits import Limits
from accredit_engine.search.mitigation import Mitigation
from accredit_engine.search.pool import INLINE, PROCESSES
from accredit_engine.search.sampler import SamplerName, sampler_named

_CUSTOM: Final = "custom: "


class LeakageRule(StrEnum):
    """What happens to columns that give the target away."""

    QUARANTINE = "quarantine"
    REFUSE = "refuse"


class Attribution(StrEnum):
    """Which attributions a model must be able to give."""

    ANY = "any"
    EXACT = "exact"


ClassWeight = str | Mapping[Label, float]
"""`balanced`, or a weight by class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Checked settings; see `AutoML` for their meaning."""

    task: Task
    metric: str | CustomScore
    time_budget_s: float = 60.0
    seed: int = 0
    n_jobs: int = 2
    max_trials: int | None = None
    families: tuple[FamilyName, ...] | None = None
    interpretable: bool = False
    attributions: Attribution = Attribution.ANY
    column_kinds: Mapping[str, str]
    leakage: LeakageRule = LeakageRule.QUARANTINE
    derive: bool = True
    sampler: SamplerName = SamplerName.TPE
    constraints: Constraints
    class_weight: ClassWeight | None = None
    objective: Objective | None = None
    threshold: ThresholdRule = RATE
    costs: CostMatrix | None = None
    conformal: float | None = None
    mitigation: Mitigation | None = None
    favourable: Label | None = None
    limits: Limits
    history: Path | None = None
    workers: str = PROCESSES

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "task": self.task.value,
            "metric": self.metric if isinstance(self.metric, str) else _CUSTOM + self.metric.name,
            "time_budget_s": self.time_budget_s,
            "seed": self.seed,
            "n_jobs": self.n_jobs,
            "max_trials": self.max_trials,
            "families": None
            if self.families is None
            else [family.value for family in self.families],
            "interpretable": self.interpretable,
            "attributions": self.attributions.value,
            "column_kinds": dict(self.column_kinds),
            "leakage": self.leakage.value,
            "derive": self.derive,
            "sampler": self.sampler.value,
            **self.constraints.to_dict(),
            "class_weight": _weights_to_json(self.class_weight),
            "objective": _objective_to_json(self.objective),
            "threshold": self.threshold.text,
            "costs": None if self.costs is None else self.costs.to_dict()["costs"],
            "conformal": self.conformal,
            "mitigation": None if self.mitigation is None else self.mitigation.to_dict(),
            "favourable": None if self.favourable is None else label_to_json(self.favourable),
            "limits": self.limits.to_dict(),
            "history": None if self.history is None else self.history.name,
            "workers": self.workers if self.workers in (INLINE, PROCESSES) else "dask",
        }


def checked(
    *,
    task: str,
    metric: str | CustomScore | None,
    families: Sequence[str] | None,
    attributions: str,
    column_kinds: Mapping[str, str] | None,
    leakage: str,
    sampler: str,
    monotone: Mapping[str, int] | None,
    interactions: Sequence[Sequence[str]] | None,
    history: Path | str | None,
    limits: Limits | None,
    threshold: str,
    costs: CostMatrix | None,
    **plain: object,
) -> Settings:
    """Check all settings.

    The arguments are those of `AutoML`; `plain` are the settings that are kept as they are.

    Raises:
        UnfitSettings: a value is outside what is accepted; the subclasses say which.
    """
    if task not in set(Task):
        message = f"the task {task!r} is unknown; use {[*Task]}"
        raise UnfitSettings(message)
    if leakage not in set(LeakageRule):
        message = f"leakage is {leakage!r}; use {[*LeakageRule]}"
        raise UnfitSettings(message)
    if attributions not in set(Attribution):
        message = f"attributions is {attributions!r}; use {[*Attribution]}"
        raise UnfitSettings(message)
    known = Task(task)
    chosen = DEFAULT_METRICS[known] if metric is None else metric
    rule = ThresholdRule.parse(threshold, costs)
    Scorer(chosen, known, rule=rule)
    settings = Settings(
        task=known,
        metric=chosen,
        families=None if families is None else family_names(families),
        attributions=Attribution(attributions),
        column_kinds=dict(column_kinds or {}),
        leakage=LeakageRule(leakage),
        sampler=sampler_named(sampler),
        constraints=Constraints(
            dict(monotone or {}), tuple(tuple(group) for group in interactions or ())
        ),
        history=None if history is None else Path(history),
        limits=limits or Limits(),
        threshold=rule,
        costs=costs,
        **plain,  # type: ignore[arg-type] # checked by name in AutoML's own signature
    )
    _refuse_numbers(settings)
    _refuse_by_task(settings)
    return settings


def settings_from(document: Mapping[str, Any]) -> Settings:  # Any: JSON.
    """Settings as a record holds them.

    Raises:
        NotReplayable: a function of the caller was part of them.
    """
    objective = document["objective"]
    if (objective or "").startswith(_CUSTOM) or document["metric"].startswith(_CUSTOM):
        message = "the run used a function of the caller, which no record holds"
        raise NotReplayable(message)
    costs = None
    if document["costs"] is not None:
        costs = CostMatrix.from_dict({"costs": document["costs"]})
    mitigation = document["mitigation"]
    return Settings(
        task=Task(document["task"]),
        metric=document["metric"],
        time_budget_s=document["time_budget_s"],
        seed=document["seed"],
        max_trials=document["max_trials"],
        interpretable=document["interpretable"],
        attributions=Attribution(document["attributions"]),
        column_kinds=document["column_kinds"],
        leakage=LeakageRule(document["leakage"]),
        derive=document["derive"],
        sampler=SamplerName(document["sampler"]),
        constraints=Constraints(
            document["monotone"], tuple(tuple(group) for group in document["interactions"])
        ),
        class_weight=_weights_from_json(document["class_weight"]),
        objective=objective,
        threshold=ThresholdRule.parse(document["threshold"], costs),
        costs=costs,
        conformal=document["conformal"],
        mitigation=None if mitigation is None else _mitigation_from(mitigation),
        favourable=None
        if document["favourable"] is None
        else label_from_json(document["favourable"]),
        limits=Limits(**document["limits"]),
    )


def _mitigation_from(document: Mapping[str, Any]) -> Mitigation:  # Any: JSON.
    named = document["sensitive_feature"]
    feature = named if isinstance(named, str) else tuple(named)
    return Mitigation(feature, document["constraint"], document["min_ratio"])


def _refuse_numbers(settings: Settings) -> None:
    budget, seed = settings.time_budget_s, settings.seed
    if not (math.isfinite(budget) and budget > 0):
        message = f"time_budget_s must be a positive number of seconds, not {budget}"
        raise UnfitSettings(message)
    if not 0 <= seed < 2**63:
        message = f"seed must lie in [0, 2**63), not {seed}"
        raise UnfitSettings(message)
    if settings.n_jobs < 1:
        message = f"n_jobs must be at least 1, not {settings.n_jobs}"
        raise UnfitSettings(message)
    if settings.max_trials is not None and settings.max_trials < 1:
        message = f"max_trials must be at least 1, not {settings.max_trials}"
        raise UnfitSettings(message)
    if settings.conformal is not None and not 0.5 < settings.conformal < 1:
        message = f"conformal is the coverage aimed at, in (0.5, 1), not {settings.conformal}"
        raise UnfitSettings(message)


def _refuse_by_task(settings: Settings) -> None:
    task = settings.task
    if task is not Task.BINARY:
        if settings.mitigation is not None:
            message = f"mitigation compares favourable decisions; {task.value} has none"
            raise UnfitMitigation(message)
        if settings.favourable is not None:
            message = f"a favourable class exists for binary tasks, not for {task.value}"
            raise UnfitSettings(message)
        if settings.threshold != RATE:
            message = f"a threshold exists for binary tasks, not for {task.value}"
            raise UnfitSettings(message)
    if settings.costs is not None and task is Task.REGRESSION:
        message = "costs compare decisions between classes; a regression has none"
        raise UnfitSettings(message)
    if task is Task.REGRESSION and settings.class_weight is not None:
        message = "class_weight weighs classes; a regression has none"
        raise UnfitSettings(message)
    if settings.mitigation is not None and settings.class_weight is not None:
        message = "class_weight and mitigation both weigh rows; use one of them"
        raise UnfitSettings(message)


def _weights_to_json(weights: ClassWeight | None) -> object:
    if weights is None or isinstance(weights, str):
        return weights
    return [[label_to_json(label), float(weight)] for label, weight in weights.items()]


def _weights_from_json(document: Any) -> ClassWeight | None:  # Any: JSON.
    if document is None or isinstance(document, str):
        return document
    return {label_from_json(label): float(weight) for label, weight in document}


def _objective_to_json(objective: Objective | None) -> str | None:
    if objective is None or isinstance(objective, str):
        return objective
    return f"{_CUSTOM}{getattr(objective, '__qualname__', type(objective).__name__)}"

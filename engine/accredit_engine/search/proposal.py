"""What to try next: defaults of every family first, then Optuna's TPE within a family.

Each proposal is a function of the recorded trials, the seed and the number of the trial: the study
is rebuilt and its sampler re-seeded every time. So a run that resumes from its checkpoint proposes
exactly what the straight run would have proposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import Family, FamilyName, Params
from accredit_engine.search.mitigation import MAX_STRENGTH, STRENGTH, Mitigation
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.seeds import child

_RATIO: Final = "selection_rate_ratio"
_TURNS: Final = (0, 0, 1, 0, 2, 0, 1)
"""Rank of the family that is varied next: mostly the best, never only the best."""
_LINEAR_TRIALS: Final = 8
"""A penalty alone is soon searched through."""
_STARTUP_TRIALS: Final = 5
_FIRST_STRENGTHS: Final = (0.3, 0.5, 0.1)
_MITIGATED_ROUNDS: Final = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """One configuration to try."""

    family: FamilyName
    params: Params
    is_default: bool


def propose(
    trials: Sequence[Trial],
    families: Mapping[FamilyName, Family],
    *,
    affordable: Sequence[FamilyName],
    task: Task,
    rows: int,
    seed: int,
    mitigation: Mitigation | None,
) -> Proposal:
    """The next configuration of an affordable family, given all trials so far."""
    number = len(trials)
    first = _first(families, task, rows, mitigation)
    if number < len(first) and first[number].family in affordable:
        return first[number]
    name = _turn(trials, affordable, number)
    space = dict(families[name].space(task, rows))
    if mitigation is not None:
        space |= _mitigated_space(name)
    own = [trial for trial in trials if trial.family is name]
    return Proposal(name, _ask(own, space, child(seed, "sampler", number), mitigation), False)


def first_count(families: Mapping[FamilyName, Family], mitigation: Mitigation | None) -> int:
    """How many proposals are fixed beforehand."""
    return len(families) * (len(_FIRST_STRENGTHS) if mitigation is not None else 1)


def _first(
    families: Mapping[FamilyName, Family],
    task: Task,
    rows: int,
    mitigation: Mitigation | None,
) -> list[Proposal]:
    defaults = {name: family.default(task, rows) for name, family in families.items()}
    if mitigation is None:
        return [Proposal(name, params, True) for name, params in defaults.items()]
    rounds = {"rounds": _MITIGATED_ROUNDS}
    return [
        Proposal(
            name,
            {**params, **(rounds if name is FamilyName.BOOSTING else {}), STRENGTH: strength},
            True,
        )
        for strength in _FIRST_STRENGTHS
        for name, params in defaults.items()
    ]


def _mitigated_space(name: FamilyName) -> dict[str, BaseDistribution]:
    """Rounds are searched, not stopped early: held rows carry labels of another objective."""
    space: dict[str, BaseDistribution] = {STRENGTH: FloatDistribution(0.0, MAX_STRENGTH)}
    if name is FamilyName.BOOSTING:
        space["rounds"] = IntDistribution(20, 300, log=True)
    return space


def _turn(trials: Sequence[Trial], names: Sequence[FamilyName], number: int) -> FamilyName:
    best: dict[FamilyName, float] = {}
    for trial in trials:
        is_finished = trial.state is TrialState.FINISHED and trial.family in names
        if is_finished and trial.score is not None:
            best[trial.family] = max(trial.score, best.get(trial.family, trial.score))
    ranked = sorted(best, key=lambda name: (-best[name], names.index(name)))
    ranked += [name for name in names if name not in best]
    chosen = ranked[_TURNS[number % len(_TURNS)] % len(ranked)]
    done = sum(trial.family is chosen for trial in trials)
    others = [name for name in ranked if name is not chosen]
    if chosen is FamilyName.LINEAR and done >= _LINEAR_TRIALS and others:
        return others[0]
    return chosen


def _ask(
    own: Sequence[Trial],
    space: Mapping[str, BaseDistribution],
    seed: int,
    mitigation: Mitigation | None,
) -> Params:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP_TRIALS)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in own:
        if trial.score is None or set(trial.params) != set(space):
            continue
        constraints = None
        if mitigation is not None:
            constraints = {_RATIO: mitigation.min_ratio - (trial.ratio or 0.0)}
        try:
            past = optuna.create_trial(
                params=dict(trial.params),
                distributions=dict(space),
                value=trial.score,
                constraints=constraints,
            )
        except ValueError:
            continue  # A default may lie beside the space; it cannot inform the sampler.
        study.add_trial(past)
    asked = study.ask(dict(space))
    return dict(asked.params)

"""How configurations of a family are drawn: samplers of Optuna by name.

The study lives in memory, is rebuilt from the recorded trials and seeded anew for every question,
so the answer depends on the record and the seed alone.
"""

import importlib.util
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import Params

_RATIO: Final = "selection_rate_ratio"
_STARTUP_TRIALS: Final = 5
_GRID_STEPS: Final = 3
_POPULATION: Final = 12


class SamplerName(StrEnum):
    """Ways to search; the default is TPE (Bergstra et al. 2011)."""

    TPE = "tpe"
    RANDOM = "random"
    GRID = "grid"
    GP = "gp"
    CMA_ES = "cmaes"
    NSGA_II = "nsga2"


_NEEDS: Final = {SamplerName.GP: "torch", SamplerName.CMA_ES: "cmaes"}


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier trial of the same family."""

    params: Params
    score: float
    ratio: float | None


def sampler_named(name: str) -> SamplerName:
    """The sampler of this name, if what it needs is installed.

    Raises:
        UnfitSettings: no such sampler, or its package is missing.
    """
    if name not in set(SamplerName):
        message = f"the sampler {name!r} is unknown; use {[*SamplerName]}"
        raise UnfitSettings(message)
    sampler = SamplerName(name)
    needed = _NEEDS.get(sampler)
    if needed is not None and importlib.util.find_spec(needed) is None:
        message = f"the sampler {name!r} needs the package {needed}; install it or use 'tpe'"
        raise UnfitSettings(message)
    return sampler


def ask(
    name: SamplerName,
    past: Sequence[Past],
    space: Mapping[str, BaseDistribution],
    *,
    seed: int,
    draw: int,
    min_ratio: float | None,
) -> Params | None:
    """The next configuration; None when a grid is exhausted.

    Args:
        name: Sampler.
        past: Earlier trials of the family.
        space: What may vary.
        seed: Seed of this one question.
        draw: Trials of the family so far: the place in a grid.
        min_ratio: Demand on the selection-rate ratio, or None.
    """
    if name is SamplerName.GRID:
        return _grid_point(space, draw)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with_ratio = name is SamplerName.NSGA_II and any(entry.ratio is not None for entry in past)
    directions = [StudyDirection.MAXIMIZE] * (2 if with_ratio else 1)
    study = optuna.create_study(directions=directions, sampler=_sampler(name, seed))
    for entry in past:
        params = {key: value for key, value in entry.params.items() if key in space}
        if len(params) < len(space):
            continue
        constraints = None
        if min_ratio is not None and not with_ratio:
            constraints = {_RATIO: min_ratio - (entry.ratio or 0.0)}
        try:
            trial = optuna.create_trial(
                params=params,
                distributions=dict(space),
                values=[entry.score, entry.ratio or 0.0] if with_ratio else [entry.score],
                constraints=constraints,
            )
        except ValueError:
            continue  # A portfolio's configuration may lie beside the space; it informs nothing.
        study.add_trial(trial)
    return dict(study.ask(dict(space)).params)


def _sampler(name: SamplerName, seed: int) -> BaseSampler:
    if name is SamplerName.RANDOM:
        return optuna.samplers.RandomSampler(seed=seed)
    if name is SamplerName.GP:
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=_STARTUP_TRIALS)
    if name is SamplerName.CMA_ES:
        return optuna.samplers.CmaEsSampler(seed=seed, n_startup_trials=_STARTUP_TRIALS)
    if name is SamplerName.NSGA_II:
        return optuna.samplers.NSGAIISampler(seed=seed, population_size=_POPULATION)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP_TRIALS)


def _grid_point(space: Mapping[str, BaseDistribution], draw: int) -> Params | None:
    """Point `draw` of the grid of three steps a knob, the middle of every knob first."""
    axes = {name: _steps(distribution) for name, distribution in sorted(space.items())}
    if draw >= int(np.prod([len(axis) for axis in axes.values()])):
        return None
    point = next(itertools.islice(itertools.product(*axes.values()), draw, None))
    return dict(zip(axes, point, strict=True))


def _steps(distribution: BaseDistribution) -> list[float | int | str]:
    if isinstance(distribution, CategoricalDistribution):
        return [choice for choice in distribution.choices if isinstance(choice, float | int | str)]
    low, high = float(distribution.low), float(distribution.high)  # type: ignore[attr-defined] # int or float
    is_log = bool(distribution.log)  # type: ignore[attr-defined] # as above
    ends = np.geomspace(low, high, 5) if is_log else np.linspace(low, high, 5)
    chosen = [float(ends[at]) for at in (2, 0, 4)][:_GRID_STEPS]
    if isinstance(distribution, optuna.distributions.IntDistribution):
        return list(dict.fromkeys(round(value) for value in chosen))
    return list(dict.fromkeys(chosen))

"""The configurations a portfolio is chosen from: the default of every family, and random ones."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import optuna
from optuna.distributions import BaseDistribution

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.seeds import child


@dataclass(frozen=True, slots=True)
class Configuration:
    """A family and what differs from its default; no params mean the default itself.

    Attributes:
        family: Name of the family.
        params: Laid over the default that the family gives for the task and the rows.
        tasks: Tasks it may be used for.
    """

    family: str
    params: Mapping[str, float | int | str]
    tasks: tuple[str, ...]

    @property
    def key(self) -> str:
        """Short digest of family and params."""
        text = json.dumps([self.family, dict(self.params)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def is_default(self) -> bool:
        """Whether it is the default of its family."""
        return not self.params


def configurations(
    families: Mapping[FamilyName, Family], *, per_family: int, rows: int, seed: int
) -> list[Configuration]:
    """Defaults first, then `per_family` random ones of every family and space.

    Args:
        families: What is on offer.
        per_family: Random configurations; tasks with different spaces get as many each.
        rows: Size of the data that the spaces are taken for.
        seed: Root seed; more configurations leave the first ones as they are.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    every = tuple(task.value for task in Task)
    found = [Configuration(name.value, {}, every) for name in families]
    for name, family in families.items():
        for tasks, space in _spaces(family, rows):
            sampler = optuna.samplers.RandomSampler(seed=child(seed, "pool", name.value, *tasks))
            study = optuna.create_study(sampler=sampler)
            asked = [study.ask(dict(space)).params for _ in range(per_family)] if space else []
            found += [Configuration(name.value, _short(params), tasks) for params in asked]
    # Small spaces repeat themselves.
    return list({(entry.key, entry.tasks): entry for entry in found}.values())


def _spaces(
    family: Family, rows: int
) -> list[tuple[tuple[str, ...], Mapping[str, BaseDistribution]]]:
    """Spaces of a family, each with the tasks that share it."""
    found: list[tuple[tuple[str, ...], Mapping[str, BaseDistribution]]] = []
    for task in Task:
        space = family.space(task, rows)
        at = next((at for at, (_, other) in enumerate(found) if other == space), None)
        if at is None:
            found.append(((task.value,), space))
        else:
            found[at] = ((*found[at][0], task.value), space)
    return found


def _short(params: Mapping[str, float | int | str]) -> dict[str, float | int | str]:
    """Three significant digits: nobody can tell more, and people read the portfolio."""
    return {
        name: float(f"{value:.3g}") if isinstance(value, float) else value
        for name, value in params.items()
    }

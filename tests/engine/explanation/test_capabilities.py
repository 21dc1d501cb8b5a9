"""What can be explained exactly is known before anything is searched."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution

from accredit_engine import AutoML, Limits
from accredit_engine.arrangement import agenda_for, families_for
from accredit_engine.bundle.contract import Task
from accredit_engine.errors import UnfitSettings
from accredit_engine.explanation.attributions import contributions, is_exact
from accredit_engine.families.booster import BoosterMember
from accredit_engine.families.boosting import BoostingFamily
from accredit_engine.families.family import (
    SAMPLED_OBJECTIVES,
    TRAITS,
    Family,
    FamilyName,
    Params,
    Training,
)
from accredit_engine.families.roster import family_names, load_families
from accredit_engine.search.constraints import Constraints
from accredit_engine.settings import Attribution, Settings
from tests.engine.search.support import small_evaluator, small_frame, small_prepared

FAMILIES, _ = load_families(family_names(None))
TASKS = [(Task.BINARY, 1), (Task.MULTICLASS, 3), (Task.REGRESSION, 1)]
QUICK: Mapping[FamilyName, Params] = {
    FamilyName.FOREST: {"trees": 5},
    FamilyName.XGBOOST: {"rounds": 4},
    FamilyName.CATBOOST: {"rounds": 4},
    FamilyName.BOOSTING: {"rounds": 4},
    FamilyName.ADDITIVE: {"rounds": 4},
    FamilyName.HISTOGRAM: {"rounds": 4},
    FamilyName.EBM: {"bags": 1},
}


def training(task: Task, outputs: int) -> Training:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(120, 4))
    score = matrix[:, 0] - matrix[:, 1] * matrix[:, 2]
    cuts = np.quantile(score, np.linspace(0, 1, max(2, outputs) + 1)[1:-1])
    y = score if task is Task.REGRESSION else np.digitize(score, cuts).astype(np.float64)
    return Training(task, outputs, matrix, y, None, (), None, 1, 0, False, lambda: False)


def choices(name: str, space: BaseDistribution) -> list[tuple[str, float | int | str]]:
    """Every choice of a list; a range only changes sizes, so its ends stand for it."""
    if isinstance(space, CategoricalDistribution):
        return [(name, choice) for choice in space.choices]
    return [(name, space.low), (name, space.high)]  # type: ignore[attr-defined] # both have ends


def anything() -> Settings:
    """The settings of a run that asks for nothing special."""
    return Settings(
        task=Task.BINARY,
        metric="roc_auc",
        column_kinds={},
        constraints=Constraints({}),
        limits=Limits(),
    )


EXACTLY = Attribution.EXACT
EXACT = [
    pytest.param(family, task, outputs, id=f"{name}-{task}")
    for name, family in FAMILIES.items()
    for task, outputs in TASKS
    if family.traits.exact and not family.unfit(task, 120, 4)
]


@pytest.mark.parametrize(("family", "task", "outputs"), EXACT)
def test_no_configuration_in_the_space_of_an_exact_family_is_sampled(
    family: Family, task: Task, outputs: int
) -> None:
    data = training(task, outputs)
    space = family.space(task, 120)
    named = [(name, choice) for name in space for name, choice in choices(name, space[name])]
    lists = [pair for pair in named if isinstance(space[pair[0]], CategoricalDistribution)]

    for name, choice in lists or named[:2]:
        params = {**family.default(task, 120), name: choice, **QUICK.get(family.name, {})}
        member, _ = family.train(data, params)
        assert is_exact(member), (name, choice)
        phi, base = contributions(member, data.matrix[:5])
        raw = member.raw(data.matrix[:5])
        assert phi.sum(axis=1) + base == pytest.approx(raw, rel=1e-9, abs=1e-9), (name, choice)


def test_nothing_that_breaks_attributions_can_be_searched() -> None:
    assert len(FAMILIES) > 8

    for family in FAMILIES.values():
        for task in Task:
            searched = {*family.space(task, 500), *family.default(task, 500)}
            assert not searched & {"objective", "linear_tree", "boosting", "booster"}, family.name


def test_linear_trees_whose_contributions_do_not_exist_are_never_trained() -> None:
    family = BoostingFamily()
    params = {**family.default(Task.BINARY, 120), "rounds": 4, "linear_tree": 1}

    member, _ = family.train(training(Task.BINARY, 1), params)

    assert isinstance(member, BoosterMember)
    assert "is_linear=0" in member.text
    assert "is_linear=1" not in member.text


@pytest.mark.parametrize("name", list(FAMILIES))
def test_families_that_must_sample_are_left_out_where_attributions_must_be_exact(
    name: FamilyName,
) -> None:
    prepared = small_prepared(small_frame(60))
    settings = replace(anything(), families=(name, FamilyName.LINEAR), attributions=EXACTLY)

    kept, absent = families_for(settings, prepared)

    assert (name in kept) == TRAITS[name].exact
    assert (name in absent) != TRAITS[name].exact


@pytest.mark.parametrize("objective", sorted(SAMPLED_OBJECTIVES))
def test_an_objective_that_can_only_be_sampled_is_refused_where_exact_ones_are_demanded(
    objective: str,
) -> None:
    frame = small_frame(80).assign(good=lambda data: data["first"] + 10)
    model = AutoML(
        "regression", max_trials=2, workers="inline", attributions="exact", objective=objective
    )

    with pytest.raises(UnfitSettings, match=f"{objective} have to be sampled"):
        model.fit(frame, "good")


def test_a_configuration_from_history_that_can_only_be_sampled_is_not_proposed(
    tmp_path: Path,
) -> None:
    evaluator = small_evaluator(FAMILIES)
    past = {
        "settings": {"task": "binary"},
        "meta": {"rows": 4.0},
        "blend": {"members": [{"trial": 0, "family": "boosting", "weight": 1.0}]},
        "trials": [{"number": 0, "derived": False, "params": {"objective": "poisson"}}],
    }
    (tmp_path / "config.json").write_text(json.dumps(past))
    free = replace(anything(), history=tmp_path)
    exact = replace(free, attributions=EXACTLY)

    def proposed(settings: Settings) -> bool:
        first = agenda_for(settings, evaluator, {"rows": 4.0}).first
        return any(proposal.params.get("objective") == "poisson" for proposal in first)

    assert proposed(free)
    assert not proposed(exact)

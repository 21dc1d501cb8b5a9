"""What every family owes a search, over all families that this machine can train."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed, UnfitSettings
from accredit_engine.explanation.attributions import contributions, is_exact
from accredit_engine.families.family import TRAITS, Family, FamilyName, Member, Params, Training
from accredit_engine.families.roster import family_names, load_families, load_member
from accredit_engine.features.plan import PlanName

FAMILIES, ABSENT = load_families(family_names(None))
QUICK: Mapping[FamilyName, Params] = {
    FamilyName.FOREST: {"trees": 20},
    FamilyName.NEURAL: {"epochs": 12, "units": 16, "batch": 16},
    FamilyName.XGBOOST: {"rounds": 12},
    FamilyName.CATBOOST: {"rounds": 12},
    FamilyName.BOOSTING: {"rounds": 12},
    FamilyName.ADDITIVE: {"rounds": 20},
    FamilyName.HISTOGRAM: {"rounds": 12},
    FamilyName.EBM: {"bags": 1},
}
SEPARATE = [
    FamilyName.BOOSTING,
    FamilyName.HISTOGRAM,
    FamilyName.XGBOOST,
    FamilyName.LINEAR,
    FamilyName.NAIVE_BAYES,
    FamilyName.SCORECARD,
    FamilyName.ADDITIVE,
    FamilyName.EBM,
]
EVEN_MULTI = [FamilyName.BOOSTING, FamilyName.ADDITIVE, FamilyName.XGBOOST]
TASKS = [(Task.BINARY, 1), (Task.MULTICLASS, 3), (Task.REGRESSION, 1)]
MONOTONE = [
    FamilyName.BOOSTING,
    FamilyName.ADDITIVE,
    FamilyName.HISTOGRAM,
    FamilyName.XGBOOST,
    FamilyName.CATBOOST,
    FamilyName.SCORECARD,
    FamilyName.TREE,
    FamilyName.EBM,
]


def training(family: Family, task: Task, outputs: int) -> Training:
    """300 rows of five numbers, a flag and a code; the LightGBM plan also has missing values."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(300, 7))
    matrix[:, 5] = matrix[:, 5] > 0.5
    matrix[:, 6] = random.integers(0, 4, size=300)
    score = 2 * matrix[:, 0] - matrix[:, 1] + matrix[:, 2] * matrix[:, 3] + matrix[:, 5]
    score += random.normal(scale=0.3, size=300)
    cuts = np.quantile(score, np.linspace(0, 1, max(2, outputs) + 1)[1:-1])
    y = 50 + 9 * score if task is Task.REGRESSION else np.digitize(score, cuts).astype(np.float64)
    categorical: tuple[int, ...] = ()
    if family.plan is PlanName.BOOSTING:
        matrix[::9, 1] = np.nan
        categorical = (6,)
    return Training(
        task=task,
        outputs=outputs,
        matrix=matrix,
        y=y,
        weight=None,
        categorical=categorical,
        held=None,
        threads=1,
        seed=4,
        absolute=False,
        expired=lambda: False,
    )


def quick(family: Family, task: Task) -> Params:
    return {**family.default(task, 300), **QUICK.get(family.name, {})}


@cache
def trained(name: FamilyName, task: Task, outputs: int, seed: int) -> Member:
    family = FAMILIES[name]
    data = replace(training(family, task, outputs), seed=seed)
    return family.train(data, quick(family, task))[0]


def fitted(family: Family, task: Task, outputs: int) -> tuple[Member, Training]:
    return trained(family.name, task, outputs, 4), training(family, task, outputs)


CASES = [
    pytest.param(family, task, outputs, id=f"{name}-{task}")
    for name, family in FAMILIES.items()
    for task, outputs in TASKS
    if not family.unfit(task, 300, 7)
]


def test_families_without_further_packages_are_all_here() -> None:
    assert not ABSENT
    assert set(FAMILIES) >= {name for name in FamilyName if not TRAITS[name].optional}
    assert len(CASES) > 25


@pytest.mark.parametrize(("family", "task", "outputs"), CASES)
class TestEveryFamily:
    def test_its_scores_follow_the_target(self, family: Family, task: Task, outputs: int) -> None:
        member, data = fitted(family, task, outputs)

        raw = member.raw(data.matrix)

        assert raw.shape == (300, outputs)
        assert raw.dtype == np.float64
        assert np.isfinite(raw).all()
        guess = raw[:, 0] if outputs == 1 else raw.argmax(axis=1)
        assert np.corrcoef(guess, data.y)[0, 1] > 0.5
        assert member.family is family.name

    def test_a_row_alone_scores_as_within_a_batch(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        member, data = fitted(family, task, outputs)

        batch = member.raw(data.matrix)

        alone = np.concatenate([member.raw(data.matrix[at : at + 1]) for at in range(40)])
        assert alone.tobytes() == batch[:40].tobytes()
        assert member.raw(data.matrix[:77]).tobytes() == batch[:77].tobytes()
        assert member.raw(data.matrix[:0]).shape == (0, outputs)

    def test_its_files_give_the_same_member(self, family: Family, task: Task, outputs: int) -> None:
        member, data = fitted(family, task, outputs)

        read = load_member(family.name, member.files(), outputs)

        assert read.raw(data.matrix).tobytes() == member.raw(data.matrix).tobytes()
        assert read.files() == member.files()
        assert read.family is family.name

    def test_contributions_add_up(self, family: Family, task: Task, outputs: int) -> None:
        member, data = fitted(family, task, outputs)
        rows = data.matrix[:8]

        phi, base = contributions(member, rows)

        raw = member.raw(rows)
        assert phi.shape == (8, 7, outputs)
        assert np.abs(phi.sum(axis=1) + base - raw).max() < 1e-9 * max(1, np.abs(raw).max())
        assert is_exact(member) == family.traits.exact
        alone, same_base = contributions(member, rows[3:4])
        assert alone[0].tobytes() == phi[3].tobytes()
        assert np.array_equal(base, same_base)

    def test_equal_seeds_give_equal_bytes(self, family: Family, task: Task, outputs: int) -> None:
        first, data = fitted(family, task, outputs)

        second, _ = family.train(data, quick(family, task))

        assert first.files() == second.files()

    def test_a_merged_member_is_the_mean(self, family: Family, task: Task, outputs: int) -> None:
        members = [trained(family.name, task, outputs, seed) for seed in (4, 5, 6)]
        data = training(family, task, outputs)

        merged = family.merged(members)

        expected = np.mean([member.raw(data.matrix) for member in members], axis=0)
        raw = merged.raw(data.matrix)
        scale = max(1.0, np.abs(expected).max())
        assert np.abs(raw - expected).max() < 1e-12 * scale
        phi, base = contributions(merged, data.matrix[:4])
        assert np.abs(phi.sum(axis=1) + base - raw[:4]).max() < 1e-9 * scale
        read = load_member(family.name, merged.files(), outputs)
        assert read.raw(data.matrix).tobytes() == raw.tobytes()

    def test_what_it_settles_trains_again_without_held_rows(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        data = training(family, task, outputs)
        params = {key: value for key, value in quick(family, task).items() if key != "rounds"}
        part = replace(
            data,
            matrix=data.matrix[:200],
            y=data.y[:200],
            held=(data.matrix[200:], data.y[200:]),
        )

        _, settled = family.train(part, params)

        assert ("rounds" in settled) == family.traits.stops_early
        assert {**settled, "rounds": 0} == {**params, "rounds": 0}
        _, again = family.train(data, settled)
        assert again == settled

    def test_weights_of_rows_count(self, family: Family, task: Task, outputs: int) -> None:
        data = training(family, task, outputs)
        heavy = np.where(data.matrix[:, 0] > 0, 3.0, 1.0)

        member, _ = family.train(replace(data, weight=heavy), quick(family, task))

        plain, _ = fitted(family, task, outputs)
        assert not np.array_equal(member.raw(data.matrix), plain.raw(data.matrix))

    def test_it_gives_up_when_the_time_is_out(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        data = replace(training(family, task, outputs), expired=lambda: True)

        with pytest.raises(TrialFailed, match="out of time"):
            family.train(data, quick(family, task))

    def test_monotone_constraints_hold_or_are_refused(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        data = replace(training(family, task, outputs), monotone=(1, -1, 0, 0, 0, 0, 0))
        if family.name not in MONOTONE or (
            task is Task.MULTICLASS and family.name not in EVEN_MULTI
        ):
            with pytest.raises(TrialFailed, match="monotone"):
                family.train(data, quick(family, task))
            return

        member, _ = family.train(data, quick(family, task))

        rows = np.repeat(data.matrix[:20], 30, axis=0)
        rows[:, 0] = np.tile(np.linspace(-3, 3, 30), 20)
        if outputs == 1:
            assert np.diff(member.raw(rows)[:, 0].reshape(20, 30), axis=1).min() >= -1e-12
        rows[:, 0], rows[:, 1] = 0.0, np.tile(np.linspace(-3, 3, 30), 20)
        if outputs == 1:
            assert np.diff(member.raw(rows)[:, 0].reshape(20, 30), axis=1).max() <= 1e-12

    def test_interactions_are_kept_apart_or_refused(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        data = replace(training(family, task, outputs), interactions=((0, 1), (2, 3)))

        if family.name not in SEPARATE:
            with pytest.raises(TrialFailed, match="interaction"):
                family.train(data, quick(family, task))
            return
        member, _ = family.train(data, quick(family, task))

        apart = {"boosting": 2, "histogram": 2, "xgboost": 2}.get(family.name, 1)
        corners = [data.matrix[:50].copy() for _ in range(4)]
        for corner in (1, 3):
            corners[corner][:, :apart] = [0.4, -0.7][:apart]
        for corner in (2, 3):
            corners[corner][:, 2:] = [0.9, -0.2, 0.0, 1.0, 2.0]
        none, first, second, both = (member.raw(corner) for corner in corners)
        assert np.abs(both - first - second + none).max() < 1e-9 * np.abs(none).max()

    def test_what_the_search_may_vary_can_be_trained(
        self, family: Family, task: Task, outputs: int
    ) -> None:
        space = family.space(task, 300)
        default = family.default(task, 300)

        assert set(space) - set(default) <= {"extra_trees"}
        for name, values in space.items():
            if name in default:
                assert values._contains(values.to_internal_repr(default[name])), name


@pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
def test_two_of_several_classes_keep_two_scores(family: Family) -> None:
    if family.unfit(Task.MULTICLASS, 300, 7):
        return
    data = replace(training(family, Task.BINARY, 1), task=Task.MULTICLASS, outputs=2)

    member, _ = family.train(data, quick(family, Task.MULTICLASS))

    raw = member.raw(data.matrix)
    assert raw.shape == (300, 2)
    assert np.mean(raw.argmax(axis=1) == data.y) > 0.7


def test_an_optional_family_without_its_package_is_reported_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roster = "accredit_engine.families.roster"
    monkeypatch.setattr(f"{roster}._PACKAGES", dict.fromkeys(FamilyName, "no_such_package"))
    monkeypatch.setattr(
        f"{roster}._HOMES", {FamilyName.EBM: ("accredit_engine.families.absent", "EbmFamily")}
    )

    by_default = family_names(None)
    families, absent = load_families(family_names(["ebm"]))

    assert by_default == tuple(name for name in FamilyName if not TRAITS[name].optional)
    assert not families
    assert "absent" in absent[FamilyName.EBM]


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(UnfitSettings, match="perceptron"):
        family_names(["perceptron"])


@pytest.mark.parametrize(
    ("name", "task", "rows", "entries", "reason"),
    [
        ("naive_bayes", Task.REGRESSION, 100, 5, "classes only"),
        ("scorecard", Task.MULTICLASS, 100, 5, "two classes"),
        ("scorecard", Task.REGRESSION, 100, 5, "two classes"),
        ("svm", Task.BINARY, 6_000, 5, ""),
        ("svm", Task.BINARY, 6_001, 5, "6000 rows"),
        ("neighbours", Task.BINARY, 30_000, 5, ""),
        ("neighbours", Task.BINARY, 30_001, 5, "30000 rows"),
        ("neighbours", Task.BINARY, 30_000, 51, "cells"),
        ("boosting", Task.REGRESSION, 10_000_000, 900, ""),
    ],
)
def test_a_family_says_why_it_does_not_fit(
    name: str, task: Task, rows: int, entries: int, reason: str
) -> None:
    found = FAMILIES[FamilyName(name)].unfit(task, rows, entries)

    assert (reason in found) if reason else found == ""

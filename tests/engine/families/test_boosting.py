from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.errors import TrialFailed
from accredit_engine.explanation.attributions import contributions, is_exact
from accredit_engine.families.booster import BoosterMember, RateMember, mean_booster
from accredit_engine.families.boosting import BoostingFamily
from accredit_engine.families.family import Training
from accredit_engine.families.roster import load_member

FAMILY = BoostingFamily()


def training(task: Task = Task.BINARY, *, held: bool = False, seed: int = 0) -> Training:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(400, 4))
    matrix[:, 3] = random.integers(0, 5, size=400)
    score = matrix[:, 0] + 2 * np.isin(matrix[:, 3], (1, 3)) + random.normal(scale=0.3, size=400)
    y = np.exp(score) if task is Task.REGRESSION else (score > 1).astype(np.float64)
    rows = slice(0, 300) if held else slice(0, 400)
    return Training(
        task=task,
        outputs=1,
        matrix=np.ascontiguousarray(matrix[rows]),
        y=y[rows],
        weight=None,
        categorical=(3,),
        held=(np.ascontiguousarray(matrix[300:]), y[300:]) if held else None,
        threads=1,
        seed=seed,
        absolute=False,
        expired=lambda: False,
    )


def params(task: Task = Task.BINARY, **more: float | str) -> dict[str, float | int | str]:
    return {**FAMILY.default(task, 400), "rounds": 20, **more}


@pytest.mark.parametrize("is_held", [False, True])
def test_a_store_changes_nothing_but_the_time(*, is_held: bool) -> None:
    plain = training(held=is_held)
    stored = replace(plain, store={})
    weight = np.where(plain.y > 0, 2.0, 1.0)
    weights = (None, weight, np.ones_like(weight), 3 * weight)

    for number, one in enumerate(weights):
        label = plain.y if number % 2 else 1 - plain.y
        settings = params(leaf_rows=(30, 3, 10, 5)[number], leaves=7 + number, learning_rate=0.2)
        if is_held:
            del settings["rounds"]
        fresh, _ = FAMILY.train(replace(plain, y=label, weight=one, seed=number), settings)
        again, _ = FAMILY.train(replace(stored, y=label, weight=one, seed=number), settings)
        assert again.files() == fresh.files()


def test_rows_are_binned_once_per_store(monkeypatch: pytest.MonkeyPatch) -> None:
    data = replace(training(held=True), store={})
    built = []
    original = lgb.Dataset._lazy_init
    monkeypatch.setattr(
        lgb.Dataset, "_lazy_init", lambda self, *a, **k: built.append(1) or original(self, *a, **k)
    )

    for seed, leaf_rows in enumerate((40, 5, 20)):
        FAMILY.train(replace(data, seed=seed), params(leaf_rows=leaf_rows, min_gain=0.1))
    first = len(built)
    FAMILY.train(data, params(max_bin=15))

    assert first == 1
    assert len(built) == 2


def test_a_store_of_another_matrix_is_not_used() -> None:
    store: dict[str, object] = {}
    one, other = (replace(training(), store=store) for _ in range(2))
    other = replace(other, matrix=other.matrix[:200].copy(), y=other.y[:200])
    FAMILY.train(one, params())

    member, _ = FAMILY.train(other, params())

    fresh, _ = FAMILY.train(replace(other, store=None), params())
    assert member.files() == fresh.files()


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie"])
def test_rates_are_predicted_as_rates(objective: str) -> None:
    data = training(Task.REGRESSION)

    member, _ = FAMILY.train(data, params(Task.REGRESSION, objective=objective, rounds=60))

    raw = member.raw(data.matrix)
    assert isinstance(member, RateMember)
    assert raw.min() > 0
    assert np.corrcoef(np.log(raw[:, 0]), np.log(data.y))[0, 1] > 0.8
    read = load_member(FAMILY.name, member.files(), 1)
    assert read.raw(data.matrix).tobytes() == raw.tobytes()
    phi, base = contributions(member, data.matrix[:3])
    assert phi.sum(axis=1) + base == pytest.approx(raw[:3], rel=1e-12)
    assert not is_exact(member)
    assert FAMILY.merged([member, member]).raw(data.matrix) == pytest.approx(raw, rel=1e-12)


@pytest.mark.parametrize(("lowest", "objective"), [(-1.0, "poisson"), (0.0, "gamma")])
def test_a_rate_needs_a_target_above_zero(lowest: float, objective: str) -> None:
    data = training(Task.REGRESSION)
    data = replace(data, y=np.append(data.y[1:], lowest))

    with pytest.raises(TrialFailed, match="above 0"):
        FAMILY.train(data, params(Task.REGRESSION, objective=objective))


@pytest.mark.parametrize("objective", ["regression_l1", "huber", "quantile", "fair"])
def test_other_objectives_of_a_regression_are_trained(objective: str) -> None:
    data = training(Task.REGRESSION)

    member, _ = FAMILY.train(data, params(Task.REGRESSION, objective=objective, rounds=60))

    assert np.corrcoef(member.raw(data.matrix)[:, 0], data.y)[0, 1] > 0.6


def test_a_higher_quantile_lies_higher() -> None:
    data = training(Task.REGRESSION)

    low, high = (
        FAMILY.train(data, params(Task.REGRESSION, objective="quantile", quantile=level))[0]
        for level in (0.1, 0.9)
    )

    assert (low.raw(data.matrix) < high.raw(data.matrix)).mean() > 0.95


def test_an_own_objective_trains_and_stops_on_held_rows() -> None:
    def squared(raw: np.ndarray, rows: lgb.Dataset) -> tuple[np.ndarray, np.ndarray]:
        return raw - rows.get_label(), np.ones_like(raw)

    data = replace(training(Task.REGRESSION, held=True), objective=squared)

    member, settled = FAMILY.train(data, FAMILY.default(Task.REGRESSION, 300))

    assert 20 < settled["rounds"] < 3_000
    assert np.corrcoef(member.raw(data.matrix)[:, 0], data.y)[0, 1] > 0.9


def test_an_objective_unknown_to_lightgbm_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="LightGBM refused"):
        FAMILY.train(replace(training(), objective="no_such_objective"), params())


def test_interactions_are_held_apart() -> None:
    data = replace(training(), interactions=((0, 1), (2, 3)))

    member, _ = FAMILY.train(data, params())

    rows = np.repeat(data.matrix[:50], 2, axis=0)
    rows[1::2, 2:] = [0.3, 1.0]
    gap = np.diff(member.raw(rows)[:, 0].reshape(50, 2), axis=1)[:, 0]
    rows[:, :2] = [0.7, -0.2]
    moved = np.diff(member.raw(rows)[:, 0].reshape(50, 2), axis=1)[:, 0]
    assert gap == pytest.approx(moved)


def test_a_code_cannot_be_monotone() -> None:
    with pytest.raises(TrialFailed, match="without order"):
        FAMILY.train(replace(training(), monotone=(0, 0, 0, 1)), params())


def test_joined_boosters_explain_native_categories_and_three_shares() -> None:
    members = [FAMILY.train(training(seed=seed), params())[0] for seed in range(3)]
    matrix = training().matrix

    merged = mean_booster([one for one in members if isinstance(one, BoosterMember)])

    phi, base = contributions(merged, matrix)
    raw = merged.raw(matrix)
    assert raw == pytest.approx(np.mean([one.raw(matrix) for one in members], axis=0), abs=1e-12)
    assert np.abs(phi.sum(axis=1) + base - raw).max() < 1e-12
    assert merged.booster.num_trees() == 60
    assert "tree_sizes=" in merged.text
    assert "parameters" not in merged.text


def test_boosters_of_other_entries_have_no_mean() -> None:
    data = training()
    narrow = replace(data, matrix=np.ascontiguousarray(data.matrix[:, :2]), categorical=())
    members = [FAMILY.train(one, params())[0] for one in (data, narrow)]

    with pytest.raises(ValueError, match="same entries"):
        mean_booster([one for one in members if isinstance(one, BoosterMember)])


def test_a_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="LightGBM refuses"):
        load_member(FAMILY.name, {"model.txt": b""}, 1)


@pytest.mark.parametrize("seed", range(5))
def test_as_many_rounds_again_are_the_same_model_though_some_add_no_tree(seed: int) -> None:
    plain = training(held=True, seed=seed)
    few = replace(plain, matrix=plain.matrix[:60], y=plain.y[:60], categorical=())
    settings = params(leaf_rows=24, rows=0.8, entries=0.3)
    del settings["rounds"]

    first, settled = FAMILY.train(few, settings)
    again, repeated = FAMILY.train(few, {**settings, "rounds": settled["rounds"]})

    assert repeated == settled
    assert again.files() == first.files()


def test_rows_that_can_never_be_split_end_the_training() -> None:
    plain = training()
    few = replace(plain, matrix=plain.matrix[:30], y=plain.y[:30], categorical=())

    member, settled = FAMILY.train(few, params(leaf_rows=29, rounds=1_000))

    assert settled["rounds"] <= 1
    assert np.ptp(member.raw(few.matrix)) == 0

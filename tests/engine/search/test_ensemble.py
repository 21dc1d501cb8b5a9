"""The blend: never worse than its best member, within the caps, and honest about demands."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.search.ensemble import MAX_MEMBERS, Blender, Merit, frontier
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.limits import Limits
from accredit_engine.search.mitigation import Mitigation
from accredit_engine.search.trials import Trial
from tests.engine.search.support import scored_trial, small_evaluator


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    families, _ = load_families((FamilyName.LINEAR,))
    return small_evaluator(families)


def blender(
    evaluator: Evaluator,
    *,
    limits: Limits | None = None,
    left_s: float = math.inf,
    cost_s: Callable[[Trial], float] = lambda _: 0.0,
    min_ratio: float = 0.0,
) -> Blender:
    def judge(score: float, ratio: float | None) -> Merit:
        if ratio is None or ratio >= min_ratio:
            return (1.0, score)
        return (ratio - 1.0, score)

    return Blender(
        evaluator=evaluator,
        judge=judge,
        limits=limits or Limits(),
        left_s=lambda: left_s,
        cost_s=cost_s,
        workers=1,
    )


def noisy_trials(evaluator: Evaluator, noise: list[float], seed: int = 0) -> list[Trial]:
    """Trials that know the truth, each with independent noise of its own."""
    random = np.random.default_rng(seed)
    truth = 2 * evaluator.bench.y - 1
    return [
        scored_trial(number, (truth + scale * random.normal(size=len(truth)))[:, None], evaluator)
        for number, scale in enumerate(noise)
    ]


def mean_score(evaluator: Evaluator, margin: NDArray[np.float64]) -> float:
    return float(np.mean(evaluator.fold_scores(margin)))


@settings(max_examples=20, deadline=None)
@given(
    noise=st.lists(st.floats(0.3, 6.0), min_size=1, max_size=12),
    seed=st.integers(0, 1000),
)
def test_a_blend_is_never_worse_than_its_best_member(noise: list[float], seed: int) -> None:
    families, _ = load_families((FamilyName.LINEAR,))
    evaluator = small_evaluator(families)
    trials = noisy_trials(evaluator, noise, seed)

    blend = blender(evaluator).blend(trials)

    weights = [weight for _, weight in blend.weights]
    best = max(trial.score or 0.0 for trial in trials)
    assert mean_score(evaluator, blend.margin) >= best - 1e-9
    assert sum(weights) == pytest.approx(1.0)
    assert min(weights) > 0
    assert len({trial.number for trial, _ in blend.weights}) == len(weights) <= MAX_MEMBERS


def test_independent_members_are_better_together(evaluator: Evaluator) -> None:
    trials = noisy_trials(evaluator, [2.0] * 6)

    blend = blender(evaluator).blend(trials)

    best = max(trial.score or 0.0 for trial in trials)
    assert len(blend.weights) > 2
    assert mean_score(evaluator, blend.margin) > best + 0.01


def test_one_trial_is_a_blend_of_one(evaluator: Evaluator) -> None:
    (trial,) = noisy_trials(evaluator, [1.0])

    blend = blender(evaluator).blend([trial])

    assert [(member.number, weight) for member, weight in blend.weights] == [(0, 1.0)]


def test_the_order_of_trials_does_not_matter(evaluator: Evaluator) -> None:
    trials = noisy_trials(evaluator, [1.0, 2.0, 3.0, 1.5])

    forward, backward = (
        blender(evaluator).blend(given_trials) for given_trials in (trials, trials[::-1])
    )

    assert [(trial.number, weight) for trial, weight in forward.weights] == [
        (trial.number, weight) for trial, weight in backward.weights
    ]


def test_the_calibrated_margin_is_the_weighted_sum_of_the_members(evaluator: Evaluator) -> None:
    blend = blender(evaluator).blend(noisy_trials(evaluator, [1.0, 2.0, 2.0]))

    total = sum(weight * trial.margin for trial, weight in blend.weights)
    assert np.allclose(blend.offset + blend.slope * np.asarray(total), blend.margin, atol=1e-12)
    predicted = 1 / (1 + np.exp(-blend.margin[:, 0]))
    assert predicted.mean() == pytest.approx(float(evaluator.bench.y.mean()), abs=0.02)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        pytest.param(Limits(model_mb=2.0), 2, id="size"),
        pytest.param(Limits(row_ms=3.0), 3, id="time"),
        pytest.param(Limits(model_mb=1.0, row_ms=3.0), 1, id="both"),
    ],
)
def test_the_caps_bound_the_members_together(
    limits: Limits, most: int, evaluator: Evaluator
) -> None:
    trials = [
        replace(trial, member_bytes=1_000_000, row_ms=1.0)
        for trial in noisy_trials(evaluator, [2.0] * 6)
    ]

    blend = blender(evaluator, limits=limits).blend(trials)

    assert len(blend.weights) <= most
    assert limits.allow([trial for trial, _ in blend.weights])


def test_a_member_above_the_cap_is_left_out_though_it_is_best(evaluator: Evaluator) -> None:
    good, fair = noisy_trials(evaluator, [0.5, 2.0])
    large = replace(good, member_bytes=5_000_000)

    blend = blender(evaluator, limits=Limits(model_mb=1.0)).blend([large, fair])

    assert [trial.number for trial, _ in blend.weights] == [1]


def test_caps_that_no_trial_meets_leave_the_smallest_one(evaluator: Evaluator) -> None:
    trials = [
        replace(trial, member_bytes=size, ratio=0.5)
        for trial, size in zip(
            noisy_trials(evaluator, [0.5, 2.0, 3.0]),
            (9_000_000, 2_000_000, 4_000_000),
            strict=True,
        )
    ]
    demand = replace(evaluator, mitigation=None)

    blend = blender(demand, limits=Limits(model_mb=1.0)).blend(trials)

    assert [trial.number for trial, _ in blend.weights] == [1]


def test_members_whose_refit_takes_too_long_are_dropped(evaluator: Evaluator) -> None:
    trials = noisy_trials(evaluator, [2.0] * 5)

    blend = blender(evaluator, left_s=2.5, cost_s=lambda _: 1.0).blend(trials)

    assert len(blend.weights) <= 2


def test_no_time_at_all_still_gives_a_blend(evaluator: Evaluator) -> None:
    trials = noisy_trials(evaluator, [1.0, 2.0])

    blend = blender(evaluator, left_s=-1.0, cost_s=lambda _: 1.0).blend(trials)

    assert len(blend.weights) == 1


def test_the_lean_variant_is_the_best_member_alone(evaluator: Evaluator) -> None:
    maker = blender(evaluator)
    blend = maker.blend(noisy_trials(evaluator, [2.0, 1.8, 2.2, 1.9]))

    lean = maker.lean(blend)

    ((member, weight),) = lean.weights
    assert weight == 1.0
    assert member.score == max(trial.score or 0.0 for trial, _ in blend.weights)
    assert lean.method == "single"


def test_the_frontier_holds_what_no_other_trial_beats_in_score_and_ratio(
    evaluator: Evaluator,
) -> None:
    trials = noisy_trials(evaluator, [0.5, 1.0, 2.0, 4.0])
    by_score = sorted(trials, key=lambda trial: -(trial.score or 0.0))
    ratios = (0.6, 0.5, 0.8, 0.8)
    known = [replace(trial, ratio=ratio) for trial, ratio in zip(by_score, ratios, strict=True)]

    kept = frontier(known[::-1])

    assert [trial.ratio for trial in kept] == [0.6, 0.8]
    assert kept[1].score == known[2].score


@pytest.mark.parametrize("seed", range(4))
def test_a_blend_meets_the_demand_that_a_member_meets(seed: int, evaluator: Evaluator) -> None:
    """The best members select one group less often; a weaker one meets the demand."""
    random = np.random.default_rng(seed)
    rows = len(evaluator.bench.prepared.y)
    group = np.where(random.random(rows) < 0.4, "a", "b")
    bench = replace(
        evaluator.bench,
        prepared=replace(evaluator.bench.prepared, groups={"group": group}),
        _groupings={},
    )
    demanding = replace(evaluator, bench=bench, mitigation=Mitigation("group", min_ratio=0.9))
    truth = 2 * bench.y - 1
    trials = []
    for number, (noise, push) in enumerate([(0.8, 2.5), (1.0, 2.0), (1.2, 1.5), (3.0, -0.1)]):
        raw = truth + noise * random.normal(size=rows) + push * (group == "b")
        trial = scored_trial(number, raw[:, None], demanding)
        trials.append(replace(trial, ratio=demanding.ratio(trial.margin)))
    reached = max(trial.ratio or 0.0 for trial in trials)
    demand = min(0.9, reached)

    blend = blender(demanding, min_ratio=demand).blend(trials)

    assert (demanding.ratio(blend.margin) or 0.0) >= demand
    assert demanding.bench.prepared.task is Task.BINARY

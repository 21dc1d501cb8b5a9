"""Samplers by name: every proposal lies in the space and depends on the record and the seed."""

import importlib.util
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import Params
from accredit_engine.search.sampler import Past, SamplerName, ask, sampler_named

SPACE = {
    "rate": FloatDistribution(0.01, 0.3, log=True),
    "share": FloatDistribution(0.5, 1.0),
    "leaves": IntDistribution(4, 64, log=True),
    "kind": CategoricalDistribution(["gini", "entropy"]),
}
INSTALLED = [
    name
    for name in SamplerName
    if name is not SamplerName.GP or importlib.util.find_spec("torch") is not None
]


def is_inside(params: Params) -> bool:
    return set(params) == set(SPACE) and all(
        SPACE[name]._contains(SPACE[name].to_internal_repr(value)) for name, value in params.items()
    )


def earlier(count: int) -> list[Past]:
    """Trials whose score rises with the rate."""
    return [
        Past(
            {
                "rate": 0.01 + 0.29 * at / count,
                "share": 0.5 + 0.5 * (at % 5) / 5,
                "leaves": 4 + 5 * (at % 10),
                "kind": ["gini", "entropy"][at % 2],
            },
            score=at / count,
            ratio=None,
        )
        for at in range(count)
    ]


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("known", [0, 1, 12])
def test_every_sampler_proposes_inside_the_space(name: SamplerName, known: int) -> None:
    params = ask(name, earlier(known), SPACE, seed=5, draw=known, min_ratio=None)

    assert params is not None
    assert is_inside(params)


@pytest.mark.parametrize("name", INSTALLED)
def test_the_same_record_and_seed_give_the_same_proposal(name: SamplerName) -> None:
    first, second = (ask(name, earlier(9), SPACE, seed=3, draw=9, min_ratio=None) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", [SamplerName.TPE, SamplerName.RANDOM, SamplerName.CMA_ES])
def test_another_seed_gives_another_proposal(name: SamplerName) -> None:
    first, second = (
        ask(name, earlier(9), SPACE, seed=seed, draw=9, min_ratio=None) for seed in (3, 4)
    )

    assert first != second


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    scores=st.lists(st.floats(-1e6, 1e6), max_size=8),
    ratios=st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_any_scores_and_ratios_keep_proposals_inside(
    seed: int, scores: list[float], ratios: list[float]
) -> None:
    past = [
        Past(entry.params, score, ratio)
        for entry, score, ratio in zip(earlier(max(1, len(scores))), scores, ratios, strict=False)
    ]

    for name in (SamplerName.TPE, SamplerName.NSGA_II):
        params = ask(name, past, SPACE, seed=seed, draw=len(past), min_ratio=0.8)
        assert params is not None
        assert is_inside(params)


def test_a_configuration_beside_the_space_informs_nothing() -> None:
    outside = Past({"rate": 5.0, "share": 0.7, "leaves": 9, "kind": "gini"}, 1.0, None)
    foreign = Past({"depth": 3}, 1.0, None)

    with_them = ask(SamplerName.TPE, [outside, foreign], SPACE, seed=1, draw=2, min_ratio=None)
    without = ask(SamplerName.TPE, [], SPACE, seed=1, draw=0, min_ratio=None)

    assert with_them == without


def test_a_grid_visits_every_point_once_and_then_ends() -> None:
    points = 3 * 3 * 3 * 2
    visited = [
        ask(SamplerName.GRID, [], SPACE, seed=0, draw=draw, min_ratio=None)
        for draw in range(points)
    ]

    assert all(point is not None and is_inside(point) for point in visited)
    assert len({tuple(sorted((point or {}).items(), key=str)) for point in visited}) == points
    assert ask(SamplerName.GRID, [], SPACE, seed=0, draw=points, min_ratio=None) is None


def test_a_grid_starts_in_the_middle_of_every_knob() -> None:
    first = ask(SamplerName.GRID, [], SPACE, seed=0, draw=0, min_ratio=None)

    assert first is not None
    assert first["share"] == 0.75
    assert float(first["rate"]) == pytest.approx(math.sqrt(0.01 * 0.3))


def test_tpe_learns_where_the_good_ones_are() -> None:
    drawn = [
        ask(SamplerName.TPE, earlier(30), SPACE, seed=seed, draw=30, min_ratio=None)
        for seed in range(12)
    ]

    rates = [float(params["rate"]) for params in drawn if params is not None]
    assert sum(rate > 0.15 for rate in rates) >= 9


def test_an_unknown_sampler_is_refused_with_those_known() -> None:
    with pytest.raises(UnfitSettings, match=r"'oracle' is unknown.*tpe"):
        sampler_named("oracle")


@pytest.mark.parametrize("name", [*SamplerName])
def test_a_sampler_whose_package_is_missing_is_refused_by_name(
    name: SamplerName, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(_: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", find_nothing)
    needs = {SamplerName.GP: "torch", SamplerName.CMA_ES: "cmaes"}

    if name in needs:
        with pytest.raises(UnfitSettings, match=f"{name.value!r} needs the package {needs[name]}"):
            sampler_named(name.value)
    else:
        assert sampler_named(name.value) is name

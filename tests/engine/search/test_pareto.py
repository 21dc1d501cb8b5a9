import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_engine.search.pareto import (
    Objective,
    front,
    signed,
)

VALUES = st.integers(-3, 3).map(float)
POINTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[VALUES] * width), max_size=25)
)


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


@given(POINTS)
def test_nothing_beats_a_member_and_something_beats_every_other(
    points: list[tuple[float, ...]],
) -> None:
    kept = front(points)

    assert list(kept) == sorted(kept)
    for at, point in enumerate(points):
        beaten = any(dominates(other, point) for other in points)
        assert beaten is (at not in kept)


@given(POINTS, st.randoms(use_true_random=False))
def test_the_front_does_not_depend_on_the_order(points: list[tuple[float, ...]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(points)
    random.shuffle(shuffled)

    assert sorted(points[at] for at in front(points)) == sorted(
        shuffled[at] for at in front(shuffled)
    )


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([(1.0, float("nan"))], id="nan"),
        pytest.param([(1.0, float("inf"))], id="infinite"),
        pytest.param([(1.0,), (1.0, 2.0)], id="lengths"),
    ],
)
def test_points_that_cannot_be_compared_are_refused(points: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="point"):
        front(points)


def test_no_points_have_no_front() -> None:
    assert front([]) == ()


def test_fewer_seconds_are_better() -> None:
    wanted = list(Objective)

    assert signed((0.7, 0.8, 0.001), wanted) == (0.7, 0.8, -0.001)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_engine.families.family import FamilyName
from accredit_engine.search.pareto import (
    Objective,
    compromise,
    directions,
    front,
    objective_values,
    signed,
)
from accredit_engine.search.trials import Origin, Trial, TrialState

VALUES = st.integers(-3, 3).map(float)
POINTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[VALUES] * width), max_size=25)
)


def dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def trial(state: TrialState = TrialState.FINISHED, ratio: float | None = 0.8) -> Trial:
    return Trial(
        number=0,
        family=FamilyName.LINEAR,
        origin=Origin.SEARCH,
        derived=False,
        params={},
        settled={},
        fold_rounds=(),
        state=state,
        reason="",
        score=0.7,
        fold_scores=(0.7,),
        ratio=ratio,
        seconds=1.0,
        member_bytes=100,
        row_ms=0.1,
        offset=(0.0,),
        slope=(1.0,),
        raw_digest="",
        raw=np.zeros((1, 1)),
    )


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


@given(POINTS.filter(bool))
def test_the_compromise_is_on_the_front(points: list[tuple[float, ...]]) -> None:
    assert compromise(points) in front(points)


def test_the_compromise_is_not_at_the_ends_of_a_bent_front() -> None:
    points = [(1.0, 0.0), (0.9, 0.9), (0.0, 1.0), (0.5, 0.5)]

    assert front(points) == (0, 1, 2)
    assert compromise(points) == 1


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


def test_no_points_have_no_front_and_no_compromise() -> None:
    assert front([]) == ()
    with pytest.raises(ValueError, match="no compromise"):
        compromise([])


def test_fewer_seconds_are_better() -> None:
    wanted = list(Objective)

    assert directions(wanted) == ["maximize", "maximize", "minimize"]
    assert signed((0.7, 0.8, 0.001), wanted) == (0.7, 0.8, -0.001)


def test_a_trial_has_values_only_if_all_are_known() -> None:
    wanted = list(Objective)

    assert objective_values(trial(), wanted, seconds_per_row=0.002) == (0.7, 0.8, 0.002)
    assert objective_values(trial(), wanted) is None
    assert objective_values(trial(), [Objective.RATIO, Objective.SCORE]) == (0.8, 0.7)
    assert objective_values(trial(ratio=None), [Objective.RATIO]) is None
    assert objective_values(trial(TrialState.PRUNED), [Objective.SCORE]) is None

"""Paired ratios: two deciders on the same people, against hand-computed and resampled cases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accredit_governance.gates.groups import grouping, subjects
from accredit_governance.gates.paired_ratios import PairedRatios, compare
from accredit_governance.gates.vectors import EvidenceMissing, EvidenceUnusable

Decisions = NDArray[np.bool_]


def compared(
    frame: pd.DataFrame, ours: Decisions, theirs: Decisions, *, min_share: float = 0.02
) -> PairedRatios:
    names = [str(name) for name in frame.columns]
    return compare(
        [grouping(s, frame, frame.iloc[:0]) for s in subjects(names, intersections=True)],
        ours,
        theirs,
        min_share=min_share,
        confidence=0.95,
        replicates=1_000,
        seed=3,
    )


def people(**selected: tuple[int, int, int]) -> tuple[pd.DataFrame, Decisions, Decisions]:
    """Group → (people, selected by us, selected by them); the first of each group are selected."""
    rows = [(name, at) for name, (count, _, _) in selected.items() for at in range(count)]
    frame = pd.DataFrame({"race": [name for name, _ in rows]})
    ours = np.array([at < selected[name][1] for name, at in rows])
    theirs = np.array([at < selected[name][2] for name, at in rows])
    return frame, ours, theirs


def test_ratios_and_their_difference_are_those_of_the_counts() -> None:
    found = compared(*people(a=(100, 50, 60), b=(100, 40, 54)))

    assert found.ours.value == pytest.approx(0.8)
    assert found.theirs.value == pytest.approx(0.9)
    assert found.gain.value == pytest.approx(0.1)
    assert found.subjects == {"race": (pytest.approx(0.8), pytest.approx(0.9))}


def test_each_decider_has_a_reference_of_its_own() -> None:
    """Ours prefers a, theirs prefers b."""
    found = compared(*people(a=(100, 50, 45), b=(100, 40, 50)))

    assert found.ours.value == pytest.approx(40 / 50)
    assert found.theirs.value == pytest.approx(45 / 50)


def test_equal_decisions_differ_by_nothing_however_often_they_are_resampled() -> None:
    frame, ours, _ = people(a=(60, 30, 0), b=(40, 10, 0))

    gain = compared(frame, ours, ours).gain

    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_what_both_have_in_common_is_no_uncertainty_of_the_difference() -> None:
    found = compared(*people(a=(300, 150, 150), b=(300, 100, 103)))

    alone = found.theirs.high - found.theirs.low
    assert found.gain.high - found.gain.low < alone / 3


def test_the_interval_is_that_of_resampled_people() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"race": random.choice(["a", "b", "c"], 600)})
    ours = random.random(600) < 0.5
    theirs = ours ^ (random.random(600) < 0.15)

    found = compared(frame, ours, theirs).gain

    gains = []
    for _ in range(1_000):
        rows = random.integers(0, 600, 600)
        race = frame["race"].to_numpy()[rows]
        lowest = [
            (lambda rates: min(rates) / max(rates))(
                [chosen[rows][race == group].mean() for group in "abc"]
            )
            for chosen in (ours, theirs)
        ]
        gains.append(lowest[1] - lowest[0])
    low, high = np.quantile(gains, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_the_lowest_ratio_is_over_features_and_their_pairs() -> None:
    """Each feature is even by itself; only the pair is not."""
    frame = pd.DataFrame({"race": ["a", "a", "b", "b"] * 50, "sex": ["f", "m"] * 100})
    same = (frame["race"] == "a").to_numpy() == (frame["sex"] == "f").to_numpy()
    half = np.arange(200) % 8 < 4
    everybody = np.ones(200, dtype=bool)

    found = compared(frame, same & half | ~same & (np.arange(200) % 40 < 4), everybody)

    race, sex, both = (found.subjects[name][0] for name in ("race", "sex", "race × sex"))
    assert race == pytest.approx(1)
    assert sex == pytest.approx(1)
    assert both < 0.5
    assert found.ours.value == both


def test_groups_below_the_minimum_share_are_left_out() -> None:
    frame, ours, theirs = people(a=(100, 50, 50), b=(100, 50, 50), c=(3, 0, 3))

    assert compared(frame, ours, theirs).gain.value == 0
    assert compared(frame, ours, theirs, min_share=0.01).gain.value == pytest.approx(0.5)


def test_the_unknown_count_but_are_never_the_reference() -> None:
    frame, ours, theirs = people(a=(100, 50, 50), b=(100, 40, 40), unknown=(100, 20, 100))

    found = compared(frame, ours, theirs)

    assert found.ours.value == pytest.approx(20 / 50)
    assert found.theirs.value == pytest.approx(40 / 50)


def test_one_group_alone_cannot_be_compared() -> None:
    with pytest.raises(EvidenceMissing, match="two groups"):
        compared(*people(a=(100, 50, 60)))


def test_nobody_selected_is_no_ratio() -> None:
    with pytest.raises(EvidenceUnusable, match="nobody was selected"):
        compared(*people(a=(100, 50, 0), b=(100, 50, 0)))


def test_decisions_about_other_rows_are_refused() -> None:
    frame, ours, theirs = people(a=(10, 5, 5), b=(10, 5, 5))

    with pytest.raises(EvidenceUnusable, match="same rows"):
        compared(frame, ours[:-1], theirs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), features=st.integers(1, 3))
def test_the_order_of_the_people_does_not_matter(seed: int, features: int) -> None:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({f"f{at}": random.choice(["a", "b", "c"], 200) for at in range(features)})
    ours, theirs = random.random((2, 200)) < 0.6
    order = random.permutation(200)

    shuffled = compared(frame.iloc[order].reset_index(drop=True), ours[order], theirs[order])

    assert shuffled == compared(frame, ours, theirs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_gain_for_one_is_the_loss_of_the_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"race": random.choice(["a", "b"], 200)})
    ours, theirs = random.random((2, 200)) < 0.6

    there, back = compared(frame, ours, theirs), compared(frame, theirs, ours)

    assert there.gain.value == pytest.approx(-back.gain.value)
    assert (there.ours.value, there.theirs.value) == (back.theirs.value, back.ours.value)

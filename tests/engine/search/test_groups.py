import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from accredit_engine.errors import UnfitMitigation
from accredit_engine.search.groups import (
    decisions,
    groupings,
    lowest_ratio,
    ratios,
    refuse_groups,
    selection_rates,
)


def people(**rows: int) -> dict[str, NDArray[np.str_]]:
    """Rows per `race_sex`."""
    race = [name.split("_")[0] for name, count in rows.items() for _ in range(count)]
    sex = [name.split("_")[1] for name, count in rows.items() for _ in range(count)]
    return {"race": np.array(race), "sex": np.array(sex)}


def test_several_features_are_compared_one_by_one_and_crossed() -> None:
    groups = people(black_woman=30, black_man=40, white_woman=50, white_man=60)

    found = groupings(groups, ["race", "sex"])

    assert [grouping.subject for grouping in found] == ["race", "sex", "race × sex"]
    assert found[2].names == ("black × man", "black × woman", "white × man", "white × woman")
    assert found[2].rows.tolist() == [40, 30, 60, 50]


def test_a_small_crossing_counts_in_its_features_only() -> None:
    groups = people(black_woman=29, black_man=40, white_woman=50, white_man=60)
    nobody_there = np.concatenate([np.zeros(29), np.linspace(1, 2, 150)])

    race, sex, both = groupings(groups, ["race", "sex"])
    selected = decisions(nobody_there, 150 / 179)

    assert both.large.tolist() == [True, False, True, True]
    assert both.ratio(selected) == 1.0
    assert race.ratio(selected) == pytest.approx(40 / 69)
    assert sex.ratio(selected) == pytest.approx(50 / 79)
    assert lowest_ratio(nobody_there, [race, sex, both], 150 / 179) == race.ratio(selected)


def test_a_crossing_without_two_large_groups_is_left_out() -> None:
    groups = people(black_woman=20, black_man=20, white_woman=20, white_man=60)

    assert [grouping.subject for grouping in groupings(groups, ["race", "sex"])] == ["race", "sex"]


def test_groups_stay_large_on_a_part_of_the_rows() -> None:
    race = groupings(people(black_man=30, white_man=70), ["race"])[0]

    part = race.take(np.arange(20, 50))

    assert part.rows.tolist() == [10, 20]
    assert part.large.tolist() == [True, True]


def test_a_feature_without_two_large_groups_is_refused() -> None:
    groups = people(black_woman=29, white_man=40)

    with pytest.raises(UnfitMitigation, match="'race' has fewer than two groups of at least 30"):
        refuse_groups(groups, ["race"])


def test_rates_keep_their_counts_and_show_small_groups() -> None:
    groups = people(black_man=10, white_man=30, red_man=30)
    race = groupings(groups, ["race"])[0]

    rates = selection_rates(np.arange(70.0), race, 0.5)

    assert rates == {"black": (0.0, 10), "red": (1.0, 30), "white": (5 / 30, 30)}


def test_nobody_selected_is_no_equal_treatment() -> None:
    race = groupings(people(black_man=30, white_man=30), ["race"])[0]

    assert race.ratio(np.zeros(60, dtype=bool)) == 0.0
    assert race.ratio(np.ones(60, dtype=bool)) == 1.0


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=70, max_size=200),
    st.integers(0, 2**16),
)
def test_the_ratio_lies_between_zero_and_one_and_ignores_the_order(
    rows: list[tuple[str, bool]], seed: int
) -> None:
    names = np.array([name for name, _ in rows])
    selected = np.array([chosen for _, chosen in rows])
    order = np.random.default_rng(seed).permutation(len(rows))

    for grouping in groupings({"group": names}, ["group"]):
        ratio = grouping.ratio(selected)
        assert 0 <= ratio <= 1
        assert grouping.take(order).ratio(selected[order]) == ratio


def test_ratios_have_the_names_of_what_is_compared() -> None:
    groups = people(black_woman=30, black_man=30, white_woman=30, white_man=30)

    found = ratios(np.arange(120.0), groupings(groups, ["race", "sex"]), 0.5)

    assert found == {"race": 0.0, "sex": 1.0, "race × sex": 0.0}

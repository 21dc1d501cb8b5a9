import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_governance.gates.bins import bin_names, group_names


@pytest.mark.parametrize(
    ("bins", "names"),
    [
        pytest.param((40, 62), ("under 40", "40 to 61", "62 and over"), id="ages"),
        pytest.param((18.0,), ("under 18", "18 and over"), id="one cut"),
        pytest.param((0, 1), ("under 0", "0", "1 and over"), id="a single whole number"),
        pytest.param(
            (0.5, 0.75), ("under 0.5", "0.5 to under 0.75", "0.75 and over"), id="fractions"
        ),
        pytest.param((-5, 5), ("under -5", "-5 to 4", "5 and over"), id="below zero"),
    ],
)
def test_groups_between_cuts_are_named_as_people_say_them(
    bins: tuple[float, ...], names: tuple[str, ...]
) -> None:
    assert bin_names(bins) == names


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param(39, "under 40", id="just below"),
        pytest.param(39.999, "under 40", id="hardly below"),
        pytest.param(40, "40 to 61", id="on the cut"),
        pytest.param(61.5, "40 to 61", id="a year not yet full"),
        pytest.param(62, "62 and over", id="on the last cut"),
        pytest.param(np.inf, "62 and over", id="infinite"),
        pytest.param("47", "40 to 61", id="a number in words"),
        pytest.param(" 47 ", "40 to 61", id="a number with spaces"),
        pytest.param("refused", "refused", id="no number stays in sight"),
        pytest.param(None, None, id="missing"),
        pytest.param(np.nan, None, id="not a number"),
    ],
)
def test_a_value_belongs_to_the_group_above_its_cut(value: object, name: object) -> None:
    assert group_names(pd.Series([value], dtype="object"), (40, 62)) == [name]


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "Float64"])
def test_numbers_of_every_kind_are_put_into_bins(dtype: str) -> None:
    assert group_names(pd.Series([10, 50], dtype=dtype), (40,)) == ["under 40", "40 and over"]


def test_without_cuts_every_value_is_its_own_group() -> None:
    values = pd.Series([1.0, 2.0, None, 1.0])

    assert group_names(values, ()) == ["1", "2", None, "1"]


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=30),
    st.lists(st.integers(-90, 90), min_size=1, max_size=8, unique=True).map(sorted),
)
def test_every_number_has_one_group_and_order_is_kept(values: list[float], bins: list[int]) -> None:
    names = bin_names(bins)

    found = group_names(pd.Series(values), bins)

    assert len(set(names)) == len(bins) + 1
    places = [names.index(str(name)) for name in found]
    assert [places[i] for i in np.argsort(values)] == sorted(places)


def test_values_that_are_declared_unknown_are_in_no_group() -> None:
    codes = pd.Series([1.0, 7.0, None, 6.0, 70.0])
    ages = pd.Series(["47", " 999 ", "Keeps It", "80"])

    assert group_names(codes, (), ("6", "7")) == ["1", None, None, None, "70"]
    assert group_names(ages, (62,), ("999", "keeps it")) == ["under 62", None, None, "62 and over"]

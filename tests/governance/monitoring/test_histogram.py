"""Histograms: cells are fixed by the reference and hold every row of any window."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.monitoring.histogram import (
    MAX_CATEGORIES,
    CategoryCells,
    NumericCells,
    as_numbers,
    as_tally,
    shortened,
)

numbers = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.just(float("inf"))),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(reference=numbers, current=numbers)
def test_every_row_is_in_exactly_one_numeric_cell(
    reference: list[float], current: list[float]
) -> None:
    before = np.array([*reference, 1.0])
    cells = NumericCells.of(before)

    found = cells.counts(np.array(current))

    assert found.sum() == len(current)
    assert len(found) == len(cells.labels)


def test_deciles_hold_a_tenth_of_the_reference_each() -> None:
    values = np.arange(1_000.0)

    found = NumericCells.of(values).counts(values)

    assert found.tolist() == [0, *[100] * 10, 0, 0]


def test_few_values_get_a_cell_each() -> None:
    cells = NumericCells.of(np.array([0.0, 1.0, 3.0, 3.0]))

    assert cells.counts(np.array([0.0, 1.0, 3.0, 4.0, -1.0, np.nan])).tolist() == [1] * 6


def test_a_reference_without_numbers_has_no_cells() -> None:
    with pytest.raises(ValueError, match="no finite value"):
        NumericCells.of(np.array([np.nan, np.inf]))


def test_categories_beyond_the_limit_share_a_cell() -> None:
    reference = as_tally(pd.Series([f"v{i:02}" for i in range(30) for _ in range(30 - i)]))
    cells = CategoryCells.of(reference)

    found = cells.counts(as_tally(pd.Series(["v00", "v29", "new", None])))

    assert len(found) == MAX_CATEGORIES + 3 == len(cells.labels)
    assert found[[0, -3, -2, -1]].tolist() == [1, 1, 1, 1]
    assert (cells.rows, cells.singletons, cells.doubletons) == (465, 1, 1)
    assert CategoryCells.merged(found)[-2:].tolist() == [2, 1]


def test_whole_floats_read_like_integers() -> None:
    assert as_tally(pd.Series([1.0, 2.0, None])).known == as_tally(pd.Series([1, 2])).known


@pytest.mark.parametrize("dtype", ["object", "category", "str"])
def test_text_reads_the_same_in_every_dtype(dtype: str) -> None:
    tally = as_tally(pd.Series(["a", "b", "a", None]).astype(dtype))

    assert tally.known == {"a": 2, "b": 1}
    assert tally.missing == 1


def test_text_in_a_numeric_column_is_unreadable_not_missing() -> None:
    found, unreadable = as_numbers(pd.Series(["1", "2 kg", None], dtype=object))

    assert unreadable == 1
    assert np.isnan(found).tolist() == [False, True, True]


def test_long_names_are_cut() -> None:
    assert shortened("x" * 70) == "x" * 59 + "…"
    assert shortened("x" * 60) == "x" * 60


def test_a_reference_of_rare_categories_expects_more_of_them() -> None:
    rare = CategoryCells.of(as_tally(pd.Series([f"v{i}" for i in range(200)])))
    plain = CategoryCells.of(as_tally(pd.Series(["a", "b"] * 100)))

    means = [hits / (hits + misses) for hits, misses in (rare.unseen_prior, plain.unseen_prior)]

    assert means[0] > 0.99
    assert means[1] < 0.01

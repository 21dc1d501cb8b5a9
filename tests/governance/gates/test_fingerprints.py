import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_governance.gates.fingerprints import fingerprints

ROWS = st.lists(
    st.tuples(st.integers(0, 2) | st.none(), st.sampled_from(["a", "b", None])),
    min_size=1,
    max_size=20,
)


def _frame(rows: list[tuple[int | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": pd.Series([row[0] for row in rows], dtype="float64"),
            "text": pd.Series([row[1] for row in rows], dtype="object"),
        }
    )


@settings(max_examples=60, deadline=None)
@given(first=ROWS, second=ROWS)
def test_rows_have_one_fingerprint_exactly_when_they_are_equal(
    first: list[tuple[int | None, str | None]], second: list[tuple[int | None, str | None]]
) -> None:
    ours, theirs = fingerprints(_frame(first), _frame(second))

    for row, mark in zip(first, ours, strict=True):
        for other, other_mark in zip(second, theirs, strict=True):
            assert (row == other) == (mark == other_mark)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([1, 2], [1.0, 2.0], id="whole and decimal"),
        pytest.param([1, 2], ["1", "2"], id="number and text"),
        pytest.param([True, False], [1, 0], id="truth value and number"),
        pytest.param([0.0, -0.0], [-0.0, 0.0], id="minus zero"),
        pytest.param(
            pd.to_datetime(["2026-01-31", None]), ["2026-01-31", None], id="time and text"
        ),
        pytest.param(pd.Series(["x", "y"], dtype="category"), ["x", "y"], id="category and text"),
        pytest.param(pd.Series([1, None], dtype="Int64"), [1.0, np.nan], id="nullable"),
    ],
)
def test_the_type_that_a_column_was_read_as_does_not_matter(first: object, second: object) -> None:
    ours, theirs = fingerprints(pd.DataFrame({"a": first}), pd.DataFrame({"a": second}))

    assert ours.tolist() == theirs.tolist()


def test_the_order_of_the_columns_does_not_matter_but_their_names_do() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [2, 1]})

    ours, theirs = fingerprints(frame, frame[["b", "a"]])

    assert ours.tolist() == theirs.tolist()
    assert len(set(ours)) == 2

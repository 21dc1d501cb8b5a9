import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.schema import (
    ColumnSchema,
    column_schema,
    decode,
    numbers_of,
    ordered_levels,
    uniform,
)
from accredit_engine.errors import UnknownOrder, UnparsableValue


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        pytest.param(
            pd.Categorical(["b", "a"], categories=["b", "z", "a"], ordered=True),
            ("b", "z", "a"),
            id="ordered categorical",
        ),
        pytest.param([10, 9, 100], ("9", "10", "100"), id="numbers"),
        pytest.param(["10", "9", None], ("9", "10"), id="numbers as text"),
        pytest.param(["high", "low", "medium"], ("low", "medium", "high"), id="scale"),
    ],
)
def test_an_ordinal_has_an_order(values: object, levels: tuple[str, ...]) -> None:
    assert ordered_levels(pd.Series(values), "x") == levels


@pytest.mark.parametrize("values", [["red", "blue"], [None, None]])
def test_an_unknown_order_is_refused(values: list[object]) -> None:
    with pytest.raises(UnknownOrder, match="'x'"):
        ordered_levels(pd.Series(values, dtype=object), "x")


def test_ordinals_are_codes_and_texts_are_text() -> None:
    frame = pd.DataFrame(
        {
            "size": ["l", "s", None, "giant"],
            "note": ["two words", None, "", 5],
        }
    )
    schema = (ColumnSchema("size", Kind.ORDINAL, ("s", "m", "l")), ColumnSchema("note", Kind.TEXT))

    table = decode(frame, schema)

    assert table.codes["size"].tolist() == [2, 0, -1, -2]
    assert table.texts["note"].tolist() == ["two words", "", "", "5"]
    assert table.take(np.array([3, 0])).texts["note"].tolist() == ["5", "two words"]
    assert list(table.only(["note"]).texts) == ["note"]
    assert table.only(["note"]).codes == {}


def test_words_among_numbers_are_missing_only_where_training_held_them() -> None:
    column = pd.Series(["1", "n/a", "2.5", "", None] + ["7"] * 95 + [str(at) for at in range(20)])

    schema = column_schema(column, "x", Kind.NUMERIC, stated=False)
    values = decode(column.to_frame("x"), [schema]).numbers["x"]

    assert schema.lenient
    assert values[:3].tolist()[::2] == [1.0, 2.5]
    assert np.isnan(values[[1, 3, 4]]).all()
    assert not column_schema(column, "x", Kind.NUMERIC, stated=True).lenient
    with pytest.raises(UnparsableValue, match="1 values"):
        numbers_of(column, "x")


def test_plain_numbers_are_never_lenient() -> None:
    for values in ([1.0, 2.0], ["1", "2"], pd.to_timedelta([1, 2], unit="h")):
        assert not column_schema(pd.Series(values), "x", Kind.NUMERIC, stated=False).lenient


def test_mixed_inputs_become_uniform_and_others_are_kept() -> None:
    frame = pd.DataFrame(
        {
            "mixed": pd.Series([1, "b", None], dtype=object),
            "cut": pd.cut([1, 2, 3], 2),
            "words": pd.Series([1, 2.5, "?"], dtype=object),
            "plain": ["a", "b", None],
        }
    )
    schema = (
        ColumnSchema("mixed", Kind.CATEGORICAL, ("1", "b")),
        column_schema(frame["cut"], "cut", Kind.ORDINAL, stated=False),
        ColumnSchema("words", Kind.NUMERIC, lenient=True),
        ColumnSchema("plain", Kind.CATEGORICAL, ("a", "b")),
    )
    table = decode(frame, schema)

    same = uniform(frame, schema, table)

    assert same["mixed"].dropna().tolist() == ["1", "b"]
    assert same["words"].dtype == np.float64
    assert {type(value) for value in same["cut"]} == {str}
    assert same["plain"].equals(frame["plain"])
    again = decode(same, schema)
    assert all((again.codes[name] == table.codes[name]).all() for name in table.codes)
    assert np.array_equal(again.numbers["words"], table.numbers["words"], equal_nan=True)
    assert uniform(frame[["plain"]], schema[3:], table).equals(frame[["plain"]])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=20), st.integers(), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_a_row_is_decoded_alone_as_among_others(values: list[object]) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    schemas = [
        ColumnSchema("x", Kind.TEXT),
        ColumnSchema("x", Kind.ORDINAL, ("0", "1", "true")),
        ColumnSchema("x", Kind.NUMERIC, lenient=True),
    ]

    for schema in schemas:
        table = decode(frame, [schema])
        for row in range(len(values)):
            alone = decode(frame.iloc[[row]], [schema])
            # repr, because NaN is equal to nothing.
            assert repr(alone) == repr(table.take(np.array([row])))


@given(
    rows=st.lists(
        st.one_of(
            st.none(), st.integers(-3, 3), st.booleans(), st.sampled_from(["a", "1", "true"])
        ),
        min_size=17,
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_a_few_rows_are_decoded_as_within_many(rows: list[object]) -> None:
    schema = (ColumnSchema("mixed", Kind.CATEGORICAL, ("-1", "1", "a", "true")),)
    frame = pd.DataFrame({"mixed": pd.Series(rows, dtype=object)})

    whole = decode(frame, schema).codes["mixed"]
    alone = [
        int(decode(frame.iloc[at : at + 1], schema).codes["mixed"][0]) for at in range(len(rows))
    ]

    assert whole.tolist() == alone

"""Windows: what kind a column is, and what is missing."""

import datetime as dt

import pandas as pd
import pytest

from accredit_governance.monitoring.report import ColumnKind
from accredit_governance.monitoring.windows import Window, align, kind_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param(pd.Series([1, 2]), ColumnKind.NUMERIC, id="int"),
        pytest.param(pd.Series([1, None], dtype="Int64"), ColumnKind.NUMERIC, id="nullable int"),
        pytest.param(pd.Series([1.5, 2], dtype=object), ColumnKind.NUMERIC, id="mixed numbers"),
        pytest.param(pd.Series([True, False]), ColumnKind.BOOLEAN, id="bool"),
        pytest.param(pd.Series([True, None], dtype="boolean"), ColumnKind.BOOLEAN, id="nullable"),
        pytest.param(pd.Series([True, None], dtype=object), ColumnKind.BOOLEAN, id="bool objects"),
        pytest.param(pd.Series(["a", "b"]), ColumnKind.CATEGORICAL, id="text"),
        pytest.param(pd.Series([1, 2]).astype("category"), ColumnKind.CATEGORICAL, id="category"),
        pytest.param(
            pd.Series(pd.date_range("2026-01-01", periods=2)), ColumnKind.DATETIME, id="datetime"
        ),
        pytest.param(
            pd.Series([dt.date(2026, 1, 1)], dtype=object), ColumnKind.DATETIME, id="dates"
        ),
        pytest.param(pd.Series([None], dtype=object), ColumnKind.CATEGORICAL, id="nothing"),
    ],
)
def test_the_kind_follows_the_values(values: pd.Series, kind: ColumnKind) -> None:
    assert kind_of(values) is kind


def test_columns_are_put_side_by_side() -> None:
    before = pd.DataFrame({"a": [1.0], "b": ["x"], "c": [None], "d": [1.0]})
    after = pd.DataFrame({"b": [None], "c": ["x"], "d": [2.0], "e": [0]})

    aligned = align(before, after)

    assert aligned.missing == ("a",)
    assert aligned.unexpected == ("e",)
    assert aligned.all_null == ("b",)
    assert aligned.all_null_reference == ("c",)
    assert aligned.comparable == ("d",)


def test_facts_hold_no_rows() -> None:
    start = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

    facts = Window(pd.DataFrame({"a": [1, 2]}), label="today", starts_at=start).facts

    assert (facts.label, facts.rows, facts.starts_at) == ("today", 2, start)


def test_a_window_in_a_log_shows_no_row() -> None:
    window = Window(pd.DataFrame({"name": ["Jane Doe"]}), score=pd.Series([0.123456]))

    assert "Jane" not in repr(window)
    assert "0.123456" not in repr(window)

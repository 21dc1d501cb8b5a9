import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import Kind
from accredit_engine.data.kinds import holds_nested, infer_kind, value_types

ROWS = 400
RANDOM = np.random.default_rng(5)


def numbers_with(words: int, *, rows: int = ROWS) -> list[str]:
    return ["n/a" if at < words else f"{at / 7:.3f}" for at in range(rows)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param(["low", "high", "medium"] * 100, Kind.ORDINAL, id="words of a scale"),
        pytest.param(
            pd.Categorical(["b", "a", "b"], categories=["b", "a"], ordered=True),
            Kind.ORDINAL,
            id="ordered categorical",
        ),
        pytest.param(pd.Categorical(["b", "a"] * 30), Kind.CATEGORICAL, id="plain categorical"),
        pytest.param(["yes", "no"] * 50, Kind.CATEGORICAL, id="yes and no"),
        pytest.param([0, 1, 2] * 50, Kind.NUMERIC, id="few whole numbers"),
        pytest.param([f"{at % 7}" for at in range(200)], Kind.CATEGORICAL, id="codes as text"),
        pytest.param([f"{at % 50}" for at in range(200)], Kind.NUMERIC, id="numbers as text"),
        pytest.param(numbers_with(20), Kind.NUMERIC, id="95 % numbers"),
        pytest.param(numbers_with(21), Kind.CATEGORICAL, id="just below 95 %"),
        pytest.param([1.5, 2, "n/a"] * 50, Kind.CATEGORICAL, id="mixed types"),
        pytest.param(
            [float(at) if at % 50 else "?" for at in range(300)], Kind.NUMERIC, id="numbers and ?"
        ),
        pytest.param([True, False, None] * 20, Kind.BOOLEAN, id="boolean objects"),
        pytest.param([dt.date(2020, 1, 1 + at % 20) for at in range(60)], Kind.DATETIME, id="days"),
        pytest.param(["2020-01-31", "2021-02-28"] * 30, Kind.DATETIME, id="ISO text"),
        pytest.param(
            [f"the customer said {at} times" for at in range(100)], Kind.TEXT, id="sentences"
        ),
        pytest.param(
            [f"a long note of more than eight words, number {at % 60}" for at in range(600)],
            Kind.TEXT,
            id="repeated prose",
        ),
        pytest.param(["north side", "south side"] * 50, Kind.CATEGORICAL, id="repeated words"),
        pytest.param(pd.to_timedelta(np.arange(60), unit="h"), Kind.NUMERIC, id="durations"),
        pytest.param(["a"] * 50, Kind.CONSTANT, id="constant"),
        pytest.param([None] * 50, Kind.CONSTANT, id="nothing"),
        pytest.param(["", " "] * 30, Kind.CATEGORICAL, id="blanks"),
        pytest.param([b"x", b"y"] * 30, Kind.CATEGORICAL, id="bytes"),
    ],
)
def test_the_kind_is_read_from_the_values(values: Any, kind: Kind) -> None:
    assert infer_kind(pd.Series(values), "column") is kind


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        pytest.param("customer_id", np.arange(ROWS) // 4 + 7000, Kind.CATEGORICAL, id="repeated"),
        pytest.param("CustomerId", RANDOM.permutation(10**6)[:ROWS], Kind.IDENTIFIER, id="camel"),
        pytest.param("paid", RANDOM.permutation(10**6)[:ROWS], Kind.NUMERIC, id="ends like id"),
        pytest.param("x", RANDOM.permutation(ROWS * 2)[:ROWS], Kind.IDENTIFIER, id="half of rows"),
        pytest.param("year", np.arange(1800, 1800 + ROWS), Kind.NUMERIC, id="years"),
        pytest.param(
            "product id", [f"P{at % 250}" for at in range(ROWS)], Kind.CATEGORICAL, id="p"
        ),
        pytest.param("key", [f"P{at % 390}" for at in range(ROWS)], Kind.IDENTIFIER, id="nearly"),
        pytest.param("amount", np.arange(ROWS) * 100.5, Kind.NUMERIC, id="all different"),
    ],
)
def test_identifiers_do_not_swallow_signals(name: str, values: Any, kind: Kind) -> None:
    assert infer_kind(pd.Series(values), name) is kind


def test_a_few_first_rows_do_not_decide() -> None:
    sorted_ids = pd.Series([f"C{at:05d}" for at in range(6000)] * 2)

    assert infer_kind(sorted_ids, "customer") is Kind.CATEGORICAL


def test_types_are_counted() -> None:
    mixed = pd.Series([1, 2.5, "3", "x", " ", None, True, dt.date(2020, 1, 1), b"z"], dtype=object)

    assert value_types(mixed) == {
        "numbers": 3,
        "texts": 1,
        "booleans": 1,
        "times": 1,
        "others": 1,
    }


@pytest.mark.parametrize("value", [[1], (1,), {"a": 1}, {1}, np.zeros(2)])
def test_nested_values_are_seen(value: object) -> None:
    assert holds_nested(pd.Series([None, "x", value], dtype=object))
    assert not holds_nested(pd.Series([None, "x", 1], dtype=object))

import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.data.meta import meta_features
from accredit_engine.data.schema import Table

TABLE = Table(
    rows=100,
    numbers={"a": np.where(np.arange(100) < 20, np.nan, np.arange(100.0)), "same": np.ones(100)},
    codes={"c": np.arange(100) % 7},
    texts={"t": np.array(["some words"] * 100, dtype=object)},
)


def test_meta_features_describe_the_table() -> None:
    y = (np.arange(100) < 25).astype(float)

    found = meta_features(TABLE, y, Task.BINARY)

    assert found["log_rows"] == pytest.approx(np.log(100))
    assert found["log_rows_per_column"] == pytest.approx(np.log(25))
    assert (found["share_numeric"], found["share_categorical"], found["share_text"]) == (
        0.5,
        0.25,
        0.25,
    )
    assert found["missing_share"] == pytest.approx(0.05)
    assert found["log_max_cardinality"] == pytest.approx(np.log(7))
    assert found["classes"] == 2
    assert found["rarest_class_share"] == 0.25
    assert found["class_entropy"] == pytest.approx(0.8113, abs=1e-4)
    assert found["target_skew"] == 0


def test_every_task_gives_the_same_names_and_finite_numbers() -> None:
    skewed = np.r_[np.zeros(99), 1e300]
    empty = Table(rows=100, numbers={"gone": np.full(100, np.nan)}, codes={})

    found = meta_features(TABLE, skewed, Task.REGRESSION)
    other = meta_features(empty, np.arange(100) % 3, Task.MULTICLASS)

    assert list(found) == list(other)
    assert np.isfinite([*found.values(), *other.values()]).all()
    assert found["target_skew"] > 5
    assert found["classes"] == 0

from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import Label, Task
from accredit_engine.data.target import class_findings, read_target
from accredit_engine.errors import RareClass


def read(values: Any, task: Task, favourable: Label | None = None) -> Any:
    return read_target(pd.Series(values), name="y", task=task, favourable=favourable)


def test_the_favourable_class_is_one() -> None:
    values = ["no"] * 10 + ["yes"] * 10

    y, classes, favourable = read(values, Task.BINARY, "no")

    assert classes == ("no", "yes")
    assert favourable == "no"
    assert y.tolist() == [1.0] * 10 + [0.0] * 10


@pytest.mark.parametrize(
    ("rows", "message"),
    [pytest.param(1, "1 member;", id="single"), pytest.param(9, "9 members", id="just below")],
)
def test_a_binary_class_needs_ten_rows(rows: int, message: str) -> None:
    with pytest.raises(RareClass, match=message):
        read([0] * rows + [1] * 100, Task.BINARY)

    read([0] * 10 + [1] * 100, Task.BINARY)


def test_a_rare_class_of_several_is_kept_with_a_warning() -> None:
    values = ["a"] * 60 + ["b"] * 10 + ["c"] * 9 + ["d"]

    y, classes, _ = read(values, Task.MULTICLASS)
    findings = class_findings(pd.Series(values), "y")

    assert classes == ("a", "b", "c", "d")
    assert np.bincount(y.astype(int)).tolist() == [60, 10, 9, 1]
    rare = next(finding for finding in findings if finding.code == "rare_class")
    assert rare.severity == "warning"
    assert "'d' (1), 'c' (9)" in rare.message
    assert "'b'" not in rare.message
    assert rare.evidence == {"classes": 2, "fewest_rows": 1, "rows": 10}


def test_two_of_several_classes_need_ten_rows() -> None:
    with pytest.raises(RareClass, match="second largest class of 'y' has 9"):
        read(["a"] * 90 + ["b"] * 9 + ["c"] * 9, Task.MULTICLASS)


def test_many_rare_classes_are_not_all_named() -> None:
    values = ["a"] * 90 + [f"rare {at}" for at in range(12)]

    rare = class_findings(pd.Series(values), "y")[0]

    assert "and 2 more" in rare.message

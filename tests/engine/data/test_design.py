from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine.data.design import Design, read_design
from accredit_engine.errors import EngineError, TooFewGroups, UnfitTime, UnfitWeights


def design(values: Any, part: str) -> Design:
    parts: dict[str, str | None] = {"groups": None, "time": None, "weight": None, part: "x"}
    return read_design(pd.DataFrame({"x": values}), **parts)


def test_groups_are_numbered_and_a_missing_group_is_one_of_its_own() -> None:
    found = design(["b", None, "a", "b", None], "groups")

    assert found.group_of is not None
    assert found.group_of.tolist() == [0, 2, 1, 0, 3]
    assert [finding.code for finding in found.findings] == ["few_groups"]


def test_many_groups_are_no_finding() -> None:
    assert design(np.arange(30) // 3, "groups").findings == []


@pytest.mark.parametrize(
    ("values", "expected", "is_epoch"),
    [
        pytest.param(["1970-01-02", "1970-01-01"], [86_400, 0], True, id="ISO text"),
        pytest.param(pd.to_datetime(["1970-01-01", "1971-01-01"]), [0, 31_536_000], True, id="t"),
        pytest.param([3, 1], [3, 1], False, id="numbers"),
    ],
)
def test_times_are_seconds_or_numbers(
    values: Any, expected: list[float], *, is_epoch: bool
) -> None:
    found = design(values, "time")

    assert found.time_of is not None
    assert found.time_of.tolist() == expected
    assert (found.epoch_s is not None) is is_epoch


def test_weights_are_numbers() -> None:
    found = design(["1", "0.5"], "weight")

    assert found.weight is not None
    assert found.weight.tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("values", "part", "error"),
    [
        pytest.param(["a", "a"], "groups", TooFewGroups, id="one group"),
        pytest.param(["2020-01-01", None], "time", UnfitTime, id="missing time"),
        pytest.param([1.0, np.inf], "time", UnfitTime, id="infinite time"),
        pytest.param(["soon", "later"], "time", UnfitTime, id="words for time"),
        pytest.param([1.0, np.nan], "weight", UnfitWeights, id="missing weight"),
        pytest.param([1.0, np.inf], "weight", UnfitWeights, id="infinite weight"),
        pytest.param([1.0, -0.1], "weight", UnfitWeights, id="negative weight"),
        pytest.param([0.0, 0.0], "weight", UnfitWeights, id="no weight at all"),
        pytest.param(["heavy", "light"], "weight", UnfitWeights, id="words for weights"),
    ],
)
def test_what_cannot_steer_a_validation_is_refused(
    values: Any, part: str, error: type[EngineError]
) -> None:
    with pytest.raises(error, match="'x'"):
        design(values, part)


def test_nothing_named_is_nothing_read() -> None:
    found = read_design(pd.DataFrame({"x": [1]}), groups=None, time=None, weight=None)

    assert (found.group_of, found.time_of, found.epoch_s, found.weight) == (None,) * 4

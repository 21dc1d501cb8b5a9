from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.finding import Finding
from accredit_engine.data.kinds import infer_kinds
from accredit_engine.data.schema import ColumnSchema, Table
from accredit_engine.data.structure import group_structure, time_structure

ROWS = 1200
RANDOM = np.random.default_rng(11)
OWNER = np.repeat(np.arange(200), 6)
EFFECT = RANDOM.normal(size=200)[OWNER]
NOISE = RANDOM.normal(size=ROWS)


def groups_found(
    values: Any, y: Any, *, name: str = "customer_id", task: Task = Task.BINARY
) -> Any:
    inputs = pd.DataFrame({name: values})
    return group_structure(inputs, infer_kinds(inputs), np.asarray(y, dtype=np.float64), task=task)


@pytest.mark.parametrize(
    ("y", "task"),
    [
        pytest.param(EFFECT * 2 + NOISE > 0, Task.BINARY, id="binary"),
        pytest.param(EFFECT + NOISE, Task.REGRESSION, id="regression"),
        pytest.param(np.digitize(EFFECT * 2 + NOISE, [-1, 1]), Task.MULTICLASS, id="multiclass"),
    ],
)
def test_rows_of_one_customer_with_like_targets_are_groups(y: Any, task: Task) -> None:
    (finding,) = groups_found([f"C{owner:04d}" for owner in OWNER], y, task=task)

    assert finding.code == "group_structure"
    assert finding.evidence["groups"] == 200
    assert finding.evidence["rows_per_group"] == 6
    assert float(finding.evidence["intraclass_correlation"]) > 0.2
    assert "groups='customer_id'" in finding.remedy


def test_the_intraclass_correlation_is_that_of_the_model_that_made_the_data() -> None:
    (finding,) = groups_found(OWNER, EFFECT + NOISE, task=Task.REGRESSION)

    assert float(finding.evidence["intraclass_correlation"]) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("values", "name", "y"),
    [
        pytest.param(OWNER, "customer_id", NOISE > 0, id="nothing shared"),
        pytest.param(OWNER % 8, "customer_id", EFFECT > 0, id="few groups"),
        pytest.param(RANDOM.permutation(ROWS) + 9000, "customer_id", EFFECT > 0, id="one row each"),
        pytest.param(
            [f"{'north' * (owner % 30)} street" for owner in OWNER], "road", EFFECT > 0, id="words"
        ),
        pytest.param(EFFECT, "score", EFFECT > 0, id="a number"),
    ],
)
def test_other_columns_are_no_groups(values: Any, name: str, y: Any) -> None:
    assert groups_found(values, y, name=name) == []


def test_a_column_with_another_part_to_play_is_skipped() -> None:
    inputs = pd.DataFrame({"customer_id": OWNER})

    found = group_structure(
        inputs,
        infer_kinds(inputs),
        (EFFECT > 0).astype(np.float64),
        task=Task.BINARY,
        skipped=("customer_id",),
    )

    assert found == []


def times_found(times: Any, y: Any, *, task: Task = Task.REGRESSION) -> list[Finding]:
    numbers = {"seen": np.asarray(times, dtype=np.float64)}
    schema = [ColumnSchema("seen", Kind.DATETIME), ColumnSchema("other", Kind.NUMERIC)]
    table = Table(ROWS, {**numbers, "other": NOISE}, {})
    return time_structure(table, np.asarray(y, dtype=np.float64), schema, task=task, seed=0)


DAYS = RANDOM.permutation(ROWS) * 86_400.0
WALK = np.cumsum(RANDOM.normal(size=ROWS))


@pytest.mark.parametrize(
    ("y", "task"),
    [
        pytest.param(WALK, Task.REGRESSION, id="numbers that wander"),
        pytest.param(np.median(WALK) < WALK, Task.BINARY, id="classes that wander"),
    ],
)
def test_a_target_that_changes_with_time_is_time_structure(y: Any, task: Task) -> None:
    position = (DAYS / 86_400).astype(int)

    (finding,) = times_found(DAYS, np.asarray(y)[position], task=task)

    assert (finding.code, finding.severity) == ("time_structure", "warning")
    assert float(finding.evidence["autocorrelation"]) > 0.5
    assert "time='seen'" in finding.remedy


def test_rows_sorted_by_time_are_told_without_alarm() -> None:
    (finding,) = times_found(np.sort(DAYS), NOISE)

    assert finding.severity == "info"
    assert finding.evidence["sorted"] == 1


@pytest.mark.parametrize(
    ("times", "y"),
    [
        pytest.param(DAYS, NOISE, id="no relation"),
        pytest.param(np.where(DAYS > 0, 0.0, 86_400.0), WALK, id="few times"),
        pytest.param(np.where(np.arange(ROWS) % 3 > 0, np.nan, DAYS), WALK, id="mostly missing"),
        pytest.param(
            (np.arange(ROWS) % 20) * 86_400.0, np.sort(NOISE), id="sorted by target within a day"
        ),
    ],
)
def test_time_without_meaning_is_no_finding(times: Any, y: Any) -> None:
    assert times_found(times, y) == []

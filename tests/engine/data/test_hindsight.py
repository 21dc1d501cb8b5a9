from typing import Any

import numpy as np
import pytest

from accredit_engine.bundle.contract import Kind, Task
from accredit_engine.data.finding import Finding
from accredit_engine.data.hindsight import gap_findings, later_findings, name_findings
from accredit_engine.data.schema import ColumnSchema, Table

ROWS = 1000
RANDOM = np.random.default_rng(3)
Y = (RANDOM.random(ROWS) < 0.3).astype(np.float64)
DAY = 86_400.0


def later(share: float, *, by: float, hour: float = 0) -> list[Finding]:
    known = np.arange(ROWS) * DAY + hour
    shift = np.where(np.arange(ROWS) < share * ROWS, by, -DAY)
    table = Table(ROWS, {"paid_on": known + shift}, {})
    return later_findings(table, [ColumnSchema("paid_on", Kind.DATETIME)], known)


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        pytest.param(0.009, None, id="below 1 %"),
        pytest.param(0.01, "warning", id="1 %"),
        pytest.param(0.499, "warning", id="below half"),
        pytest.param(0.5, "critical", id="half"),
    ],
)
def test_times_after_the_row_are_found(share: float, severity: str | None) -> None:
    findings = later(share, by=3 * DAY)

    assert [finding.severity for finding in findings] == ([severity] if severity else [])


def test_a_time_within_the_day_is_not_later_than_that_day() -> None:
    assert later(1, by=3600) == []
    assert len(later(1, by=3600, hour=60)) == 1


def gaps(missing: Any, y: Any = Y, task: Task = Task.BINARY, kind: Kind = Kind.NUMERIC) -> Any:
    empty = np.asarray(missing, dtype=np.bool_)
    numbers = {"x": np.where(empty, np.nan, 1.0)} if kind is Kind.NUMERIC else {}
    codes = {"x": np.where(empty, -1, 0)} if kind is Kind.CATEGORICAL else {}
    texts = {"x": np.where(empty, "", "text").astype(object)} if kind is Kind.TEXT else {}
    table = Table(ROWS, numbers, codes, texts)
    schema = [ColumnSchema("x", kind)]
    return gap_findings(table, np.asarray(y, dtype=np.float64), schema, target="y", task=task)


@pytest.mark.parametrize("kind", [Kind.NUMERIC, Kind.CATEGORICAL, Kind.TEXT])
def test_a_column_filled_for_one_outcome_only_is_critical(kind: Kind) -> None:
    (finding,) = gaps((Y == 0) | (RANDOM.random(ROWS) < 0.5), kind=kind)

    assert (finding.code, finding.severity, finding.column) == ("telling_gaps", "critical", "x")
    assert float(finding.evidence["share_of_class_given_away"]) == pytest.approx(0.5, abs=0.1)


def test_a_few_rows_given_away_are_a_warning() -> None:
    (finding,) = gaps((Y == 1) | (np.cumsum(1 - Y) > 60))

    assert finding.severity == "warning"


def test_gaps_that_predict_well_without_being_pure_are_a_warning() -> None:
    (finding,) = gaps(np.where(RANDOM.random(ROWS) < 0.1, 1 - Y, Y) > 0)

    assert finding.severity == "warning"
    assert float(finding.evidence["score"]) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param(np.zeros(ROWS), id="none"),
        pytest.param(np.ones(ROWS), id="all"),
        pytest.param(RANDOM.random(ROWS) < 0.5, id="by chance"),
        pytest.param((Y == 0) | (np.cumsum(Y) > 20), id="too few rows"),
        pytest.param(np.arange(ROWS) < 25, id="a short pure run"),
    ],
)
def test_honest_gaps_are_no_finding(missing: Any) -> None:
    assert gaps(missing) == []


def test_purity_means_nothing_where_one_class_rules() -> None:
    rare = (np.arange(ROWS) % 200 == 0).astype(float)

    assert gaps((np.arange(ROWS) % 200 > 100), rare) == []


def test_gaps_without_a_single_rare_case_are_honest() -> None:
    rare = (np.arange(ROWS) % 6 == 0).astype(float)

    assert gaps((rare == 0) & (RANDOM.random(ROWS) < 0.5), rare) == []


def test_gaps_of_one_class_among_several_are_found() -> None:
    classes = np.arange(ROWS) % 3

    (finding,) = gaps(classes != 2, classes, Task.MULTICLASS)

    assert finding.severity == "critical"


@pytest.mark.parametrize(
    ("noise", "severity"), [(0.01, "critical"), (0.25, "warning"), (2.0, None)]
)
def test_gaps_may_explain_a_number(noise: float, severity: str | None) -> None:
    numbers = Y + RANDOM.normal(scale=noise, size=ROWS)

    findings = gaps(Y > 0, numbers, Task.REGRESSION)

    assert [finding.severity for finding in findings] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("outcome", True),
        ("loanChargeOff", True),
        ("amount_recovered", True),
        ("Paid back", True),
        ("disclosed_income", False),
        ("results_per_page_viewed", True),
        ("consulting", False),
    ],
)
def test_a_name_is_a_hint_and_no_more(name: str, *, told: bool) -> None:
    findings = name_findings([ColumnSchema(name, Kind.NUMERIC)], "y")

    assert [finding.severity for finding in findings] == (["info"] if told else [])

"""The benchmark of the gates asks for every check there is."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from accredit_governance.policy.checks import CHECKS

SCRIPTS = Path(__file__).parents[2] / "benchmarks" / "gates"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_policy_of_the_benchmark_demands_every_check() -> None:
    policy = script("every_check").every_check(["number 0", "category 0"])

    assert [spec.check for spec in policy.gates] == list(CHECKS)
    assert set(policy.decisions.reasons) == {"number 0", "category 0"}


@pytest.mark.parametrize("columns", [12, 100])
def test_the_table_has_the_columns_asked_for_and_both_outcomes(columns: int) -> None:
    table = script("large_table")

    frame = table.applicants(500, columns)

    assert frame.shape == (500, columns + 1)
    assert {*table.SENSITIVE, *table.RISING, table.TARGET} <= set(frame.columns)
    assert 0.2 < frame[table.TARGET].mean() < 0.9
    assert frame.equals(table.applicants(500, columns))

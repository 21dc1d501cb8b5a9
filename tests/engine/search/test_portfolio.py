"""The portfolio: what is tried first suits the data, and can be trained."""

import json
import math
from importlib import resources
from typing import Any

import numpy as np
import pytest

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import family_names, load_families
from accredit_engine.search.evaluate import TrialOrder
from accredit_engine.search.portfolio import portfolio
from accredit_engine.search.proposal import first_proposals
from accredit_engine.search.trials import TrialState
from accredit_engine.search.work import run_trial
from tests.engine.search.support import small_evaluator

ENTRIES: list[dict[str, Any]] = json.loads(
    resources.files("accredit_engine.search").joinpath("portfolio.json").read_text()
)["entries"]
FAMILIES, _ = load_families(family_names(None))


def test_the_shipped_table_has_entries_for_every_task_and_size() -> None:
    for task in Task:
        for rows in (50, 5_000, 500_000):
            assert portfolio(FAMILIES, task, rows, has_derived=False)


def test_every_entry_names_a_known_family_known_tasks_and_a_range() -> None:
    assert ENTRIES

    for entry in ENTRIES:
        assert entry["family"] in set(FamilyName)
        assert entry["tasks"]
        assert set(entry["tasks"]) <= set(Task)
        assert entry["max_rows"] is None or entry.get("min_rows", 0) <= entry["max_rows"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["family"])
def test_every_entry_trains_on_a_tiny_table(entry: dict[str, Any]) -> None:
    if entry["family"] not in FAMILIES or "binary" not in entry["tasks"]:
        assert entry["family"] in set(FamilyName)
        return
    name = FamilyName(entry["family"])
    (proposal,) = (
        found
        for found in first_proposals(
            {name: FAMILIES[name]},
            [
                found
                for found in portfolio(FAMILIES, Task.BINARY, 10_000, has_derived=False)
                if found.family is name and dict(found.params) == entry["params"]
            ][:1],
            (),
            task=Task.BINARY,
            rows=120,
            mitigation=None,
        )
    )

    trial = run_trial(
        small_evaluator({name: FAMILIES[name]}, folds=2), TrialOrder(0, proposal, None, math.inf)
    )

    assert trial.state is TrialState.FINISHED, trial.reason
    assert np.isfinite(trial.margin).all()


def test_entries_of_families_that_are_not_there_are_left_out() -> None:
    some = {FamilyName.LINEAR: FAMILIES[FamilyName.LINEAR]}

    found = portfolio(some, Task.BINARY, 1_000, has_derived=False)

    assert found
    assert {proposal.family for proposal in found} == {FamilyName.LINEAR}
    assert portfolio({}, Task.BINARY, 1_000, has_derived=False) == ()


def table(**entry: Any) -> str:  # Any: JSON values.
    plain = {"family": "linear", "params": {}, "tasks": ["binary"], "max_rows": None}
    return json.dumps({"rows": 2_000, "entries": [{**plain, **entry}]})


@pytest.mark.parametrize(
    ("entry", "rows", "task", "found"),
    [
        pytest.param({"min_rows": 100}, 99, Task.BINARY, 0, id="just too few rows"),
        pytest.param({"min_rows": 100}, 100, Task.BINARY, 1, id="fewest rows"),
        pytest.param({"max_rows": 100}, 100, Task.BINARY, 1, id="most rows"),
        pytest.param({"max_rows": 100}, 101, Task.BINARY, 0, id="just too many rows"),
        pytest.param({}, 100, Task.REGRESSION, 0, id="another task"),
    ],
)
def test_entries_are_filtered_by_size_and_task(
    entry: dict[str, Any], rows: int, task: Task, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Folder:
        def joinpath(self, _: str) -> "Folder":
            return self

        def read_text(self) -> str:
            return table(**entry)

    monkeypatch.setattr(
        "accredit_engine.search.portfolio.resources.files", lambda _: Folder(), raising=True
    )

    assert len(portfolio(FAMILIES, task, rows, has_derived=False)) == found


def test_the_first_entry_of_a_family_is_tried_with_derived_features_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Folder:
        def joinpath(self, _: str) -> "Folder":
            return self

        def read_text(self) -> str:
            return table()

    monkeypatch.setattr("accredit_engine.search.portfolio.resources.files", lambda _: Folder())

    without = portfolio(FAMILIES, Task.BINARY, 100, has_derived=False)
    with_them = portfolio(FAMILIES, Task.BINARY, 100, has_derived=True)

    assert [proposal.derived for proposal in without] == [False]
    assert [proposal.derived for proposal in with_them] == [False, True]


def test_families_that_the_portfolio_lacks_are_tried_with_their_defaults() -> None:
    first = first_proposals(FAMILIES, (), (), task=Task.BINARY, rows=200, mitigation=None)

    assert [proposal.family for proposal in first] == list(FAMILIES)
    for proposal in first:
        assert proposal.params == FAMILIES[proposal.family].default(Task.BINARY, 200)

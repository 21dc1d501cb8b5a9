"""The portfolio: configurations that are tried first, in an order learned on open data sets.

The table beside this module is data, made by `benchmarks/automl/portfolio.py`; each next entry is
the one that most improves the *ensemble* of those before it (the idea of TabRepo, arXiv
2311.02971).
"""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Origin

_TABLE: Final = "portfolio.json"


def portfolio(
    families: Mapping[FamilyName, Family], task: Task, rows: int, *, has_derived: bool
) -> tuple[Proposal, ...]:
    """Entries for this task and size, of families that can be trained, in their order.

    When there are derived features, the first entry of every family is followed by itself with
    them: the same folds then tell whether they help that family.

    Args:
        families: Families that fit the data.
        task: What is predicted.
        rows: Rows to learn from.
        has_derived: Whether derived features exist.
    """
    table = json.loads(resources.files("accredit_engine.search").joinpath(_TABLE).read_text())
    found: list[Proposal] = []
    for entry in table["entries"]:
        if entry["family"] not in families or not _suits(entry, task, rows):
            continue
        name = FamilyName(entry["family"])
        is_first = all(other.family is not name for other in found)
        found.append(Proposal(name, entry["params"], Origin.PORTFOLIO))
        if has_derived and is_first:
            found.append(Proposal(name, entry["params"], Origin.PORTFOLIO, derived=True))
    return tuple(found)


def _suits(entry: Mapping[str, Any], task: Task, rows: int) -> bool:  # Any: parsed JSON of ours.
    most = entry.get("max_rows")
    is_sized = entry.get("min_rows", 0) <= rows and (most is None or rows <= most)
    return task.value in entry["tasks"] and is_sized

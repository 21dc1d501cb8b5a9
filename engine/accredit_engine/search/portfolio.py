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

_PROFITING: Final = (FamilyName.BOOSTING, FamilyName.LINEAR, FamilyName.NEURAL)
_TABLE: Final = "portfolio.json"
_FAR_LARGER: Final = 3
_STRONG: Final = (
    FamilyName.BOOSTING,
    FamilyName.LINEAR,
    FamilyName.NEURAL,
    FamilyName.FOREST,
    FamilyName.HISTOGRAM,
)


def portfolio(
    families: Mapping[FamilyName, Family], task: Task, rows: int, *, has_derived: bool
) -> tuple[Proposal, ...]:
    """Entries for this task and size, of families that can be trained, in their order.

    The order was learned on tables of a certain size. Far larger ones start with the defaults of
    the quickest strong families, because what wins on little data is too weak there.

    When there are derived features, the first entry of some families is followed by itself with
    them: the same folds then tell whether they help that family.

    Args:
        families: Families that fit the data.
        task: What is predicted.
        rows: Rows to learn from.
        has_derived: Whether derived features exist.
    """
    table = json.loads(resources.files("accredit_engine.search").joinpath(_TABLE).read_text())
    entries = table["entries"]
    if rows > _FAR_LARGER * table["rows"]:
        every = [task.value for task in Task]
        entries = [*({"family": name, "params": {}, "tasks": every} for name in _STRONG), *entries]
    found: list[Proposal] = []
    for entry in entries:
        if entry["family"] not in families or not _suits(entry, task, rows):
            continue
        name = FamilyName(entry["family"])
        is_first = all(other.family is not name for other in found)
        proposal = Proposal(name, entry["params"], Origin.PORTFOLIO)
        if proposal in found:
            continue
        found.append(proposal)
        if has_derived and is_first and name in _PROFITING:
            found.append(Proposal(name, entry["params"], Origin.PORTFOLIO, derived=True))
    return tuple(found)


def _suits(entry: Mapping[str, Any], task: Task, rows: int) -> bool:  # Any: parsed JSON of ours.
    most = entry.get("max_rows")
    is_sized = entry.get("min_rows", 0) <= rows and (most is None or rows <= most)
    return task.value in entry["tasks"] and is_sized

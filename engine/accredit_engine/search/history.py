"""Warm start: what won on earlier data that resemble these is tried first.

A history is a folder of run records (`config.json` of bundles, or records saved by the caller).
Data sets are compared by their meta-features, each scaled by its spread over the history; the
members of the nearest runs' blends come first, the largest weights first.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from accredit_engine.errors import UnfitSettings
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.search.progress import ROUNDS
from accredit_engine.search.proposal import Proposal
from accredit_engine.search.trials import Origin

_NEAREST: Final = 3
_MOST_PROPOSALS: Final = 6


def proposals_from(
    folder: Path,
    meta: Mapping[str, float],
    families: Mapping[FamilyName, Family],
    *,
    task: str,
    has_derived: bool,
) -> tuple[Proposal, ...]:
    """Configurations of the nearest earlier runs of the same task.

    Args:
        folder: Holds records as JSON files, at any depth.
        meta: Meta-features of the data at hand.
        families: Families that fit the data.
        task: What is predicted.
        has_derived: Whether derived features exist here.

    Raises:
        UnfitSettings: the folder is none, or a `config.json` in it cannot be read.
    """
    if not folder.is_dir():
        message = f"history is {folder.name!r}, which is no folder; name a folder of run records"
        raise UnfitSettings(message)
    records = [
        record
        for record in (_read(file) for file in sorted(folder.rglob("config.json")))
        if record["settings"]["task"] == task and record.get("meta")
    ]
    if not records:
        return ()
    names = sorted(meta)
    points = np.array([[float(r["meta"].get(name, 0.0)) for name in names] for r in records])
    here = np.array([float(meta[name]) for name in names])
    spread = np.vstack([points, here]).std(axis=0)
    gaps = (points - here) / np.where(spread > 0, spread, 1.0)
    nearest = np.argsort((gaps**2).sum(axis=1), kind="stable")[:_NEAREST]
    found: list[Proposal] = []
    for at in nearest:
        for proposal in _members(records[at], families, has_derived=has_derived):
            if proposal not in found:
                found.append(proposal)
    return tuple(found[:_MOST_PROPOSALS])


def _members(
    record: Mapping[str, Any],  # Any: parsed JSON.
    families: Mapping[FamilyName, Family],
    *,
    has_derived: bool,
) -> list[Proposal]:
    trials = {trial["number"]: trial for trial in record["trials"]}
    members = sorted(record["blend"]["members"], key=lambda member: -member["weight"])
    return [
        Proposal(
            FamilyName(member["family"]),
            {
                name: value
                for name, value in trials[member["trial"]]["params"].items()
                if name != ROUNDS
            },
            Origin.HISTORY,
            bool(trials[member["trial"]]["derived"]) and has_derived,
        )
        for member in members
        if member["family"] in families
    ]


def _read(file: Path) -> Any:  # Any: parsed JSON.
    try:
        record = json.loads(file.read_bytes())
        _ = record["settings"]["task"], record["trials"], record["blend"]["members"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{file.parent.name}/{file.name} in the history is no record of a run: {error}"
        raise UnfitSettings(message) from error
    return record

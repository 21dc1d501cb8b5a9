"""Warm start: the nearest earlier run speaks first, and a broken record is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from accredit_engine import AutoML, errors
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.search.history import proposals_from
from accredit_engine.search.trials import Origin
from tests.engine.search.support import small_frame

NAMES = (FamilyName.BOOSTING, FamilyName.LINEAR, FamilyName.FOREST)
FAMILIES, _ = load_families(NAMES)


def write(
    folder: Path, *, rows: float, members: list[tuple[str, float]], task: str = "binary"
) -> None:
    """A record with what the warm start reads."""
    folder.mkdir(parents=True)
    record: dict[str, Any] = {
        "settings": {"task": task},
        "meta": {"log_rows": rows, "classes": 2.0},
        "trials": [
            {"number": at, "params": {"knob": weight, "rounds": 7}, "derived": at == 0}
            for at, (_, weight) in enumerate(members)
        ],
        "blend": {
            "members": [
                {"trial": at, "family": family, "weight": weight}
                for at, (family, weight) in enumerate(members)
            ]
        },
    }
    (folder / "config.json").write_text(json.dumps(record))


def near(folder: Path, rows: float, **given: Any) -> list[tuple[str, float]]:
    found = proposals_from(
        folder,
        {"log_rows": rows, "classes": 2.0},
        FAMILIES,
        task=given.pop("task", "binary"),
        has_derived=given.pop("has_derived", False),
    )
    assert all(proposal.origin is Origin.HISTORY for proposal in found)
    return [(proposal.family.value, float(proposal.params["knob"])) for proposal in found]


def test_winners_of_the_nearest_run_come_first_the_heaviest_of_them_leading(
    tmp_path: Path,
) -> None:
    write(tmp_path / "far", rows=12.0, members=[("forest", 0.9)])
    write(tmp_path / "near", rows=6.1, members=[("linear", 0.3), ("boosting", 0.7)])
    write(tmp_path / "deep" / "middle", rows=8.0, members=[("linear", 0.5)])

    assert near(tmp_path, 6.0) == [
        ("boosting", 0.7),
        ("linear", 0.3),
        ("linear", 0.5),
        ("forest", 0.9),
    ]
    assert near(tmp_path, 12.0)[0] == ("forest", 0.9)


def test_rounds_are_not_taken_over(tmp_path: Path) -> None:
    write(tmp_path / "run", rows=6.0, members=[("boosting", 1.0)])

    (found,) = proposals_from(
        tmp_path,
        {"log_rows": 6.0, "classes": 2.0},
        FAMILIES,
        task="binary",
        has_derived=True,
    )

    assert found.params == {"knob": 1.0}
    assert found.derived


def test_runs_of_another_task_and_families_not_there_say_nothing(tmp_path: Path) -> None:
    write(tmp_path / "other", rows=6.0, members=[("linear", 1.0)], task="regression")
    write(tmp_path / "absent", rows=6.0, members=[("svm", 1.0)])

    assert near(tmp_path, 6.0) == []


def test_equal_configurations_are_proposed_once_and_no_more_than_six(tmp_path: Path) -> None:
    many = [("linear", 0.1 * at) for at in range(1, 6)]
    write(tmp_path / "one", rows=6.0, members=many)
    write(tmp_path / "two", rows=6.5, members=[*many, ("boosting", 0.6), ("forest", 0.7)])

    found = near(tmp_path, 6.0)

    assert len(found) == len(set(found)) == 6


def test_an_empty_folder_proposes_nothing(tmp_path: Path) -> None:
    assert near(tmp_path, 6.0) == []


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.UnfitSettings, match="'nowhere', which is no folder"):
        near(tmp_path / "nowhere", 6.0)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="a list"),
        pytest.param('{"settings": {}}', id="no task"),
        pytest.param('{"settings": {"task": "binary"}, "trials": []}', id="no blend"),
    ],
)
def test_a_broken_record_is_refused_by_name(content: str, tmp_path: Path) -> None:
    write(tmp_path / "whole", rows=6.0, members=[("linear", 1.0)])
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "config.json").write_text(content)

    with pytest.raises(errors.UnfitSettings, match=r"torn/config\.json"):
        near(tmp_path, 6.0)


def test_a_run_starts_with_what_won_on_the_bundle_of_an_earlier_one(tmp_path: Path) -> None:
    frame = small_frame(200)
    settings: dict[str, Any] = {"families": ["linear", "naive_bayes"], "workers": "inline"}
    earlier = AutoML("binary", max_trials=3, seed=1, **settings).fit(frame, "good")
    earlier.save(tmp_path / "bundles" / "first")

    later = AutoML("binary", max_trials=2, history=tmp_path / "bundles", **settings).fit(
        pd.concat([frame, frame.assign(first=np.abs(frame["first"]))]).reset_index(drop=True),
        "good",
    )

    first = later.record_.trials[0]
    heaviest = max(earlier.record_.blend["members"], key=lambda member: member["weight"])  # type: ignore[call-overload,index] # JSON
    assert first.origin is Origin.HISTORY
    assert first.family.value == heaviest["family"]

"""Checkpoints: a trial is there completely or not at all, and of this run or of none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from accredit_engine.errors import CheckpointMismatch
from accredit_engine.families.family import FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.search.checkpoint import Checkpoint
from accredit_engine.search.trials import Trial, TrialState
from tests.engine.search.support import scored_trial, small_evaluator

IDENTITY = {"data": "abc", "settings": {"seed": 1, "metric": "roc_auc"}}


@pytest.fixture(scope="module")
def trial() -> Trial:
    families, _ = load_families((FamilyName.LINEAR,))
    evaluator = small_evaluator(families)
    raw = np.random.default_rng(0).normal(size=(len(evaluator.bench.folds.scored), 1))
    return scored_trial(0, raw, evaluator)


def without_result(trial: Trial, state: TrialState) -> Trial:
    return replace(trial, state=state, reason="why", score=None, raw=None, raw_digest="")


def test_a_trial_comes_back_as_it_was(trial: Trial, tmp_path: Path) -> None:
    Checkpoint.open(tmp_path, IDENTITY).add(trial)

    found = Checkpoint.open(tmp_path, IDENTITY).trials()

    assert [one.to_dict() for one in found] == [trial.to_dict()]
    assert np.array_equal(found[0].margin, trial.margin)


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.CRASHED, TrialState.HUNG])
def test_failures_are_kept_so_that_they_are_not_tried_again(
    state: TrialState, trial: Trial, tmp_path: Path
) -> None:
    checkpoint = Checkpoint.open(tmp_path, IDENTITY)

    checkpoint.add(without_result(trial, state))

    assert [one.state for one in checkpoint.trials()] == [state]


def test_trials_cut_short_by_the_clock_are_tried_again(trial: Trial, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(tmp_path, IDENTITY)

    checkpoint.add(without_result(trial, TrialState.STOPPED))

    assert checkpoint.trials() == []


def test_trials_after_a_gap_do_not_count(trial: Trial, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(tmp_path, IDENTITY)
    for number in (0, 1, 3):
        checkpoint.add(replace(trial, number=number))

    assert [one.number for one in checkpoint.trials()] == [0, 1]


def test_scores_without_their_trial_do_not_count(trial: Trial, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(tmp_path, IDENTITY)
    checkpoint.add(trial)
    (tmp_path / "trial-00000.json").unlink()
    (tmp_path / "trial-00001.json.tmp").write_bytes(b"{")

    assert checkpoint.trials() == []


@pytest.mark.parametrize("file", ["trial-00000.npy", "trial-00000.json", "run.json"])
def test_a_damaged_file_is_refused_by_name(file: str, trial: Trial, tmp_path: Path) -> None:
    Checkpoint.open(tmp_path, IDENTITY).add(trial)
    damaged = tmp_path / file
    damaged.write_bytes(damaged.read_bytes()[:-3] + b"\x00\x01\x02")

    with pytest.raises(CheckpointMismatch, match=file):
        Checkpoint.open(tmp_path, IDENTITY).trials()


def test_missing_scores_are_refused(trial: Trial, tmp_path: Path) -> None:
    Checkpoint.open(tmp_path, IDENTITY).add(trial)
    (tmp_path / "trial-00000.npy").unlink()

    with pytest.raises(CheckpointMismatch, match="cannot be read"):
        Checkpoint.open(tmp_path, IDENTITY).trials()


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        pytest.param({**IDENTITY, "data": "abd"}, "data", id="data"),
        pytest.param({**IDENTITY, "settings": {"seed": 2}}, "settings", id="settings"),
    ],
)
def test_another_run_is_refused_with_what_differs(
    identity: dict[str, object], named: str, tmp_path: Path
) -> None:
    Checkpoint.open(tmp_path, IDENTITY)

    with pytest.raises(CheckpointMismatch, match=f"other {named};"):
        Checkpoint.open(tmp_path, identity)


def test_a_note_comes_back_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(tmp_path, IDENTITY)

    assert checkpoint.note("derivation") is None
    checkpoint.keep_note("derivation", {"kept": []})
    assert checkpoint.note("derivation") == {"kept": []}
    (tmp_path / "derivation.json").write_bytes(b"{")
    with pytest.raises(CheckpointMismatch, match=r"derivation\.json"):
        checkpoint.note("derivation")

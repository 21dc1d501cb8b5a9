"""Runs: the same on any number of workers, resumable, stoppable, and not stopped by one family."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accredit_engine import AutoML, Progress, errors
from accredit_engine.bundle.contract import Task
from accredit_engine.families.family import Family, FamilyName, Member, Params, Training
from accredit_engine.families.roster import load_families
from accredit_engine.search.limits import Limits
from accredit_engine.search.trials import TrialState
from tests.engine.search.support import small_frame

FAST = ["linear", "naive_bayes", "tree"]
SLACK_S = 5.0
"""What the promise allows beside a tenth; a busy machine gets as much again to start its work."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return small_frame(160)


def fitted(frame: pd.DataFrame, **settings: Any) -> AutoML:  # Any: settings of AutoML.
    fit = {
        name: settings.pop(name)
        for name in ("checkpoint", "stop", "on_progress")
        if name in settings
    }
    chosen = {"families": FAST, "seed": 4, "workers": "inline", **settings}
    return AutoML("binary", **chosen).fit(frame, "good", **fit)


def misbehaving(behaviour: str, culprit: FamilyName = FamilyName.SVM) -> Any:
    """A `load_families` whose family `culprit` dies, hangs or raises; the others work."""

    def load(
        names: Sequence[FamilyName],
    ) -> tuple[dict[FamilyName, Family], Mapping[FamilyName, str]]:
        families, absent = load_families(names)
        whole = families[culprit]

        class Misbehaving:
            name = culprit
            plan = whole.plan
            traits = whole.traits

            def unfit(self, task: Task, rows: int, columns: int) -> str:
                return whole.unfit(task, rows, columns)

            def default(self, task: Task, rows: int) -> Params:
                return whole.default(task, rows)

            def space(self, task: Task, rows: int) -> Any:
                return whole.space(task, rows)

            def train(self, training: Training, params: Params) -> tuple[Member, Params]:
                if behaviour == "dies":
                    os._exit(9)
                if behaviour == "hangs":
                    while True:
                        time.sleep(0.05)
                message = "a bug"
                raise AssertionError(message)

        broken: Family = Misbehaving()  # type: ignore[assignment] # a stand-in with what is used
        return {**families, culprit: broken}, absent

    return load


@pytest.fixture(scope="module")
def straight(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of a run of twelve trials in this process."""
    return fitted(frame, max_trials=12).save(tmp_path_factory.mktemp("straight") / "bundle")


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_counted_run_is_the_same_on_any_number_of_workers(
    workers: int, frame: pd.DataFrame, straight: str, tmp_path: Path
) -> None:
    model = fitted(frame, max_trials=12, workers="processes", n_jobs=workers)

    assert model.save(tmp_path / "bundle") == straight


def test_a_run_that_was_killed_goes_on_and_equals_the_straight_one(
    frame: pd.DataFrame, straight: str, tmp_path: Path
) -> None:
    table, folder = tmp_path / "rows.parquet", tmp_path / "run"
    frame.to_parquet(table)
    code = (
        "import os, sys, pandas\n"
        "from pathlib import Path\n"
        "from accredit_engine import AutoML\n"
        "def die(progress):\n"
        "    if progress.trials == 5:\n"
        "        os._exit(9)\n"
        f"AutoML('binary', max_trials=12, families={FAST}, seed=4, workers='inline').fit(\n"
        "    pandas.read_parquet(sys.argv[1]), 'good', checkpoint=Path(sys.argv[2]),\n"
        "    on_progress=die)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(table), str(folder)], check=False)
    seen: list[Progress] = []

    resumed = fitted(frame, max_trials=12, checkpoint=folder, on_progress=seen.append)

    assert killed.returncode == 9
    assert len(list(folder.glob("trial-*.json"))) == 12
    assert min(step.trials for step in seen if step.message.startswith("trial")) == 6
    assert resumed.save(tmp_path / "bundle") == straight


def test_stop_keeps_the_best_so_far_and_the_run_can_go_on(
    frame: pd.DataFrame, straight: str, tmp_path: Path
) -> None:
    seen: list[Progress] = []

    stopped = fitted(
        frame,
        max_trials=12,
        checkpoint=tmp_path / "run",
        on_progress=seen.append,
        stop=lambda: sum(step.message.startswith("trial") for step in seen) >= 3,
    )
    resumed = fitted(frame, max_trials=12, checkpoint=tmp_path / "run")

    assert len(stopped.record_.trials) == 3
    best = max(trial.score or 0.0 for trial in stopped.record_.trials)
    assert stopped.record_.blend["score"] >= best - 1e-9  # type: ignore[operator] # JSON number
    assert stopped.predict_proba(frame).shape == (len(frame), 2)
    assert resumed.save(tmp_path / "bundle") == straight


def test_stop_at_once_still_gives_a_model(frame: pd.DataFrame) -> None:
    model = fitted(frame, max_trials=12, stop=lambda: True)

    assert len(model.record_.trials) == 1


def test_a_family_that_always_fails_is_skipped_after_three_trials_and_named(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_engine.arrangement.load_families", misbehaving("raises"))

    # Trials know of others with a lag of eight: three failures are seen after eleven.
    model = fitted(frame, max_trials=20, families=["linear", "svm", "naive_bayes"])

    failed = [trial for trial in model.record_.trials if trial.family is FamilyName.SVM]
    assert {trial.state for trial in failed} == {TrialState.FAILED}
    assert 3 <= len(failed) <= 11
    assert "failed 3 times" in model.record_.absent_families["svm"]
    assert "a bug" in model.record_.absent_families["svm"]


def test_a_family_that_kills_its_worker_is_recorded_and_the_run_goes_on(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_engine.arrangement.load_families", misbehaving("dies"))

    model = fitted(
        frame, max_trials=3, families=["linear", "svm", "naive_bayes"], workers="processes"
    )

    states = {trial.family: trial.state for trial in model.record_.trials}
    assert states[FamilyName.SVM] is TrialState.CRASHED
    assert states[FamilyName.LINEAR] is TrialState.FINISHED
    assert "died" in model.record_.absent_families["svm"]
    assert len(model.record_.trials) == 3


def test_a_family_that_hangs_is_recorded_and_the_run_ends(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted(frame, max_trials=2, families=["linear"], workers="processes")  # Children are warm.
    monkeypatch.setattr("accredit_engine.arrangement.load_families", misbehaving("hangs"))
    monkeypatch.setattr("accredit_engine.search.flight._START_S", 2.0)
    monkeypatch.setattr("accredit_engine.search.flight._GRACE_S", 1.0)

    started = time.monotonic()
    model = fitted(
        frame,
        max_trials=3,
        families=["linear", "svm", "naive_bayes"],
        workers="processes",
        limits=Limits(trial_s=2.0),
    )

    states = [trial.state for trial in model.record_.trials if trial.family is FamilyName.SVM]
    assert TrialState.HUNG in states
    assert "still running" in model.record_.absent_families["svm"]
    assert len(model.record_.trials) == 3
    assert time.monotonic() - started < 60


def test_a_run_of_which_every_family_dies_says_so(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accredit_engine.arrangement.load_families", misbehaving("dies"))

    with pytest.raises(errors.NothingTrained, match="its worker died"):
        fitted(frame, max_trials=1, families=["svm"], workers="processes")


def test_when_time_is_out_the_last_resort_is_no_family_that_broke(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = misbehaving("raises", FamilyName.BOOSTING)
    monkeypatch.setattr("accredit_engine.arrangement.load_families", load)

    model = fitted(frame, time_budget_s=0.001, families=["linear", "boosting"])

    assert model.predict_proba(frame).shape == (len(frame), 2)


@pytest.mark.parametrize("budget_s", [1.0, 3.0])
def test_a_time_budget_is_kept(budget_s: float) -> None:
    frame = small_frame(500)
    started = time.monotonic()

    model = AutoML("binary", time_budget_s=budget_s, seed=1).fit(frame, "good")

    assert time.monotonic() - started < 1.1 * budget_s + 2 * SLACK_S
    assert model.predict_proba(frame).shape == (500, 2)
    assert model.record_.trials
    assert 0 < model.record_.elapsed_s < time.monotonic() - started

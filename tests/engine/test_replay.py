"""Replay: a recorded run done again gives the same files, or says what differs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from accredit_engine import AutoML, Mitigation, errors
from accredit_engine.bundle.bundle import write_bundle
from accredit_engine.evaluation.custom_score import CustomScore
from accredit_engine.replay import replay
from tests.engine.search.support import small_frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return small_frame(200)


def weighed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(w=1.0 + frame.index % 3)


@pytest.fixture(scope="module")
def counted(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a counted run with much that has to be repeated."""
    folder = tmp_path_factory.mktemp("counted") / "bundle"
    model = AutoML(
        "binary",
        max_trials=3,
        families=["linear", "boosting", "neural"],
        seed=3,
        class_weight="balanced",
        conformal=0.8,
        threshold="metric:f1",
        favourable=0,
        workers="inline",
    )
    model.fit(weighed(frame), "good", weight="w").save(folder)
    return folder


def test_a_counted_run_is_replayed_to_the_same_bytes(counted: Path, frame: pd.DataFrame) -> None:
    found = replay(counted, weighed(frame), n_jobs=1)

    assert found.trials
    assert all(found.trials.values())
    assert found.differing == ()
    assert found.versions == {}
    assert found.is_same


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_timed_run_is_replayed_to_the_same_bytes(
    task: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    target = "good" if task == "binary" else "first"
    families = ["boosting", "linear", "histogram", "forest", "tree"]
    model = AutoML(task, time_budget_s=1.5, seed=2, families=families).fit(frame, target)
    model.save(tmp_path / "bundle")

    found = replay(tmp_path / "bundle", frame, n_jobs=2)

    assert found.trials
    assert [number for number, is_same in found.trials.items() if not is_same] == []
    assert found.differing == ()
    assert found.is_same


def test_the_leaner_variant_is_replayed_too(frame: pd.DataFrame, tmp_path: Path) -> None:
    model = AutoML("binary", max_trials=3, families=["linear", "naive_bayes"], workers="inline")
    model.fit(frame, "good").save(tmp_path / "lean", variant="deploy")

    assert replay(tmp_path / "lean", frame, n_jobs=1).is_same


def test_a_mitigated_run_is_replayed(frame: pd.DataFrame, tmp_path: Path) -> None:
    model = AutoML(
        "binary",
        max_trials=4,
        families=["linear"],
        mitigation=Mitigation("kind", min_ratio=0.7),
        workers="inline",
    )
    model.fit(frame, "good").save(tmp_path / "fair")

    assert replay(tmp_path / "fair", frame, n_jobs=1).is_same


def test_other_data_are_refused(counted: Path, frame: pd.DataFrame) -> None:
    other = weighed(frame)
    other.loc[other.index[0], "first"] += 1e-9

    with pytest.raises(errors.NotReplayable, match="replay it on the rows it was trained on"):
        replay(counted, other)


def test_a_changed_file_is_refused_by_name(
    counted: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in counted.rglob("*"):
        if file.is_file():
            (copy / file.relative_to(counted)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(counted)).write_bytes(file.read_bytes())
    member = next(path for path in sorted(copy.rglob("*")) if "members" in str(path.parent))
    member = next(path for path in sorted(member.parent.rglob("*")) if path.is_file())
    member.write_bytes(member.read_bytes()[:-1] + b"\x07")

    with pytest.raises(errors.DamagedBundle) as caught:
        replay(copy, weighed(frame))

    assert caught.value.file == str(member.relative_to(copy))


def test_a_record_that_was_made_up_is_found_out(frame: pd.DataFrame, tmp_path: Path) -> None:
    """A bundle whose members do not come from the recorded run: other seed, same data."""
    settings: dict[str, Any] = {"max_trials": 2, "families": ["linear"], "workers": "inline"}
    AutoML("binary", seed=1, **settings).fit(frame, "good").save(tmp_path / "one")
    other = AutoML("binary", seed=2, **settings).fit(frame, "good")
    config = json.loads((tmp_path / "one" / "config.json").read_text())

    found = replay(_with_config(other, config, tmp_path / "forged"), frame, n_jobs=1)

    assert not found.is_same
    assert found.differing


def _with_config(model: AutoML, config: dict[str, object], folder: Path) -> Path:
    """A bundle that is whole, with a record of another run in it."""
    rows = pd.DataFrame(
        {column.name: np.zeros(1) for column in model.model_.contract.columns}
    ).assign(kind="a")
    write_bundle(folder, model.model_, config=config, leaderboard=[], reference=rows)
    return folder


def accuracy(truth: NDArray[np.float64], output: NDArray[np.float64]) -> float:
    return float(((output > 0.5) == truth).mean())


@pytest.mark.parametrize("what", ["metric", "objective"])
def test_functions_of_the_caller_cannot_be_replayed(
    what: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    def squares(
        predicted: NDArray[np.float64], data: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        gap = predicted - data.get_label()
        return gap, np.ones_like(gap)

    if what == "metric":
        model = AutoML(
            "binary",
            CustomScore("share right", accuracy),
            max_trials=1,
            families=["linear"],
            workers="inline",
        ).fit(frame, "good")
    else:
        model = AutoML(
            "regression",
            max_trials=1,
            families=["boosting"],
            workers="inline",
            objective=squares,
        ).fit(frame, "first")
    model.save(tmp_path / "bundle")

    with pytest.raises(errors.NotReplayable, match="function of the caller"):
        replay(tmp_path / "bundle", frame)

"""`accredit replay`: a recorded run is done again, and the same comes out or it is told."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from accredit_engine import AutoML
from accredit_engine.bundle.digests import MANIFEST, manifest_of
from accredit_engine.data.source import read_table
from accredit_engine.data.split import split_by_content
from accredit_platform.cli.main import app

ROWS = 400
SETTINGS = {"max_trials": 2, "families": ["linear"], "derive": False, "workers": "inline"}


def loans() -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(ROWS, 3)), columns=["income", "debt", "share"])
    merit = frame["income"] - frame["debt"] + random.normal(size=ROWS)
    return frame.round(4).assign(approve=(merit > 0).astype(int))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows as a file, a bundle made of all of them, and one of a governed run with its record."""
    place = tmp_path_factory.mktemp("replay")
    loans().to_csv(place / "loans.csv", index=False)
    frame = read_table(place / "loans.csv")
    AutoML("binary", **SETTINGS).fit(frame, "approve").save(place / "bundle")  # type: ignore[arg-type] # as named
    train, _ = split_by_content(frame, "approve", share=0.3, task="binary")
    governed = AutoML("binary", **SETTINGS).fit(train, "approve")  # type: ignore[arg-type] # as named
    governed.save(place / "governed")
    record = {"run": governed.record_.to_dict(), "holdout": {"share": 0.3}}
    (place / "run.json").write_text(json.dumps(record))
    return place


def replayed(place: Path, bundle: str, *more: str) -> Result:
    command = ["replay", str(place / bundle), "--data", str(place / "loans.csv"), "--jobs", "1"]
    return CliRunner().invoke(app, [*command, *more])


def test_a_run_on_the_same_rows_comes_out_the_same(place: Path) -> None:
    result = replayed(place, "bundle")

    assert result.exit_code == 0, result.output
    assert result.output.count("same") >= 2
    assert "every file of the model" in result.output


def test_a_governed_run_is_replayed_without_its_hold_out(place: Path) -> None:
    alone = replayed(place, "governed")
    split = replayed(place, "governed", "--run", str(place / "run.json"))

    assert alone.exit_code == 2
    assert "the run was trained on" in " ".join(alone.output.split())
    assert split.exit_code == 0, split.output


def test_a_trial_that_was_recorded_otherwise_is_told(place: Path, tmp_path: Path) -> None:
    forged = tmp_path / "bundle"
    shutil.copytree(place / "bundle", forged)
    config = json.loads((forged / "config.json").read_bytes())
    config["trials"][0]["raw_digest"] = "0" * 64
    (forged / "config.json").write_bytes(json.dumps(config).encode())
    files = {p.relative_to(forged).as_posix(): p for p in forged.rglob("*") if p.is_file()}
    del files[MANIFEST]
    contents = {path: file.read_bytes() for path, file in files.items()}
    (forged / MANIFEST).write_bytes(manifest_of(contents))

    result = replayed(place, str(forged))

    assert result.exit_code == 1, result.output
    assert "different" in result.output
    assert "Not the same" in result.output


@pytest.mark.parametrize(
    ("bundle", "more"),
    [
        pytest.param("nowhere", [], id="no bundle"),
        pytest.param("bundle", ["--run", "nowhere.json"], id="no record"),
        pytest.param("bundle", ["--run", str(Path(__file__))], id="no JSON"),
        pytest.param("bundle", ["--data", "loans.xlsx"], id="no table"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_traceback(
    place: Path, bundle: str, more: list[str]
) -> None:
    result = replayed(place, bundle, *more)

    assert result.exit_code == 2
    assert "Cannot be re" in result.output
    assert "Traceback" not in result.output

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import report
from cases import case_of, find, frame_of
from report import Case, cases_of, ranks
from runner import Ask, run
from scores import auc, log_loss, metrics_of
from sklearn.metrics import log_loss as reference_log_loss
from sklearn.metrics import roc_auc_score

SCRIPTS = Path(report.__file__).parent
SLEEPER = "#!/bin/sh\nsleep 60 &\nsleep 60\n"


def script(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(SCRIPTS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def compare(csv: Path, out: Path, *more: object) -> "subprocess.CompletedProcess[str]":
    shared = ["--target", "approved", "--task", "binary", "--splits", 1, "--budget", 2]
    return script(
        "compare.py", "--data", csv, *shared, "--no-accredit", "--cores", 1, "--out", out, *more
    )


@pytest.fixture(scope="module")
def results(loans_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "results.jsonl"
    nowhere = out.parent / "no-python"

    done = compare(loans_csv, out, "--peers", "trivial,lightgbm,h2o", "--python", f"h2o={nowhere}")

    assert done.returncode == 0, done.stderr
    return out


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def test_a_comparison_measures_every_framework_on_the_same_rows(results: Path) -> None:
    runs = {line["framework"]: line for line in lines_of(results) if line["state"] == "ok"}

    assert set(runs) == {"trivial", "lightgbm"}
    assert {(line["train_rows"], line["test_rows"]) for line in runs.values()} == {(150, 50)}
    assert runs["trivial"]["metrics"]["auc"] == 0.5
    assert runs["lightgbm"]["metrics"]["auc"] > 0.6
    for line in runs.values():
        assert line["overrun_s"] == pytest.approx(line["fit_s"] - 2)
        assert line["row_p50_ms"] > 0
        assert line["model_mb"] > 0


def test_an_absent_framework_is_named_in_results_and_report(results: Path) -> None:
    absent = [line for line in lines_of(results) if line["state"] == "absent"]

    report = script("report.py", results)

    assert [line["framework"] for line in absent] == ["h2o"]
    assert "h2o was not compared: FileNotFoundError" in report.stdout


def test_a_report_has_ranks_scores_and_a_plot(results: Path, tmp_path: Path) -> None:
    report = script("report.py", results, "--plot", tmp_path / "gaps.svg")

    assert report.stderr == ""
    assert "| lightgbm | 1.00 | 1 | 0.00% |" in report.stdout
    assert "| trivial | 2.00 | 0 |" in report.stdout
    assert "lightgbm on loans: 0.00%" in (tmp_path / "gaps.svg").read_text(encoding="utf-8")


def test_runs_that_ended_well_are_not_repeated(results: Path, loans_csv: Path) -> None:
    before = results.read_bytes()

    done = compare(loans_csv, results, "--peers", "trivial,lightgbm")

    assert done.returncode == 0
    assert results.read_bytes() == before


def test_a_run_that_does_not_end_is_killed_with_all_it_started(
    loans_csv: Path, tmp_path: Path
) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text(SLEEPER, encoding="utf-8")
    sleeper.chmod(0o755)
    data = find(loans_csv, target="approved", task="binary")[0]

    found = run(
        Ask("trivial", str(sleeper), "binary", "approved", 0.1, 1, 0, grace_s=0.5),
        case_of(data, frame_of(data), 0),
    )

    assert found["state"] == "killed"
    command_lines = [
        path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.parent.exists()
    ]
    assert not [line for line in command_lines if str(sleeper).encode() in line]


def test_a_framework_that_crashes_is_a_result_with_its_reason(loans_csv: Path) -> None:
    data = find(loans_csv, target="approved", task="binary")[0]
    case = case_of(data, frame_of(data), 0)
    nonsense = Ask("trivial", sys.executable, "regression", "approved", 1.0, 1, 0)

    found = run(nonsense, case)

    assert found["state"] == "failed"
    assert "Error" in str(found["reason"])


def test_a_manifest_names_data_tasks_splits_and_what_is_left_out(
    loans_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_csv(loans_csv).assign(row=range(200))
    frame.to_parquet(tmp_path / "loans.parquet")
    split = pd.DataFrame({"row_id": range(199, -1, -1), "split_0": ["test"] * 20 + ["train"] * 180})
    split.to_parquet(tmp_path / "loans.split.parquet")
    entries = [
        {"name": "loans", "target": "approved", "task": "binary", "drop": ["row"]},
        {"name": "sales", "target": "units", "task": "forecasting"},
    ]
    (tmp_path / "datasets.json").write_text(json.dumps(entries), encoding="utf-8")

    (data,) = find(tmp_path, target=None, task=None)
    case = case_of(data, frame_of(data), 0)

    assert "sales" in capsys.readouterr().out
    assert list(case.test.columns) == ["income, yearly", "purpose"]
    assert case.truth.tolist() == frame["approved"].tolist()[180:]
    assert case.classes == ("no", "yes")


def test_without_a_split_file_rows_are_drawn_by_class_and_from_the_number(loans_csv: Path) -> None:
    data = find(loans_csv, target="approved", task="binary")[0]
    frame = frame_of(data)

    first, again, other = (case_of(data, frame, number) for number in (0, 0, 1))

    assert first.test.equals(again.test)
    assert not first.test.equals(other.test)
    share = (frame["approved"] == "yes").mean()
    assert (first.truth == "yes").mean() == pytest.approx(share, abs=0.02)


def test_scores_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    score = random.integers(0, 9, size=300) / 9  # With many ties.
    y = random.random(300) < score
    probability = random.dirichlet(np.ones(3), size=300)
    labels = random.integers(0, 3, size=300)

    assert auc(y, score) == pytest.approx(roc_auc_score(y, score))
    assert log_loss(labels, probability) == pytest.approx(reference_log_loss(labels, probability))


@pytest.mark.parametrize(
    "predicted",
    [
        pytest.param(np.array([[0.5, 0.5]]), id="too few"),
        pytest.param(np.array([[0.5, 0.5], [np.nan, 1.0]]), id="not finite"),
        pytest.param(np.array([0.5, 0.5]), id="no column per class"),
    ],
)
def test_predictions_that_cannot_be_judged_are_refused(predicted: np.ndarray) -> None:
    truth = np.array(["no", "yes"], dtype=object)

    with pytest.raises(ValueError, match="finite and of shape"):
        metrics_of("binary", truth, predicted, ("no", "yes"))


def test_ties_share_ranks_and_failures_share_the_last() -> None:
    assert ranks({"a": 1.0, "b": 1.0, "c": 2.0}, ["a", "b", "c", "d", "e"]) == {
        "a": 1.5,
        "b": 1.5,
        "c": 3.0,
        "d": 4.5,
        "e": 4.5,
    }


def test_gaps_are_relative_to_the_best_and_missing_for_failures() -> None:
    lines = {
        "a": {"state": "ok", "metrics": {"auc": 0.9}},
        "b": {"state": "ok", "metrics": {"auc": 0.81}},
        "c": {"state": "killed"},
    }

    case = Case.of("loans", "binary", lines)

    assert case.gaps == {"a": 0.0, "b": pytest.approx(0.1), "c": None}


def test_cases_that_not_all_have_tried_are_left_out() -> None:
    def line(framework: str, split: int) -> dict[str, Any]:
        start = {"data": "loans", "digest": "0", "task": "regression"}
        return {**start, "split": split, "framework": framework, "state": "failed"}

    assert len(cases_of([line("a", 0), line("b", 0), line("a", 1)], ["a", "b"])) == 1

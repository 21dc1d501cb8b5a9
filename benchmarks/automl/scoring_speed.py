"""How fast a fitted model answers: one row at a time, and in batches.

    python benchmarks/automl/scoring_speed.py --data loans.csv --target approved --task binary

Without `--bundle` a model is fitted first; with one, only the rows come from the data. `--models`
names the attributes of `AutoML` that are timed; those that are missing or empty are named.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from cases import TASKS, case_of, find, frame_of
from one_run import megabytes
from report import table

from accredit_engine import AutoML
from accredit_engine.bundle.contract import Task
from accredit_engine.model import FittedModel

_BATCH_S: Final = 2.0


def arguments(argv: list[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--bundle", type=Path, help="saved before; otherwise a model is fitted")
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", default="model_", help="attributes of AutoML, by comma")
    parser.add_argument("--rows", type=int, default=500, help="rows that are timed one by one")
    parser.add_argument("--batch", type=int, default=10_000)
    return parser.parse_args(argv)


def row_ms(answer: Callable[[pd.DataFrame], object], frame: pd.DataFrame, rows: int) -> list[float]:
    """Milliseconds per call with one row, after ten that are not counted."""
    times = []
    for number in range(rows + 10):
        row = frame.iloc[[number % len(frame)]].reset_index(drop=True)
        started = time.perf_counter()
        answer(row)
        times.append(1000 * (time.perf_counter() - started))
    return times[10:]


def rows_per_s(answer: Callable[[pd.DataFrame], object], frame: pd.DataFrame, rows: int) -> float:
    """Rows per second in batches, over two seconds or more."""
    batch = pd.concat([frame] * (rows // len(frame) + 1), ignore_index=True).iloc[:rows]
    answer(batch)
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < _BATCH_S:
        answer(batch)
        done += rows
    return done / (time.perf_counter() - started)


def measured(
    name: str, model: FittedModel, frame: pd.DataFrame, options: argparse.Namespace
) -> list[str]:
    """One row of the table."""
    is_regression = model.contract.task is Task.REGRESSION
    answer = model.predict if is_regression else model.predict_proba
    single = row_ms(answer, frame, options.rows)
    explained = row_ms(model.explain, frame, max(20, options.rows // 10))
    return [
        name,
        *(f"{np.percentile(single, share):.2f}" for share in (50, 95, 99)),
        f"{np.percentile(explained, 50):.2f}",
        f"{rows_per_s(answer, frame, options.batch):,.0f}",
        str(len(model.parts)),
    ]


def main(argv: list[str]) -> int:
    """Fit or load, measure, print."""
    options = arguments(argv)
    data = find(options.data, target=options.target, task=options.task)[0]
    case = case_of(data, frame_of(data), 0)
    if options.bundle is None:
        automl = AutoML(
            options.task, time_budget_s=options.budget, seed=options.seed, n_jobs=options.cores
        ).fit(case.train, options.target)
        with tempfile.TemporaryDirectory() as folder:
            automl.save(Path(folder) / "bundle")
            size = megabytes(Path(folder) / "bundle")
    else:
        automl, size = AutoML.load(options.bundle), megabytes(options.bundle)
    rows = []
    for name in options.models.split(","):
        model = getattr(automl, name, None)
        if model is None:
            print(f"AutoML has no {name}")
            continue
        rows.append(measured(name, model, case.test, options))
    print(f"bundle: {size:.2f} MB\n")
    head = ["model", "row p50 ms", "p95 ms", "p99 ms", "with reasons p50 ms", "rows/s", "members"]
    print(table(head, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Whether the time budget is kept: fits under several budgets, cores and neighbours.

    python benchmarks/automl/budget.py --data loans.csv --target approved --task binary

The promise: at most 10 % and 5 s beyond the budget. Each fit runs in its own process; with a busy
neighbour every core it is pinned to is shared with a process that never rests. Exit code 1 when the
promise was broken.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cases import TASKS, Case, DataSet, case_of, find, frame_of
from report import table
from runner import Ask, core_numbers, run

_BUSY: Final = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def arguments(argv: list[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="file, folder or manifest")
    parser.add_argument("--target")
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--only", default="", help="names of data sets, by comma")
    parser.add_argument("--budgets", default="1,5,20,60", help="seconds, by comma")
    parser.add_argument("--cores", default="1,2", help="numbers of cores, by comma")
    parser.add_argument("--neighbours", choices=["none", "busy", "both"], default="both")
    parser.add_argument("--framework", default="accredit", help="a peer can be measured as well")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def allowed_s(budget_s: float) -> float:
    """Seconds that a fit may take."""
    return 1.1 * budget_s + 5


@contextmanager
def neighbours(cores: int) -> Iterator[None]:
    """A process that never rests on each of the cores; none for 0."""
    chosen = core_numbers(cores)
    if cores and not chosen:
        message = "this system cannot pin a process to a core; use --neighbours none"
        raise SystemExit(message)
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY, str(core)]) for core in chosen]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def settings(options: argparse.Namespace) -> Iterator[tuple[int, bool, float]]:
    """Cores, whether the neighbour is busy, and budget of every fit."""
    kinds = {"none": [False], "busy": [True], "both": [False, True]}[options.neighbours]
    for cores in options.cores.split(","):
        for busy in kinds:
            for budget_s in options.budgets.split(","):
                yield int(cores), busy, float(budget_s)


def fitted(
    data: DataSet, case: Case, options: argparse.Namespace, setting: tuple[int, bool, float]
) -> tuple[list[str], bool]:
    """One row of the table, and whether the promise was kept."""
    cores, busy, budget_s = setting
    ask = Ask(
        options.framework, options.python, data.task, data.target, budget_s, cores, options.seed
    )
    with neighbours(cores if busy else 0):
        line: dict[str, Any] = run(ask, case)  # Any: one result.
    start = [data.name, str(len(case.train)), f"{budget_s:g}", str(cores), "busy" if busy else "–"]
    if line["state"] != "ok":
        return [*start, "–", "–", f"{line['state']}: {line['reason']}"], False
    kept = line["fit_s"] <= allowed_s(budget_s)
    took = [f"{line['fit_s']:.1f}", f"{line['overrun_s']:+.1f}"]
    return [*start, *took, "kept" if kept else "BROKEN"], kept


def main(argv: list[str]) -> int:
    """Fit, print; 1 when the promise was broken or a fit failed."""
    options = arguments(argv)
    only = {name for name in options.only.split(",") if name}
    rows, all_kept = [], True
    for data in find(options.data, target=options.target, task=options.task):
        if only and data.name not in only:
            continue
        case = case_of(data, frame_of(data), 0)
        for setting in settings(options):
            row, kept = fitted(data, case, options, setting)
            rows.append(row)
            all_kept = all_kept and kept
            print(" ".join(row), flush=True)
    head = ["data set", "rows", "budget s", "cores", "neighbour", "fit s", "overrun s", "promise"]
    print(f"\n{table(head, rows)}")
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Compares Accredit with the AutoML frameworks you have, on data you have.

    python benchmarks/automl/compare.py --data loans.csv --target approved --task binary
    python benchmarks/automl/compare.py --data folder/ --budget 60 --splits 3 \\
        --python flaml=flaml-env/bin/python --python autogluon=ag-env/bin/python

Every fit runs in its own process and interpreter, on the same rows, pinned to the same cores, with
the same wall budget. Results are appended as JSON lines; runs that are already there with the same
data and settings are not repeated. `report.py` turns them into tables.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cases import TASKS, DataSet, case_of, find, frame_of
from peers import PEERS
from runner import Ask, probe, run

_KEY: Final = ("data", "digest", "split", "framework", "version", "budget_s", "cores", "seed")


def arguments(argv: list[str]) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="file, folder or manifest")
    parser.add_argument("--target", help="column to predict; a manifest says it itself")
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--only", default="", help="names of data sets, by comma")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds per fit")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", default=",".join(name for name in PEERS if name != "accredit"))
    parser.add_argument("--no-accredit", action="store_true", help="run the peers only")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--out", type=Path, default=Path("results.jsonl"))
    return parser.parse_args(argv)


def interpreters(given: list[str]) -> dict[str, str]:
    """Interpreter of every framework; `autogluon` stands for `autogluon_best` too."""
    asked = dict(item.split("=", 1) for item in given)
    unknown = sorted(set(asked) - set(PEERS))
    if unknown:
        message = f"--python names unknown frameworks: {', '.join(unknown)}"
        raise SystemExit(message)
    return {
        # Not resolved: the interpreter of a virtual environment is a link to the system's.
        name: str(Path(asked[key]).absolute()) if (key := _key(name, asked)) else sys.executable
        for name in PEERS
    }


def _key(name: str, asked: dict[str, str]) -> str | None:
    return next((key for key in (name, name.split("_")[0]) if key in asked), None)


def installed(options: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Frameworks to run: name → (interpreter, version). Absent ones are named."""
    names = [name.strip() for name in options.peers.split(",") if name.strip()]
    unknown = sorted(set(names) - set(PEERS))
    if unknown:
        message = f"--peers are out of {', '.join(PEERS)}, not {', '.join(unknown)}"
        raise SystemExit(message)
    wanted = list(dict.fromkeys([*([] if options.no_accredit else ["accredit"]), *names]))
    pythons = {
        name: python for name, python in interpreters(options.python).items() if name in wanted
    }
    probed: dict[str, tuple[str | None, str]] = {}
    for python in dict.fromkeys(pythons.values()):
        probed |= probe([name for name in wanted if pythons[name] == python], python)
    found = {}
    for name in wanted:
        version, reason = probed[name]
        print(f"{name}: {version or f'ABSENT, {reason}'}")
        if version is not None:
            found[name] = (pythons[name], version)
        else:
            _append(options.out, {"framework": name, "state": "absent", "reason": reason})
    return found


def compare(data: DataSet, options: argparse.Namespace, peers: dict[str, tuple[str, str]]) -> None:
    """All frameworks on all splits of one data set."""
    frame, digest, done = frame_of(data), data.digest, _done(options.out)
    for split in range(options.splits):
        case = case_of(data, frame, split)
        for name, (python, version) in peers.items():
            line: dict[str, object] = {
                "data": data.name,
                "digest": digest,
                "task": data.task,
                "split": split,
                "framework": name,
                "version": version,
                "budget_s": options.budget,
                "cores": options.cores,
                "seed": options.seed,
            }
            if tuple(line[key] for key in _KEY) in done:
                continue
            line |= {
                "train_rows": len(case.train),
                "test_rows": len(case.test),
                "columns": case.test.shape[1],
                "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            ask = Ask(
                name, python, data.task, data.target, options.budget, options.cores, options.seed
            )
            line |= run(ask, case)
            _append(options.out, line)
            print(_told(line), flush=True)


def _told(line: dict[str, Any]) -> str:  # Any: a result line.
    start = f"{line['data']} split {line['split']} {line['framework']}: "
    if line["state"] != "ok":
        return f"{start}{line['state'].upper()}, {line['reason']}"
    scores = ", ".join(f"{name} {value:.5g}" for name, value in sorted(line["metrics"].items()))
    return f"{start}{scores}, fit {line['fit_s']:.1f} s, row {line['row_p50_ms']:.1f} ms"


def _done(out: Path) -> set[tuple[object, ...]]:
    """Runs that ended well; the others are tried again."""
    if not out.is_file():
        return set()
    lines = [json.loads(text) for text in out.read_text(encoding="utf-8").splitlines()]
    return {tuple(line[key] for key in _KEY) for line in lines if line["state"] == "ok"}


def _append(out: Path, line: dict[str, object]) -> None:
    with out.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main(argv: list[str]) -> int:
    """Run everything; failed fits are results, not failures of the comparison."""
    options = arguments(argv)
    only = {name for name in options.only.split(",") if name}
    try:
        found = find(options.data, target=options.target, task=options.task)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    chosen = [data for data in found if not only or data.name in only]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    cores = os.cpu_count() or 1
    if options.cores > cores:
        message = f"--cores {options.cores}: this machine has {cores}"
        raise SystemExit(message)
    if os.getloadavg()[0] > 0.3 * cores:
        print(f"warning: the machine is busy (load {os.getloadavg()[0]:.1f}); times will suffer")
    peers = installed(options)
    for data in chosen:
        compare(data, options, peers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

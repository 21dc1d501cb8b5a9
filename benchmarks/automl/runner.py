"""Starts one fit in a process of its own, watches it, and ends what it leaves behind.

Memory is the proportional set size of the process and everything it started (shared pages counted
once). The share of the machine that other programs took says whether times can be trusted. Both are
sampled twice a second, on Linux only; elsewhere they are missing from the results.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from cases import Case
from scores import metrics_of

_HERE: Final = Path(__file__).resolve().parent
_SAMPLE_S: Final = 0.5
_GRACE_S: Final = 90.0
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Ask:
    """One fit.

    Attributes:
        framework: Name of the framework.
        python: Interpreter that has it.
        task: binary, multiclass or regression.
        target: Column to predict.
        budget_s: Wall seconds of the fit.
        cores: Cores it is pinned to, and told to use.
        seed: Seed, where the framework takes one.
        grace_s: Added to twice the budget it is when the process is killed: imports, servers and
            predictions need time beside the fit.
    """

    framework: str
    python: str
    task: str
    target: str
    budget_s: float
    cores: int
    seed: int
    grace_s: float = _GRACE_S

    @property
    def limit_s(self) -> float:
        """Seconds after which the process is killed."""
        return 2 * self.budget_s + self.grace_s


def probe(frameworks: Sequence[str], python: str) -> dict[str, tuple[str | None, str]]:
    """Version of each framework in an interpreter, or None and why there is none."""
    command = [python, str(_HERE / "one_run.py"), "probe", ",".join(frameworks)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return dict.fromkeys(frameworks, (None, f"{type(error).__name__}: {error}"))
    if done.returncode:
        return dict.fromkeys(frameworks, (None, _last_line(done.stderr)))
    versions: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    absent = f"not installed in {python}"
    return {name: (version, "" if version else absent) for name, version in versions.items()}


def core_numbers(cores: int) -> list[int]:
    """The cores that a run is pinned to; none where a system cannot pin."""
    return sorted(os.sched_getaffinity(0))[:cores] if hasattr(os, "sched_getaffinity") else []


def run(ask: Ask, case: Case) -> dict[str, object]:
    """Fit, and judge the predictions.

    Returns:
        `state` is ok, failed or killed; `reason` says why it is not ok.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        _write(ask, case, folder)
        found = _watched(ask, folder)
        if found["state"] == "ok":
            found |= _judged(ask, case, folder)
        return found


def _write(ask: Ask, case: Case, folder: Path) -> None:
    case.train.to_parquet(folder / "train.parquet")
    case.test.to_parquet(folder / "test.parquet")
    job = {
        "framework": ask.framework,
        "task": ask.task,
        "target": ask.target,
        "classes": case.classes,
        "budget_s": ask.budget_s,
        "cores": ask.cores,
        "seed": ask.seed,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _watched(ask: Ask, folder: Path) -> dict[str, object]:
    log = folder / "log.txt"
    started, peak_kb, seen = time.monotonic(), 0, dict[int, str]()
    machine, own = _machine_ticks(), dict[int, int]()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ask.python, str(_HERE / "one_run.py"), "fit", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **_environment(ask.cores)},
            start_new_session=True,
        )
        state = "ok"
        while process.poll() is None:
            seen |= _tree(process.pid)
            peak_kb = max(peak_kb, sum(_proportional_kb(pid) for pid in seen))
            own |= _ticks(seen)
            if time.monotonic() - started > ask.limit_s:
                state = "killed"
                process.kill()
            # Its end is noticed at once; only the samples are apart.
            _wait(process, _SAMPLE_S)
    wall_s = time.monotonic() - started
    others = max(0, _machine_ticks() - machine - sum(own.values()))
    _end(seen)
    reason = f"still running after {ask.limit_s:.0f} s" if state == "killed" else ""
    if state == "ok" and process.returncode:
        state, reason = "failed", _last_line(log.read_text(encoding="utf-8", errors="replace"))
    return {
        "state": state,
        "reason": reason,
        "wall_s": wall_s,
        "peak_mb": peak_kb / 1024 or None,
        "others_share": others / _TICKS_PER_S / (os.cpu_count() or 1) / wall_s if own else None,
    }


def _judged(ask: Ask, case: Case, folder: Path) -> dict[str, object]:
    outcome: Mapping[str, Any]  # Any: parsed JSON.
    outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    predicted = np.load(folder / "predicted.npy")
    times = {**outcome, "overrun_s": outcome["fit_s"] - ask.budget_s}
    try:
        return {**times, "metrics": metrics_of(ask.task, case.truth, predicted, case.classes)}
    except ValueError as error:
        return {**times, "state": "failed", "reason": str(error)}


def _environment(cores: int) -> dict[str, str]:
    names = dict.fromkeys(_THREAD_VARIABLES, str(cores))
    if hasattr(os, "sched_getaffinity"):
        names["BENCHMARK_CORES"] = ",".join(map(str, core_numbers(cores)))
    return names


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _tree(root: int) -> dict[int, str]:
    """The process and all it started: process id → start time, which tells reused ids apart."""
    children: dict[int, list[int]] = {}
    starts: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(path.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(path.name))
            starts[int(path.name)] = fields[19]
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return {pid: starts[pid] for pid in found if pid in starts}


def _ticks(seen: Mapping[int, str]) -> dict[int, int]:
    """Processor time of the processes that still run."""
    fields = {pid: _stat(pid) for pid in seen}
    return {pid: int(found[11]) + int(found[12]) for pid, found in fields.items() if found}


def _machine_ticks() -> int:
    """Processor time of everything on the machine so far, taken by other guests included."""
    try:
        times = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0
    idle, waiting = int(times[3]), int(times[4])
    return sum(map(int, times)) - idle - waiting


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _end(seen: Mapping[int, str]) -> None:
    """Servers and workers that outlived the run would slow the next one down."""
    for pid, start in seen.items():
        fields = _stat(pid)
        if fields and fields[19] == start:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "ended without a word"

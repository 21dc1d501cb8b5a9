"""Handlers that the tests have workers run."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from accredit_engine.errors import MissingTarget
from accredit_governance.errors import InvalidInput
from accredit_platform.jobs.context import JobContext, JobError
from accredit_platform.settings import Settings


def marks(home: Path) -> Path:
    return home / "marks"


def _mark(job: JobContext, **facts: object) -> None:
    folder = marks(job.settings.home) / str(job.job_id)
    folder.mkdir(parents=True, exist_ok=True)
    entry = {"pid": os.getpid(), "fence": job.fence, "at": time.time(), **facts}
    temporary = folder / f".{os.getpid()}"
    temporary.write_text(json.dumps(entry))
    temporary.rename(folder / f"{job.fence}.json")


def quick(job: JobContext) -> None:
    _mark(job)


def telling(job: JobContext) -> None:
    job.progress(0.5, "half way")
    _mark(job)
    _wait_for(job, "go")


def endless(job: JobContext) -> None:
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    _mark(job, grandchild=grandchild.pid)
    while True:
        time.sleep(0.05)


def searching(job: JobContext) -> None:
    """Keep a child process busy, as a search does; leave a file for it."""
    executor = get_reusable_executor(max_workers=1)
    _, file = tempfile.mkstemp()
    grandchild = executor.submit(os.getpid).result()
    executor.submit(time.sleep, 600)
    _mark(job, grandchild=grandchild, file=file)
    while True:
        time.sleep(0.05)


def second_time(job: JobContext) -> None:
    """Wait for ever at the first attempt, end at the next one."""
    trace = job.workspace / "first"
    _mark(job, found=trace.exists())
    if trace.exists():
        return
    trace.touch()
    while True:
        time.sleep(0.05)


def deaf(job: JobContext) -> None:
    """As `endless`, but finishes by itself when the file `go` is there."""
    _mark(job)
    _wait_for(job, "go")


def refusing(_: JobContext) -> None:
    raise InvalidInput("the table is unfit", [{"pointer": "/target", "detail": "is missing"}])


def refusing_engine(_: JobContext) -> None:
    raise MissingTarget("there is no column 'y'")


def broken(_: JobContext) -> None:
    raise KeyError("Jane Doe, born 1970")


def crashing(job: JobContext) -> None:
    _mark(job)
    os.kill(os.getpid(), signal.SIGSEGV)


def leaving(_: JobContext) -> None:
    os._exit(3)


def greedy(_: JobContext) -> None:
    bytearray(4 * 1024**3)


def looking_around(job: JobContext) -> None:
    _mark(
        job,
        omp=os.environ["OMP_NUM_THREADS"],
        quiet=os.environ["DO_NOT_TRACK"],
        has_main=hasattr(sys.modules["__main__"], "run_worker"),
        has_engine_of_jobs="dbos" in sys.modules,
        parent=multiprocessing.parent_process().pid,
    )


def _wait_for(job: JobContext, name: str) -> None:
    deadline = time.monotonic() + 60
    while not (job.settings.home / name).exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def tell(settings: Settings, job: object, state: str, error: JobError | None) -> None:
    """Write down what the domain would be told; refuse while the file `deaf` is there."""
    if (settings.home / "deaf").exists():
        raise OSError("the domain does not listen")
    line = json.dumps({"job": str(job.id), "state": state, "error": error})
    with (settings.home / "told.jsonl").open("a") as stream:
        stream.write(line + "\n")

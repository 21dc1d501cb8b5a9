"""Where trials run: in this process, in child processes, or on a Dask cluster.

All are `concurrent.futures` executors behind one small face. Child processes come from joblib's
loky, which starts them by exec, so that no lock or thread of the caller is copied into them; a
child that dies or hangs costs its trial, not the run. With Dask the scheduler restarts trials of
lost workers by itself.
"""

import contextlib
import importlib
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import cloudpickle
from joblib.externals.loky import get_reusable_executor

from accredit_engine.errors import UnfitSettings, WorkersLost
from accredit_engine.search.evaluate import Evaluator

INLINE: Final = "inline"
PROCESSES: Final = "processes"
_IDLE_S: Final = 60
_CONNECT_S: Final = 20
_KILLED: Final = "KilledWorker"
"""What distributed raises for work that several workers died of."""

R = TypeVar("R")
Work = Callable[..., R]


class Pool(Protocol):
    """Runs work on an evaluator that it was given once."""

    @property
    def workers(self) -> int:
        """How many pieces of work run at once."""
        ...

    def submit(self, work: "Work[R]", *arguments: object) -> "Future[R]":
        """Run `work(evaluator, *arguments)`."""
        ...

    def restart(self) -> None:
        """Kill what runs; what was submitted before is lost."""
        ...


@dataclass(slots=True)
class InlinePool:
    """Runs work at once, in this process: nothing protects it from a crash."""

    evaluator: Evaluator

    @property
    def workers(self) -> int:
        """One."""
        return 1

    def submit(self, work: "Work[R]", *arguments: object) -> "Future[R]":
        """Run now; errors propagate."""
        done: Future[R] = Future()
        done.set_result(work(self.evaluator, *arguments))
        return done

    def restart(self) -> None:
        """Nothing runs in the background."""


@dataclass(slots=True)
class ProcessPool:
    """Child processes of this machine; the evaluator reaches them through a private file."""

    workers: int
    file: Path

    def submit(self, work: "Work[R]", *arguments: object) -> "Future[R]":
        """Run in a child."""
        executor = _executor(self.workers)
        future: Future[R] = executor.submit(_in_child, str(self.file), work, arguments)
        return future

    def restart(self) -> None:
        """Kill the children and start new ones."""
        _executor(self.workers, kill=True)


@dataclass(slots=True)
class DaskPool:
    """Workers of a Dask cluster that somebody else runs."""

    client: Any  # Any: distributed is an optional package.
    evaluator: Any  # Any: a future of the scattered evaluator.
    workers: int

    def submit(self, work: "Work[R]", *arguments: object) -> "Future[R]":
        """Run on the cluster."""
        remote = self.client.submit(work, self.evaluator, *arguments, pure=False)
        return _mirrored(remote)

    def restart(self) -> None:
        """A hung worker cannot be killed from here; its work is left behind."""


def warm_up(where: str, workers: int) -> None:
    """Start children early, so that they import their libraries while the data are read."""
    if where == PROCESSES and _may_have_children(workers):
        executor = _executor(workers)
        for _ in range(workers):
            executor.submit(importlib.import_module, "accredit_engine.search.work")


@contextlib.contextmanager
def open_pool(where: str, evaluator: Evaluator, workers: int) -> Iterator[Pool]:
    """A pool for one search.

    Args:
        where: inline, processes, or the address of a Dask scheduler.
        evaluator: What the work needs.
        workers: Child processes; a Dask cluster has its own number.

    Raises:
        UnfitSettings: the cluster cannot be reached or Dask is not installed.
    """
    if where == INLINE or (where == PROCESSES and not _may_have_children(workers)):
        yield InlinePool(evaluator)
        return
    if where == PROCESSES:
        # Written and read by this user's own processes within this call only.
        with tempfile.TemporaryDirectory(prefix="accredit-search-") as folder:
            file = Path(folder) / "evaluator"
            file.write_bytes(cloudpickle.dumps(replace(evaluator, bench=evaluator.bench.bare())))
            yield ProcessPool(workers, file)
        return
    client = _client(where)
    try:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        if not count:
            message = f"the Dask scheduler at {where} has no workers; start some"
            raise UnfitSettings(message)
        bare = replace(evaluator, bench=evaluator.bench.bare())
        scattered = client.scatter(bare, broadcast=True)
        yield DaskPool(client, scattered, count)
    finally:
        client.close()


@dataclass(slots=True)
class _Kept:
    """The evaluator a child loaded last."""

    file: str = ""
    evaluator: Evaluator | None = field(default=None)


_KEPT: Final = _Kept()


def _in_child(file: str, work: "Work[R]", arguments: tuple[object, ...]) -> R:
    if file != _KEPT.file or _KEPT.evaluator is None:
        _KEPT.evaluator = None
        _KEPT.evaluator = cloudpickle.loads(Path(file).read_bytes())
        _KEPT.file = file
    return work(_KEPT.evaluator, *arguments)


def _executor(workers: int, *, kill: bool = False) -> Any:  # Any: loky ships no types.
    # One pool for all searches of this process: starting children costs seconds.
    return get_reusable_executor(
        max_workers=workers, timeout=_IDLE_S, kill_workers=kill, reuse=False if kill else "auto"
    )


def _may_have_children(workers: int) -> bool:
    """Daemonic processes may not start any, and some systems grant no semaphores to do so."""
    if multiprocessing.current_process().daemon:
        return False
    try:
        _executor(workers)
    except (OSError, ImportError, NotImplementedError):
        return False
    return True


def _client(address: str) -> Any:  # Any: distributed is an optional package.
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        message = f"workers at {address!r} need the package distributed; install accredit[dask]"
        raise UnfitSettings(message) from error
    try:
        return distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        message = f"no Dask scheduler answers at {address!r}: {error}"
        raise UnfitSettings(message) from error


def _mirrored(remote: Any) -> "Future[Any]":  # Any: a future of distributed.
    """A future of the standard library that ends as the remote one does."""
    local: Future[Any] = Future()

    def settle(ended: Any) -> None:  # Any: as above.
        if ended.status == "finished":
            local.set_result(ended.result())
        elif ended.status == "error":
            error = ended.exception()
            if type(error).__name__ == _KILLED:
                # Whoever ran it died again and again: a crash, as of a child of this process.
                error = WorkersLost("several workers died of it")
            local.set_exception(error)
        else:
            local.set_exception(WorkersLost(f"the cluster gave the work up ({ended.status})"))

    remote.add_done_callback(settle)
    return local

"""A worker: the process that does the long work.

It takes jobs from the queue, has each done by a child process, shows signs of life, takes over from
workers that died, and does what is due from time to time. It never loads the libraries that the
jobs use: its fork server does.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Final

from accredit_governance.identifiers import new_id
from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs import lifeline as lifelines
from accredit_platform.jobs.attempt import Attempts
from accredit_platform.jobs.context import JobError, JobLimits, OnEnd, Tick
from accredit_platform.jobs.dispatcher import Dispatcher
from accredit_platform.jobs.engine import JobEngine
from accredit_platform.jobs.nursery import Nursery
from accredit_platform.log_lines import write_log
from accredit_platform.settings import Settings

_LOG: Final = logging.getLogger(__name__)
_DISPATCH_EVERY_S: Final = 0.15
_AFTER_FAILURE_S: Final = 1.0
_REAP_EVERY_S: Final = 1.0
_BEAT_EVERY_S: Final = 2.0
_STOP_WITHIN_S: Final = 5.0
_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
PRELOAD: Final = ("accredit_platform.jobs.preload",)


def nobody_to_tell(settings: Settings, job: JobFacts, state: str, error: JobError | None) -> None:
    """Tell no one that a job failed or was cancelled."""


def run_worker(
    settings: Settings,
    *,
    handlers: Mapping[str, str],
    ticks: Sequence[Tick] = (),
    on_end: OnEnd = nobody_to_tell,
    concurrency: int = 1,
    lifeline: bool = False,
    limits: JobLimits = JobLimits(),  # noqa: B008  immutable
    preload: Sequence[str] = PRELOAD,
) -> None:
    """Work until SIGTERM, SIGINT, or the end of the lifeline. Call it from the main thread.

    Args:
        settings: settings of the installation.
        handlers: kind of job to `module:function`; the module is loaded in the fork server.
        ticks: what to do from time to time.
        on_end: tells the domain of failed and cancelled jobs; at least once for each.
        concurrency: jobs at once.
        lifeline: stop when standard input ends, because the process that started this one died.
        limits: what one job may use.
        preload: further modules for the fork server.
    """
    write_log()
    _tame_libraries(settings)
    stop = threading.Event()
    _stop_on_signals(stop)
    if lifeline:
        lifelines.watch(sys.stdin.fileno(), lambda: _stop_for_good(stop))
    modules = [*preload, *dict.fromkeys(target.partition(":")[0] for target in handlers.values())]
    nursery = Nursery(modules)
    nursery.warm_up()
    database = Database(settings.resolved_database_url)
    try:
        worker = _Worker(
            settings,
            database,
            nursery=nursery,
            handlers=handlers,
            on_end=on_end,
            concurrency=concurrency,
            limits=limits,
            stop=stop,
        )
        worker.run(ticks)
    finally:
        database.close()


class _Worker:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        nursery: Nursery,
        handlers: Mapping[str, str],
        on_end: OnEnd,
        concurrency: int,
        limits: JobLimits,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._database = database
        self._stop = stop
        self._id = new_id()
        self._attempts = Attempts(
            settings,
            database,
            self._id,
            nursery=nursery,
            handlers=handlers,
            limits=limits,
            on_end=on_end,
            concurrency=concurrency,
            stop=stop,
        )
        self._engine = JobEngine(
            settings.resolved_jobs_database_url,
            self._id,
            concurrency=concurrency,
            carry=self._attempts.carry,
        )
        self._dispatcher = Dispatcher(
            database,
            self._id,
            engine=self._engine,
            attempts=self._attempts,
            lost_after_s=settings.worker_lost_after_s,
        )

    def run(self, ticks: Sequence[Tick]) -> None:
        with self._database.writing() as session:
            queue.register_worker(
                session,
                self._id,
                host=socket.gethostname(),
                pid=os.getpid(),
                now=self._database.clock(),
            )
        self._attempts.sweep()
        self._engine.start()
        lost_after_s = self._settings.worker_lost_after_s
        rounds = [
            Tick("heartbeat", min(_BEAT_EVERY_S, lost_after_s / 4), self._beat),
            Tick("dispatcher", _DISPATCH_EVERY_S, self._dispatcher.dispatch),
            Tick("reaper", min(_REAP_EVERY_S, lost_after_s / 4), self._dispatcher.reap),
            *ticks,
        ]
        threads = [
            threading.Thread(target=self._repeat, args=(tick,), name=tick.name) for tick in rounds
        ]
        for thread in threads:
            thread.start()
        _LOG.info("worker %s is ready", self._id)
        self._stop.wait()
        _LOG.info("worker %s stops", self._id)
        for thread in threads:
            thread.join(_STOP_WITHIN_S)
        _until(lambda: not self._attempts.in_hand)
        self._engine.stop(self._attempts.released)

    def _beat(self) -> None:
        with self._database.writing() as session:
            queue.beat(session, self._id, now=self._database.clock())

    def _repeat(self, tick: Tick) -> None:
        pause_s = tick.every_s
        while not self._stop.wait(pause_s):
            try:
                tick.function()
                pause_s = tick.every_s
            except Exception:  # noqa: BLE001
                # The worker loop: whatever fails is written down and tried again, not too soon.
                _LOG.exception("%s failed", tick.name)
                pause_s = max(tick.every_s, _AFTER_FAILURE_S)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STOP_WITHIN_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  given by Python
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _stop_for_good(stop: threading.Event) -> None:
    # Give the jobs back in good order; but nobody is left who would notice that this hangs.
    stop.set()
    time.sleep(_STOP_WITHIN_S)
    os._exit(1)


def _tame_libraries(settings: Settings) -> None:
    # Read by the libraries when they are loaded, which is later and in another process.
    for name in _THREADS:
        os.environ[name] = str(settings.cores)
    os.environ["DO_NOT_TRACK"] = "1"

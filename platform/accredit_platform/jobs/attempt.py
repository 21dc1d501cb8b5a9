"""One attempt at a job: claim it, have a child do it, write down how it ended.

1. Who claims first works; everybody else turns back.
2. The end is recorded under the fence of the claim. A failure or cancellation is told to the domain
   afterwards and marked as told then; the reaper tells what was left untold.
3. Only the death of the worker is worth another attempt, and not for ever. A job that is given back
   by a worker in good order has not been attempted.
"""

import contextlib
import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar, cast

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs.child import Order
from accredit_platform.jobs.context import JobError, JobLimits, OnEnd, workspace_of
from accredit_platform.jobs.nursery import Nursery
from accredit_platform.jobs.watch import End, Ending, Watch, failed
from accredit_platform.settings import Settings

_LOG: Final = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.2
_EXIT_WITHIN_S: Final = 2.0
_RETRY_EVERY_S: Final = 0.5

_T = TypeVar("_T")


class Attempts:
    """Everything a worker does with the jobs that come to it.

    Args:
        settings: settings of the worker.
        database: the records.
        worker_id: this worker.
        nursery: where children come from.
        handlers: kind of job to `module:function`.
        limits: what one job may use.
        on_end: tells the domain of failed and cancelled jobs.
        concurrency: jobs at once.
        stop: set when the worker shall stop.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        worker_id: uuid.UUID,
        *,
        nursery: Nursery,
        handlers: Mapping[str, str],
        limits: JobLimits,
        on_end: OnEnd,
        concurrency: int,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._database = database
        self._worker_id = worker_id
        self._nursery = nursery
        self._handlers = handlers
        self._limits = limits
        self._on_end = on_end
        self._slots = threading.Semaphore(concurrency)
        self._stop = stop
        self._mutex = threading.Lock()
        self._in_hand: set[uuid.UUID] = set()
        self._released: set[uuid.UUID] = set()

    @property
    def in_hand(self) -> frozenset[uuid.UUID]:
        """Jobs that a thread of this worker is busy with."""
        with self._mutex:
            return frozenset(self._in_hand)

    @property
    def released(self) -> frozenset[uuid.UUID]:
        """Jobs that were given back because the worker stops."""
        with self._mutex:
            return frozenset(self._released)

    def carry(self, job_id: uuid.UUID) -> Ending:
        """Do a queued job if it is still to be had, and return how that went."""
        with self._slot() as free:
            if not free:
                return Ending.NOT_TAKEN
            with self._busy_with(job_id):
                taken = self._claim(job_id)
                if taken is None:
                    return Ending.NOT_TAKEN
                end = self._work(taken)
                self._record(taken, end)
                return end.ending

    def cancel_queued(self, job_id: uuid.UUID) -> None:
        """End a waiting job that shall be cancelled, unless another worker does."""
        with self._busy_with(job_id):
            with self._database.writing() as session:
                taken = queue.cancel_queued(session, job_id, self._worker_id)
            if taken is not None:
                self.tell(taken)

    def tell(self, job: JobFacts) -> None:
        """Tell the domain of a failed or cancelled job, then mark it as told."""
        error = cast("JobError | None", job.error)  # stored by `finish`, which takes nothing else
        self._on_end(self._settings, job, job.state, error)
        self._write(lambda session: queue.settle(session, job.id, now=self._database.clock()))
        self._clean(job.id)

    def sweep(self) -> None:
        """Remove the workspaces of jobs that ended while their worker died."""
        root = workspace_of(self._settings, self._worker_id).parent
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            try:
                job_id = uuid.UUID(folder.name)
            except ValueError:
                continue
            with self._database.reading() as session:
                job = queue.facts(session, job_id)
            if job is None or job.state in queue.ENDED:
                self._clean(job_id)

    def _claim(self, job_id: uuid.UUID) -> JobFacts | None:
        with self._database.writing() as session:
            return queue.claim(session, job_id, self._worker_id, now=self._database.clock())

    def _work(self, job: JobFacts) -> End:
        target = self._handlers.get(job.kind)
        if target is None:
            return failed("unknown_job_kind", f"no worker knows how to do {job.kind}")
        if job.attempts > self._limits.attempts:
            return failed(
                "worker_crashed",
                f"{self._limits.attempts} workers died while they did this job",
            )
        child = self._nursery.start(
            Order(
                settings=self._settings,
                job_id=job.id,
                kind=job.kind,
                subject_id=job.subject_id,
                fence=job.fence,
                target=target,
                memory_bytes=self._limits.memory_bytes,
            )
        )
        grace_s = 0.0
        try:
            time_s = self._limits.time_of(job.kind)
            watch = Watch(self._database, job, time_s=time_s, stop=self._stop)
            end = watch.until_end(child)
            if end.ending in (Ending.SUCCEEDED, Ending.FAILED):
                grace_s = _EXIT_WITHIN_S
            return end
        finally:
            child.end(grace_s=grace_s)

    def _record(self, job: JobFacts, end: End) -> None:
        _LOG.info("job %s (%s), attempt %d: %s", job.id, job.kind, job.attempts, end.ending)
        if end.ending is Ending.SUPERSEDED:
            return
        if end.ending is Ending.RELEASED:
            self._release(job)
            return
        self._write(
            lambda session: queue.finish(
                session, job.id, job.fence, end.ending, end.error, now=self._database.clock()
            )
        )
        with self._database.reading() as session:
            now = queue.facts(session, job.id)
        if now is None or now.fence != job.fence:
            return
        if now.state == "succeeded":
            self._clean(job.id)
        elif now.state in ("failed", "cancelled"):
            self.tell(now)

    def _release(self, job: JobFacts) -> None:
        with self._database.writing() as session:
            queue.requeue(session, job.id, self._worker_id, uncounted=True)
        with self._mutex:
            self._released.add(job.id)

    def _clean(self, job_id: uuid.UUID) -> None:
        shutil.rmtree(workspace_of(self._settings, job_id), ignore_errors=True)

    def _write(self, change: Callable[[Session], _T]) -> _T | None:
        # The work is done and must not be lost because the database is away for a moment.
        while True:
            try:
                with self._database.writing() as session:
                    return change(session)
            except OperationalError:
                _LOG.warning("the database does not answer; trying again")
                if self._stop.wait(_RETRY_EVERY_S):
                    return None

    @contextlib.contextmanager
    def _slot(self) -> Iterator[bool]:
        while not self._slots.acquire(timeout=_LOOK_EVERY_S):
            if self._stop.is_set():
                yield False
                return
        try:
            yield not self._stop.is_set()
        finally:
            self._slots.release()

    @contextlib.contextmanager
    def _busy_with(self, job_id: uuid.UUID) -> Iterator[None]:
        with self._mutex:
            self._in_hand.add(job_id)
        try:
            yield
        finally:
            with self._mutex:
                self._in_hand.discard(job_id)

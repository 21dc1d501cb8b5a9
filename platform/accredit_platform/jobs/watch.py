"""The watch over the child of one job: what it reports, and when it has to go.

A child is killed when its job shall be cancelled, is over its time, or belongs to a newer claim
(its worker was taken for dead), and when the worker stops. A child that dies of a signal fails the
job: a segmentation fault or a lack of memory would come again.
"""

import logging
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from sqlalchemy.exc import OperationalError

from accredit_governance.documents import Json
from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs.context import JobError, job_error
from accredit_platform.jobs.nursery import Child

_LOG: Final = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.2
_WRITE_EVERY_S: Final = 0.5


class Ending(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RELEASED = "released"
    SUPERSEDED = "superseded"
    NOT_TAKEN = "not_taken"


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended, and why if it failed."""

    ending: Ending
    error: JobError | None = None


def failed(code: str, message: str) -> End:
    """The end of a job that failed."""
    return End(Ending.FAILED, job_error(code, message))


class Watch:
    """Watches one child until its attempt has ended.

    Args:
        database: the records.
        job: the job under its claim.
        time_s: wall time that the attempt may take; None is no limit.
        stop: set when the worker stops.
    """

    def __init__(
        self, database: Database, job: JobFacts, *, time_s: float | None, stop: threading.Event
    ) -> None:
        self._database = database
        self._job = job
        self._time_s = time_s
        self._stop = stop
        self._started = time.monotonic()
        self._share = 0.0
        self._message = ""
        self._is_written = True
        self._written_at = 0.0

    def until_end(self, child: Child) -> End:
        """Wait for the end of the attempt; the child may still run then and is to be ended."""
        while True:
            has_exited = child.exit_code is not None
            for message in child.messages(timeout_s=0.0 if has_exited else _LOOK_EVERY_S):
                if "done" in message:
                    return End(Ending.SUCCEEDED)
                if "error" in message:
                    return End(Ending.FAILED, cast("JobError", message["error"]))  # from `child`
                self._note(message)
            if has_exited:
                return _death(child.exit_code or 0)
            self._write_progress()
            if reason := self._reason_to_kill():
                return reason

    def _note(self, message: Mapping[str, Json]) -> None:
        share, text = message.get("share"), message.get("message")
        if isinstance(share, int | float):
            self._share, self._message, self._is_written = float(share), str(text), False

    def _write_progress(self) -> None:
        now = time.monotonic()
        if self._is_written or now - self._written_at < _WRITE_EVERY_S:
            return
        try:
            with self._database.writing() as session:
                queue.progress(
                    session,
                    self._job.id,
                    self._job.fence,
                    share=self._share,
                    message=self._message,
                )
        except OperationalError:
            _LOG.warning("job %s: progress could not be written", self._job.id)
        else:
            self._is_written = True
        self._written_at = now

    def _reason_to_kill(self) -> End | None:
        if self._stop.is_set():
            return End(Ending.RELEASED)
        if self._time_s is not None and time.monotonic() - self._started > self._time_s:
            return failed("time_limit", f"the job ran longer than {self._time_s:g} s")
        try:
            with self._database.reading() as session:
                now = queue.facts(session, self._job.id)
        except OperationalError:
            _LOG.warning("job %s: the database does not answer; it goes on", self._job.id)
            return None
        if now is None or now.fence != self._job.fence:
            return End(Ending.SUPERSEDED)
        if now.state == "running":
            return End(Ending.CANCELLED) if now.cancel_requested else None
        # A handler may finish its job in the transaction that records the results; let it end.
        return None if now.state == "succeeded" else End(Ending.SUPERSEDED)


def _death(status: int) -> End:
    if status < 0:
        name = signal.Signals(-status).name
        return failed("worker_crashed", f"the process of the job was ended by {name}")
    return failed("internal_error", f"the process of the job exited with status {status}")

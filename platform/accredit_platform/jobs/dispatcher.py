"""Brings queued jobs to the job engine, and the jobs of dead workers back to the queue.

A worker is dead when its heartbeat has not changed for `lost_after_s` on the clock of whoever
watches. No two clocks are compared, so a clock that is wrong or jumps takes no job away.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from accredit_governance.registry import queue
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import Holding
from accredit_platform.jobs.attempt import Attempts
from accredit_platform.jobs.engine import JobEngine

_LOG: Final = logging.getLogger(__name__)
_CHECK_AGAIN_S: Final = 2.0
_TELL_AGAIN_S: Final = 5.0


class Dispatcher:
    """The rounds of one worker.

    Args:
        database: the records.
        worker_id: this worker.
        engine: hands jobs to workers.
        attempts: what this worker has in hand.
        lost_after_s: a worker that shows no sign of life for so long has died.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        database: Database,
        worker_id: uuid.UUID,
        *,
        engine: JobEngine,
        attempts: Attempts,
        lost_after_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._worker_id = worker_id
        self._engine = engine
        self._attempts = attempts
        self._lost_after_s = lost_after_s
        self._clock = clock
        self._check_at: dict[uuid.UUID, float] = {}
        self._stuck_since: dict[uuid.UUID, float] = {}
        self._beats: dict[uuid.UUID, tuple[datetime, float]] = {}
        self._tell_at: dict[uuid.UUID, float] = {}

    def dispatch(self) -> None:
        """See that every queued job is on its way to a worker, and end those to be cancelled."""
        now = self._clock()
        with self._database.reading() as session:
            waiting = queue.queued(session)
        ids = {job_id for job_id, _ in waiting}
        self._check_at = {key: at for key, at in self._check_at.items() if key in ids}
        self._stuck_since = {key: at for key, at in self._stuck_since.items() if key in ids}
        for job_id in [job_id for job_id, cancel in waiting if cancel]:
            self._attempts.cancel_queued(job_id)
        due = [
            job_id
            for job_id, cancel in waiting
            if not cancel and self._check_at.get(job_id, now) <= now
        ]
        if due:
            self._submit(due, now)

    def reap(self) -> None:
        """Put the running jobs of dead workers back, and tell what they left untold."""
        in_hand_before = self._attempts.in_hand
        with self._database.reading() as session:
            holdings = queue.holdings(session)
        # Neither a job that was let go after the look nor one that was claimed before it.
        mine = in_hand_before | self._attempts.in_hand
        for holding in self._orphans(holdings, mine):
            if holding.state == "running":
                self._take_back(holding)
            else:
                self._tell(holding)

    def _submit(self, due: Sequence[uuid.UUID], now: float) -> None:
        states = self._engine.states(due)
        for job_id in due:
            self._check_at[job_id] = now + _CHECK_AGAIN_S
            if self._engine.submit(job_id, states.get(job_id)):
                self._stuck_since.pop(job_id, None)
            elif now - self._stuck_since.setdefault(job_id, now) >= self._lost_after_s:
                # Its worker died between taking it from the engine and claiming it.
                self._stuck_since.pop(job_id)
                self._engine.revive(job_id)

    def _orphans(self, holdings: Sequence[Holding], mine: Collection[uuid.UUID]) -> list[Holding]:
        now = self._clock()
        seen: dict[uuid.UUID, tuple[datetime, float]] = {}
        orphans = []
        for holding in holdings:
            worker, beat = holding.worker_id, holding.heartbeat_at
            if worker is None or beat is None:
                orphans.append(holding)
                continue
            if worker == self._worker_id:
                # In our name but in no thread's hands: the thread failed, say on a lost database.
                orphans += [holding] if holding.job_id not in mine else []
                continue
            known = self._beats.get(worker)
            since = known[1] if known is not None and known[0] == beat else now
            seen[worker] = (beat, since)
            orphans += [holding] if now - since >= self._lost_after_s else []
        self._beats = seen
        return orphans

    def _take_back(self, holding: Holding) -> None:
        with self._database.writing() as session:
            taken = queue.requeue(session, holding.job_id, holding.worker_id)
        if taken:
            _LOG.warning("job %s goes back: worker %s is lost", holding.job_id, holding.worker_id)
            self._engine.revive(holding.job_id)

    def _tell(self, holding: Holding) -> None:
        now = self._clock()
        if self._tell_at.get(holding.job_id, now) > now:
            return
        self._tell_at[holding.job_id] = now + _TELL_AGAIN_S
        with self._database.reading() as session:
            job = queue.facts(session, holding.job_id)
        if job is None:
            return
        try:
            self._attempts.tell(job)
        except Exception:  # noqa: BLE001
            # The worker loop: the others must be told although this one cannot be; again later.
            _LOG.exception("job %s: the domain could not be told", job.id)
        else:
            del self._tell_at[job.id]

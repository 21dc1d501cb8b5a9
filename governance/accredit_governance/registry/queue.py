"""The queue of long work: who carries which job, how far it is, how it ended.

Every step is one conditional UPDATE, so of two workers that want the same thing exactly one gets
it. Rules:

1. `claim` takes a queued job only, and gives it a new fence.
2. `progress`, `finish` and `holds` answer False to whoever does not hold the newest fence.
3. A job that failed or was cancelled has no `finished_at` until the domain was told (`settle`).
   A worker that is killed in between leaves it to another one: told at least once.
4. A job whose worker is lost goes back to the queue (`requeue`); its attempts stay counted.

All functions work inside the session they are given, so that a handler can record its results and
finish its job in one transaction.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from accredit_governance.documents import Json
from accredit_governance.registry.tables.work import JobRow, WorkerRow

MESSAGE_LENGTH: Final = 500
ENDED: Final = ("succeeded", "failed", "cancelled")
_TO_TELL: Final = ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as its worker sees it.

    Attributes:
        project_id: None for work on something that belongs to no project.
        fence: number of the claim under which the work is done; older claims are refused.
        attempts: how many times a worker has started it, this time included.
        error: `code`, `message` and `problems` of a job that failed, else None.
    """

    id: uuid.UUID
    project_id: uuid.UUID | None
    kind: str
    subject_id: uuid.UUID
    state: str
    fence: int
    attempts: int
    worker_id: uuid.UUID | None
    cancel_requested: bool
    error: Json


@dataclass(frozen=True, slots=True)
class Holding:
    """A job in the hands of a worker, with the last sign of life of that worker."""

    job_id: uuid.UUID
    worker_id: uuid.UUID | None
    heartbeat_at: datetime | None
    state: str


def register_worker(
    session: Session, worker_id: uuid.UUID, *, host: str, pid: int, now: datetime
) -> None:
    """Make a new worker known; its id is never used again."""
    session.add(WorkerRow(id=worker_id, host=host[:255], pid=pid, started_at=now, heartbeat_at=now))


def beat(session: Session, worker_id: uuid.UUID, *, now: datetime) -> None:
    """Leave a sign of life."""
    session.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(heartbeat_at=now))


def queued(session: Session, *, limit: int = 100) -> list[tuple[uuid.UUID, bool]]:
    """Waiting jobs, oldest first: id, and whether it shall be cancelled."""
    rows = session.execute(
        select(JobRow.id, JobRow.cancel_requested)
        .where(JobRow.state == "queued")
        .order_by(JobRow.created_at, JobRow.id)
        .limit(limit)
    )
    return [(row.id, row.cancel_requested) for row in rows]


def claim(
    session: Session, job_id: uuid.UUID, worker_id: uuid.UUID, *, now: datetime
) -> JobFacts | None:
    """Take a queued job that nobody wants cancelled; None when it is not to be had (any more)."""
    taken = _changed(
        session,
        job_id,
        (JobRow.state == "queued", JobRow.cancel_requested.is_(False)),
        state="running",
        worker_id=worker_id,
        fence=JobRow.fence + 1,
        attempts=JobRow.attempts + 1,
        started_at=now,
        error=None,
    )
    return facts(session, job_id) if taken else None


def facts(session: Session, job_id: uuid.UUID) -> JobFacts | None:
    """The job as it is now, or None when there is none."""
    row = session.execute(
        select(
            JobRow.id,
            JobRow.project_id,
            JobRow.kind,
            JobRow.subject_id,
            JobRow.state,
            JobRow.fence,
            JobRow.attempts,
            JobRow.worker_id,
            JobRow.cancel_requested,
            JobRow.error,
        ).where(JobRow.id == job_id)
    ).one_or_none()
    return None if row is None else JobFacts(*row)


def holds(session: Session, job_id: uuid.UUID, fence: int) -> bool:
    """Whether this claim is the newest one and the job still runs: ask before recording results.

    On PostgreSQL the row stays locked until the transaction ends, so the answer stays true.
    """
    row = session.execute(
        select(JobRow.id).where(*_held(job_id, fence)).with_for_update()
    ).one_or_none()
    return row is not None


def progress(
    session: Session, job_id: uuid.UUID, fence: int, *, share: float, message: str
) -> bool:
    """Write down how far a job is; False when the claim is not the newest one."""
    return _changed(
        session,
        job_id,
        _held(job_id, fence),
        share=min(max(share, 0.0), 1.0),
        message=message[:MESSAGE_LENGTH],
    )


def finish(
    session: Session,
    job_id: uuid.UUID,
    fence: int,
    state: str,
    error: Mapping[str, Json] | None = None,
    *,
    now: datetime,
) -> bool:
    """End a job; False when the claim is not the newest one or the job does not run.

    Args:
        session: session of a write transaction.
        job_id: the job.
        fence: fence of the claim under which it ran.
        state: `succeeded`, `failed` or `cancelled`; the last two still have to be settled.
        error: why it failed: `code`, `message`, `problems`.
        now: present time.

    Raises:
        ValueError: `state` is no end.
    """
    if state not in ENDED:
        raise ValueError(f"{state} is no end of a job")
    if state == "succeeded":
        return _changed(
            session, job_id, _held(job_id, fence), state=state, share=1.0, finished_at=now
        )
    return _changed(session, job_id, _held(job_id, fence), state=state, error=error)


def cancel_queued(session: Session, job_id: uuid.UUID, worker_id: uuid.UUID) -> JobFacts | None:
    """End a waiting job that shall be cancelled; None when another worker was faster."""
    taken = _changed(
        session,
        job_id,
        (JobRow.state == "queued", JobRow.cancel_requested.is_(True)),
        state="cancelled",
        worker_id=worker_id,
        fence=JobRow.fence + 1,
    )
    return facts(session, job_id) if taken else None


def settle(session: Session, job_id: uuid.UUID, *, now: datetime) -> bool:
    """Mark that the domain knows of the failure or cancellation."""
    return _changed(
        session,
        job_id,
        (JobRow.state.in_(_TO_TELL), JobRow.finished_at.is_(None)),
        finished_at=now,
    )


def request_cancel(session: Session, job_id: uuid.UUID) -> bool:
    """Ask for the end of a job; False when it has ended already."""
    return _changed(
        session, job_id, (JobRow.state.in_(("queued", "running")),), cancel_requested=True
    )


def holdings(session: Session) -> list[Holding]:
    """Every job that a worker runs or has yet to settle."""
    unsettled = and_(JobRow.state.in_(_TO_TELL), JobRow.finished_at.is_(None))
    rows = session.execute(
        select(JobRow.id, JobRow.worker_id, WorkerRow.heartbeat_at, JobRow.state)
        .outerjoin(WorkerRow, WorkerRow.id == JobRow.worker_id)
        .where(or_(JobRow.state == "running", unsettled))
        .order_by(JobRow.created_at, JobRow.id)
    )
    return [Holding(row.id, row.worker_id, row.heartbeat_at, row.state) for row in rows]


def requeue(
    session: Session, job_id: uuid.UUID, worker_id: uuid.UUID | None, *, uncounted: bool = False
) -> bool:
    """Put a running job of a lost worker back; False when it is not that worker's any more.

    Args:
        session: session of a write transaction.
        job_id: the job.
        worker_id: the worker that held it.
        uncounted: the worker gives the job back in good order, so the attempt does not count.
    """
    return _changed(
        session,
        job_id,
        (JobRow.state == "running", JobRow.worker_id.is_not_distinct_from(worker_id)),
        state="queued",
        worker_id=None,
        attempts=JobRow.attempts - 1 if uncounted else JobRow.attempts,
    )


def _held(job_id: uuid.UUID, fence: int) -> tuple[ColumnElement[bool], ...]:
    return (JobRow.id == job_id, JobRow.fence == fence, JobRow.state == "running")


def _changed(
    session: Session,
    job_id: uuid.UUID,
    conditions: Sequence[ColumnElement[bool]],
    **values: object,
) -> bool:
    result = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, *conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)  # noqa: S101  narrows the type for mypy
    return result.rowcount == 1

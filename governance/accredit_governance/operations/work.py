"""Jobs: putting long work on the queue together with the change that asks for it."""

import uuid

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.building_events import JobCancelRequested
from accredit_governance.errors import Conflict, NotAllowed
from accredit_governance.identifiers import new_id
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.registry import queue
from accredit_governance.registry.records import JobRecord
from accredit_governance.registry.tables import JobRow

STOPPABLE = frozenset({"train", "ingest", "import"})
FINISHED = frozenset({"succeeded", "failed", "cancelled"})


class Superseded(Conflict):
    """Someone else has taken or ended the job; what is told of it now does not count."""

    code = "superseded"


def enqueue(
    tx: Transaction, kind: str, subject_id: uuid.UUID, project_id: uuid.UUID | None
) -> uuid.UUID:
    """Queue a job in this transaction; without the commit there is no job."""
    job = JobRow(
        id=new_id(),
        project_id=project_id,
        kind=kind,
        subject_id=subject_id,
        state="queued",
        created_by=tx.actor.on_behalf_of or tx.actor.id,
        created_at=tx.now,
    )
    tx.add(job)
    return job.id


def complete(tx: Transaction, job_id: uuid.UUID, fence: int) -> JobRow:
    """End a job with success, in the transaction that records its result: exactly once.

    Raises:
        Superseded: another worker took it over meanwhile, or it was cancelled.
    """
    job = tx.load(JobRow, job_id, noun="job")
    if not queue.finish(tx.session, job_id, fence, "succeeded", now=tx.now):
        tx.session.refresh(job)
        raise Superseded(
            f"job {job_id} is {job.state} with fence {job.fence}; a result with fence {fence} "
            "does not count",
            job=str(job_id),
        )
    return job


def conclude(tx: Transaction, job_id: uuid.UUID) -> JobRow:
    """Settle a job that failed or was cancelled, in the transaction that tells it: exactly once.

    Raises:
        Superseded: it was told before, or the job did not end so.
    """
    job = tx.load(JobRow, job_id, noun="job")
    if not queue.settle(tx.session, job_id, now=tx.now):
        tx.session.refresh(job)
        told = ", and that was told before" if job.finished_at is not None else ""
        raise Superseded(
            f"job {job_id} is {job.state}{told}; a failure told now does not count",
            job=str(job_id),
        )
    return job


@operation(Permission.RUN_CREATE, records=JobCancelRequested)
def cancel_job(tx: Transaction, job_id: uuid.UUID) -> JobRecord:
    """Ask for a job to stop; its worker kills it within about a second.

    Raises:
        NotAllowed: only runs, uploads and imports can be stopped, gates and reports cannot.
        Conflict: it has ended already.
    """
    job = tx.hold(JobRow, job_id, noun="job")
    if job.kind not in STOPPABLE:
        raise NotAllowed(f"a {job.kind} job cannot be cancelled; it is part of the record")
    if job.state in FINISHED:
        raise Conflict(f"job {job_id} has {job.state} already", current_state=job.state)
    job.cancel_requested = True
    tx.record(
        JobCancelRequested(kind=job.kind, subject=job.subject_id),
        resource=job.id,
        project=job.project_id,
    )
    return JobRecord.of(job)

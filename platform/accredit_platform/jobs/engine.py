"""The job engine behind our own small port: DBOS, on SQLite or PostgreSQL.

One workflow per job, known by the id of the job; its queue hands each to one worker. The engine
only ever holds ids: the truth about a job is its row in our records, so whatever the engine loses
or does twice is put right from there. What it needed, all measured:

1. A worker id is the executor id, new for each process: two executors of one id do a step twice.
2. The application version is fixed, else an update of the program orphans its waiting jobs.
3. Arguments are stored as portable JSON; the default is pickle.
4. A dead worker's workflow stays PENDING for ever: `revive` hands it over.
"""

import contextlib
import logging
import sqlite3
import uuid
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from dbos import error as dbos_errors
from sqlalchemy import make_url

_QUEUE: Final = "accredit"
_WORKFLOW: Final = "accredit.job"
_VERSION: Final = "1"
_POLL_S: Final = 0.15
_CLAIMED: Final = "PENDING"
_WAITING: Final = frozenset({"ENQUEUED", "DELAYED"})
_OVER: Final = frozenset({"SUCCESS", "ERROR"})


class JobEngine:
    """Hands jobs to workers.

    Args:
        url: database of the engine's own tables.
        worker_id: this worker.
        concurrency: jobs at once per worker. The engine keeps one value for all workers: that of
            the worker started last.
        carry: does a job in the calling thread, and may be called for a job that is not to be had
            any more.
    """

    def __init__(
        self,
        url: str,
        worker_id: uuid.UUID,
        *,
        concurrency: int,
        carry: Callable[[uuid.UUID], str],
    ) -> None:
        self._url = url
        self._worker_id = worker_id
        self._concurrency = concurrency
        self._carry = carry
        self._client: DBOSClient | None = None

    def start(self) -> None:
        """Create or migrate the tables and begin to take jobs."""
        _prepare(self._url)
        config: DBOSConfig = {
            "name": "accredit",
            "system_database_url": self._url,
            "executor_id": str(self._worker_id),
            "application_version": _VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)

        @DBOS.step(name="attempt")
        def attempt(job_id: str) -> str:
            return str(self._carry(uuid.UUID(job_id)))

        @DBOS.workflow(name=_WORKFLOW)
        def job(job_id: str) -> str:
            return attempt(job_id)

        DBOS.launch()
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._concurrency,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )
        self._client = DBOSClient(
            system_database_url=self._url, serializer=DBOSPortableJSONSerializer()
        )

    def states(self, job_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
        """State of each job that the engine knows of."""
        found = self._connected().list_workflows(
            workflow_ids=[str(job_id) for job_id in job_ids], load_input=False, load_output=False
        )
        return {uuid.UUID(workflow.workflow_id): workflow.status for workflow in found}

    def submit(self, job_id: uuid.UUID, state: str | None) -> bool:
        """Make sure that some worker gets a queued job.

        Args:
            job_id: the job, queued in our records.
            state: what `states` said of it, None when the engine does not know it.

        Returns:
            False when a worker seems to have it in hand already. That worker may be dead.
        """
        if state == _CLAIMED:
            return False
        if state in _WAITING:
            return True
        client = self._connected()
        if state in _OVER:
            # An earlier attempt ended without an end of the job, e.g. its worker stopped.
            client.delete_workflow(str(job_id))
        elif state is not None:
            self.revive(job_id)
            return True
        client.enqueue(
            {
                "workflow_name": _WORKFLOW,
                "queue_name": _QUEUE,
                "workflow_id": str(job_id),
                "app_version": _VERSION,
            },
            str(job_id),
        )
        return True

    def revive(self, job_id: uuid.UUID) -> None:
        """Hand a job over that a dead worker has in hand; nothing happens if it is over."""
        # The tables of the engine may have been lost: then the dispatcher submits the job again.
        with contextlib.suppress(dbos_errors.DBOSNonExistentWorkflowError):
            self._connected().resume_workflow(str(job_id), queue_name=_QUEUE)

    def stop(self, released: Collection[uuid.UUID]) -> None:
        """Take no more jobs, and put those that were given back at other workers' disposal."""
        DBOS.destroy(workflow_completion_timeout_sec=0)
        for job_id in released:
            self.revive(job_id)
        self._connected().destroy()
        self._client = None

    def _connected(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("the job engine does not run")
        return self._client


def _prepare(url: str) -> None:
    # Write-ahead logging is a property of the file: pollers do not hold up the writer any more.
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()

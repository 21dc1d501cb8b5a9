"""What passes between a worker and the work: the job in the child, limits, ticks, how it ended."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from accredit_governance.documents import Json
from accredit_governance.registry.queue import JobFacts
from accredit_platform.settings import Settings

JobError: TypeAlias = Mapping[str, Json]
"""Why a job failed: `code`, `message`, `problems` (a list of objects, mostly empty)."""

OnEnd: TypeAlias = Callable[[Settings, JobFacts, str, JobError | None], None]
"""Tells the domain of a job that failed or was cancelled; may be called again for the same job."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """A job inside its child process.

    Attributes:
        settings: settings of the worker.
        job_id: the job.
        kind: which handler it is for.
        subject_id: the thing that is worked on.
        fence: number of this claim; results are recorded only while `queue.holds` is true for it.
        workspace: folder of this job alone. It outlives the attempt, so that checkpoints are found
            again by the next one, and is removed when the job has ended.
        progress: tell how far the work is: share in [0, 1], and a message for people.
    """

    settings: Settings
    job_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    fence: int
    workspace: Path
    progress: Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What one job may use.

    Attributes:
        time_s: wall time of one attempt; None is no limit.
        kinds_s: kind of job → the same for it, where it differs.
        memory_bytes: address space on top of what the loaded libraries reserve; None is no limit.
        attempts: how many times a job is started when its workers die.
    """

    time_s: float | None = None
    memory_bytes: int | None = None
    attempts: int = 3
    kinds_s: Mapping[str, float] = field(default_factory=dict)

    def time_of(self, kind: str) -> float | None:
        """Wall time of one attempt at a job of a kind."""
        return self.kinds_s.get(kind, self.time_s)


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that a worker does from time to time, in a thread of its own.

    Every worker does it, so the function must bear being called by two at once.
    """

    name: str
    every_s: float
    function: Callable[[], None]


def job_error(code: str, message: str) -> JobError:
    """An error without field problems."""
    return {"code": code, "message": message, "problems": []}


def workspace_of(settings: Settings, job_id: uuid.UUID) -> Path:
    """Folder that a job may write to."""
    return settings.home / "work" / str(job_id)

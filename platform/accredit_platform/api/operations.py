"""Long work as the API presents it: a job, what it is about, and why it failed as a problem."""

import uuid
from datetime import datetime
from typing import Any, Final

from accredit_governance.documents import Document
from accredit_governance.registry.records import JobRecord
from accredit_platform.api.description import FieldProblem, Problem
from accredit_platform.api.problems import STATUS

PREFIX: Final = "/api/v1"
ABOUT: Final = {
    "ingest": "/dataset-versions/{}",
    "train": "/runs/{}",
    "import": "/runs/{}",
    "gates": "/model-versions/{}",
    "deploy": "/deployments/{}",
    "drift": "/drift-reports/{}",
    "simulate": "/policy-simulations/{}",
}
"""Where what a kind of job works on is read; a test demands every kind."""
ASK_AGAIN_S: Final = 1
"""Seconds that an answer to long work asks for before the next look (`Retry-After`)."""


class Operation(Document):
    """A piece of long work.

    Attributes:
        kind: `ingest`, `train`, `import`, `gates`, `deploy`, `drift` or `simulate`.
        state: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        share: how much is done, in [0, 1].
        resource: address of what it is about, and of what comes of it.
        project_id: none when its subject belongs to no project.
        error: why it failed.
        finished_at: once this is set, what it is about says how it ended as well.
    """

    id: uuid.UUID
    project_id: uuid.UUID | None
    kind: str
    state: str
    share: float
    message: str
    resource: str
    resource_id: uuid.UUID
    cancel_requested: bool
    attempts: int
    error: Problem | None
    created_by: uuid.UUID
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def address(operation_id: object) -> str:
    """Where an operation is read."""
    return f"{PREFIX}/operations/{operation_id}"


def operation_of(job: JobRecord) -> Operation:
    """A job as an operation."""
    return Operation(
        id=job.id,
        project_id=job.project_id,
        kind=job.kind,
        state=job.state,
        share=job.share,
        message=job.message,
        resource=PREFIX + ABOUT[job.kind].format(job.subject_id),
        resource_id=job.subject_id,
        cancel_requested=job.cancel_requested,
        attempts=job.attempts,
        error=_problem(job),
        created_by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _problem(job: JobRecord) -> Problem | None:
    error: Any = job.error  # Any: JSON that a worker wrote down
    if not error:
        return None
    code = str(error.get("code", "internal_error"))
    return Problem(
        type=f"urn:accredit:problem:{code}",
        title=code.replace("_", " "),
        status=STATUS.get(code, 500),
        detail=str(error.get("message", "")),
        code=code,
        instance=address(job.id),
        request_id=None,
        errors=tuple(
            FieldProblem(pointer=str(p["pointer"]), detail=str(p["detail"]))
            for p in error.get("problems") or ()
            if isinstance(p, dict) and {"pointer", "detail"} <= set(p)
        ),
    )

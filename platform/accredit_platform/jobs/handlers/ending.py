"""Telling the domain of jobs that failed or were cancelled."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from accredit_governance.access.actors import Actor
from accredit_governance.errors import Conflict, IllegalTransition
from accredit_governance.operations.datasets import refuse_upload
from accredit_governance.operations.deployments import fail_deployment
from accredit_governance.operations.drift import fail_drift
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.reviews import fail_gates
from accredit_governance.operations.runs import cancel_run, fail_run
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs.context import JobError
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services

_LOG: Final = logging.getLogger(__name__)
_CANCELLED: Final = {"code": "cancelled", "message": "cancelled on request", "problems": []}

HANDLERS: Final[Mapping[str, str]] = {
    "ingest": "accredit_platform.jobs.handlers.ingest:ingest",
    "train": "accredit_platform.jobs.handlers.train:train",
    "gates": "accredit_platform.jobs.handlers.gates:gates",
    "deploy": "accredit_platform.jobs.handlers.deploy:deploy",
    "drift": "accredit_platform.jobs.handlers.drift:drift",
}

_TELL: Final[Mapping[str, Callable[..., None]]] = {
    "ingest": refuse_upload,
    "train": fail_run,
    "gates": fail_gates,
    "deploy": fail_deployment,
    "drift": fail_drift,
}


def tell_domain(settings: Settings, job: JobFacts, state: str, error: JobError | None) -> None:
    """Record how a job ended. Called again for the same job it changes nothing."""
    services = open_services(settings)
    try:
        actor = system_actor(services.database)
        _tell(services.database, actor, job.kind, job.subject_id, state, dict(error or _CANCELLED))
    except (IllegalTransition, Conflict):
        _LOG.info("the subject of job %s had moved on already", job.id)
    finally:
        services.close()


def _tell(
    database: Database,
    actor: Actor,
    kind: str,
    subject_id: UUID,
    state: str,
    error: dict[str, Any],
) -> None:
    if kind == "train" and state == "cancelled":
        cancel_run(database, actor, subject_id)
        return
    _TELL[kind](database, actor, subject_id, error=error)

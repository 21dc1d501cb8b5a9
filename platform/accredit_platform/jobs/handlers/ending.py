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
from accredit_governance.operations.external import fail_import
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.reviews import fail_gates
from accredit_governance.operations.runs import cancel_run, fail_run
from accredit_governance.operations.simulations import cancel_simulation, fail_simulation
from accredit_governance.registry.database import Database
from accredit_governance.registry.queue import JobFacts
from accredit_platform.jobs.context import JobError
from accredit_platform.settings import Settings
from accredit_platform.wiring import open_services

_LOG: Final = logging.getLogger(__name__)
_CANCELLED: Final = {"code": "cancelled", "message": "cancelled on request", "problems": []}

HANDLERS: Final[Mapping[str, str]] = {
    "ingest": "accredit_platform.jobs.handlers.ingest:ingest",
    "import": "accredit_platform.jobs.handlers.importing:import_version",
    "train": "accredit_platform.jobs.handlers.train:train",
    "gates": "accredit_platform.jobs.handlers.gates:gates",
    "deploy": "accredit_platform.jobs.handlers.deploy:deploy",
    "drift": "accredit_platform.jobs.handlers.drift:drift",
    "simulate": "accredit_platform.jobs.handlers.simulate:simulate",
}

_TELL: Final[Mapping[str, Callable[..., None]]] = {
    "ingest": refuse_upload,
    "import": fail_import,
    "train": fail_run,
    "gates": fail_gates,
    "deploy": fail_deployment,
    "drift": fail_drift,
    "simulate": fail_simulation,
}

_CANCEL: Final[Mapping[str, Callable[[Database, Actor, UUID], None]]] = {
    "train": cancel_run,
    "simulate": cancel_simulation,
}
"""Work that a person may stop without that being a failure."""


def tell_domain(settings: Settings, job: JobFacts, state: str, error: JobError | None) -> None:
    """Record how a job ended, and settle the job with it.

    Called again for the same job it changes nothing, whatever has become of the subject since. A
    subject that has moved on stays as it is; the worker that called settles the job then.
    """
    services = open_services(settings)
    try:
        actor = system_actor(services.database)
        _tell(services.database, actor, job.kind, job.id, state, dict(error or _CANCELLED))
    except (IllegalTransition, Conflict) as refused:
        _LOG.info("the end of job %s changes nothing: %s", job.id, refused.message)
    finally:
        services.close()


def _tell(
    database: Database,
    actor: Actor,
    kind: str,
    job_id: UUID,
    state: str,
    error: dict[str, Any],
) -> None:
    if state == "cancelled" and kind in _CANCEL:
        _CANCEL[kind](database, actor, job_id)
        return
    _TELL[kind](database, actor, job_id, error=error)

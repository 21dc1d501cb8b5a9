"""The worker as it runs in an installation: handlers, what is due from time to time."""

from collections.abc import Mapping
from typing import Final

from accredit_governance.operations.access_requests import lapse_what_is_overdue
from accredit_governance.operations.attestations import look_at_attestations
from accredit_governance.operations.break_glass import expire_what_is_over
from accredit_governance.operations.drift import due_deployments, request_drift_report
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.predictions import seal_all
from accredit_governance.operations.purging import remove_what_was_purged
from accredit_governance.operations.risk_acceptances import look_at_findings
from accredit_governance.operations.trail import sign_now
from accredit_governance.operations.waiting import chase
from accredit_governance.operations.waiver_ends import end_what_ran_out
from accredit_platform.jobs.context import JobLimits, Tick
from accredit_platform.jobs.handlers.ending import HANDLERS, tell_domain
from accredit_platform.jobs.worker import run_worker
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services, open_services

CHECKPOINT_EVERY_S: Final = 60.0
SEAL_EVERY_S: Final = 30.0
SCHEDULE_EVERY_S: Final = 60.0
EXPIRE_EVERY_S: Final = 30.0
CHASE_EVERY_S: Final = 60.0
DUTIES_EVERY_S: Final = 60.0
PURGE_EVERY_S: Final = 60.0

KINDS_S: Final[Mapping[str, float]] = {
    "import": 3600.0,
    "deploy": 3600.0,
    "gates": 24 * 3600.0,
}
"""Longest time of the jobs that ask models which were built elsewhere: one may never answer."""


def work(settings: Settings, *, lifeline: bool) -> None:
    """Carry jobs until told to stop."""
    services = open_services(settings)
    try:
        run_worker(
            settings,
            handlers=HANDLERS,
            ticks=due(services),
            on_end=tell_domain,
            lifeline=lifeline,
            limits=JobLimits(memory_bytes=settings.memory_bytes, kinds_s=KINDS_S),
        )
    finally:
        services.close()


def due(services: Services) -> tuple[Tick, ...]:
    """What every worker does from time to time; two of them do no harm to each other."""
    return (
        Tick("checkpoint", CHECKPOINT_EVERY_S, lambda: _sign(services)),
        Tick("seal", SEAL_EVERY_S, lambda: _seal(services)),
        Tick("schedule", SCHEDULE_EVERY_S, lambda: _schedule(services)),
        Tick("expiry", EXPIRE_EVERY_S, lambda: _expire(services)),
        Tick("approvals", CHASE_EVERY_S, lambda: _chase(services)),
        Tick("duties", DUTIES_EVERY_S, lambda: _duties(services)),
        Tick("purge", PURGE_EVERY_S, lambda: _purge(services)),
    )


def _sign(services: Services) -> None:
    sign_now(services.database, services.key)


def _seal(services: Services) -> None:
    seal_all(services.database, system_actor(services.database))


def _expire(services: Services) -> None:
    actor = system_actor(services.database)
    end_what_ran_out(services.database, actor)
    lapse_what_is_overdue(services.database, actor)
    expire_what_is_over(services.database, actor)


def _chase(services: Services) -> None:
    chase(services.database, system_actor(services.database))


def _duties(services: Services) -> None:
    actor = system_actor(services.database)
    look_at_findings(services.database, actor)
    look_at_attestations(services.database, actor)


def _purge(services: Services) -> None:
    actor = system_actor(services.database)
    remove_what_was_purged(services.database, actor, services.artifacts)


def _schedule(services: Services) -> None:
    actor = system_actor(services.database)
    for deployment_id in due_deployments(services.database):
        request_drift_report(services.database, actor, deployment_id)

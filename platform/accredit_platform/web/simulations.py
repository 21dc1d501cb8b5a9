"""Simulations: what a policy text would make of the model versions that there are."""

import uuid
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.gates.simulation import Change, SimulationReport
from accredit_governance.operations import simulations as operations
from accredit_governance.questions import catalogue
from accredit_governance.questions import simulations as questions
from accredit_governance.questions.policies import policy_source
from accredit_governance.registry.records import JobRecord
from accredit_governance.registry.simulation_records import PolicySimulationRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.headers import PAGE_POLICY
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.wiring import Services

router = APIRouter(prefix="/policy-simulations")

_ORDER: Final = (
    (Change.NEWLY_FAILS, "Newly fail"),
    (Change.NEWLY_PASSES, "Newly pass"),
    (Change.STILL_FAILS, "Still fail"),
    (Change.STILL_PASSES, "Still pass"),
    (Change.FIRST_JUDGED, "Judged for the first time"),
    (Change.NOT_JUDGED, "Could not be judged"),
    (Change.OUT_OF_SCOPE, "Not covered"),
)


@router.get("")
@needs(Permission.POLICY_SIMULATE)
def all_simulations(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Simulations, newest first, and a form to try a text out."""
    found = questions.simulations(services.database, actor, page)
    return render(
        request,
        "simulations.html",
        items=found.items,
        next_page=found.next_page_token,
        names=names_of(services, actor, (item.created_by for item in found.items)),
    )


@router.post("")
@needs(Permission.POLICY_SIMULATE)
def simulate(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Try out a text that was written into the form, or that of a draft."""
    draft = form.text("policy_version_id")
    source = (
        policy_source(services.database, actor, an_id(draft, "policy_version_id"))
        if draft
        else form.text("source")
    )
    asked = operations.simulate_policy(services.database, actor, source=source)
    return done(f"/policy-simulations/{asked.id}", "simulating")


@router.get("/{simulation_id}")
@needs(Permission.POLICY_SIMULATE)
def simulation(
    request: Request, simulation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One simulation; while it goes on, the page keeps itself up to date."""
    record = questions.simulation(services.database, actor, simulation_id)
    job = _job(services, actor, record)
    return render(
        request,
        "simulation.html",
        headers={"Content-Security-Policy": f"{PAGE_POLICY}; connect-src 'self'"},
        record=record,
        job=job,
        goes_on=record.state == "queued",
        may_stop=job is not None and record.state == "queued" and not job.cancel_requested,
        parts_of_report=_sorted(record.document),
        names=names_of(services, actor, [record.created_by]),
    )


@router.get("/{simulation_id}/progress")
@needs(Permission.POLICY_SIMULATE)
def progress(simulation_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """How far a simulation is, for the script of its page."""
    record = questions.simulation(services.database, actor, simulation_id)
    job = _job(services, actor, record)
    return JSONResponse(
        {
            "state": record.state,
            "share": job.share if job else 0.0,
            "message": job.message if job else "",
        },
        headers={"Cache-Control": "no-store"},
    )


@router.post("/{simulation_id}/cancellations")
@needs(Permission.POLICY_SIMULATE)
def stop(
    simulation_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Ask a simulation to stop."""
    operations.stop_simulation(services.database, actor, simulation_id)
    return done(f"/policy-simulations/{simulation_id}", "stopping")


def _sorted(report: SimulationReport | None) -> list[tuple[Change, str, list[object]]]:
    """Versions by what becomes of them, what needs somebody first."""
    versions = report.versions if report else ()
    by_change = [(c, words, [v for v in versions if v.change is c]) for c, words in _ORDER]
    return [(c, words, list(found)) for c, words, found in by_change if found]


def _job(services: Services, actor: Actor, record: PolicySimulationRecord) -> JobRecord | None:
    if record.job_id is None:
        return None
    return catalogue.job(services.database, actor, record.job_id)

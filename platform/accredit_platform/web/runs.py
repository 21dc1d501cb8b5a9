"""Runs: how far one is, what it tried, what it found out about the data."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.cards.reading import Record, at, record, records
from accredit_governance.errors import NotFound
from accredit_governance.operations import work
from accredit_governance.questions import catalogue, models
from accredit_governance.registry.records import JobRecord, RunRecord, TrialRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.api.headers import PAGE_POLICY
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.wiring import Services

router = APIRouter(prefix="/runs")

_GOING_ON: Final = frozenset({"queued", "running"})
_SEVERITIES: Final = ("critical", "warning", "info")


@router.get("")
@needs(Permission.PROJECT_READ)
def all_runs(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Runs, newest first."""
    found = models.runs(services.database, actor, page)
    return render(
        request,
        "runs.html",
        items=found.items,
        next_page=found.next_page_token,
        use_cases={
            key: catalogue.use_case_of_run(services.database, actor, run_id)
            for key, run_id in {run.use_case_id: run.id for run in found.items}.items()
        },
        names=names_of(services, actor, (run.created_by for run in found.items)),
    )


@router.get("/{run_id}")
@needs(Permission.PROJECT_READ)
def run(
    request: Request, run_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One run; while it goes on, the page keeps itself up to date."""
    facts = run_facts(services, actor, run_id)
    asked: RunRecord = facts["asked"]
    job = _job(services, actor, asked)
    return render(
        request,
        "run.html",
        # The script asks how far the run is, and nothing else.
        headers={"Content-Security-Policy": f"{PAGE_POLICY}; connect-src 'self'"},
        run=facts,
        job=job,
        goes_on=asked.state in _GOING_ON,
        may_cancel=job is not None
        and job.state in _GOING_ON
        and not job.cancel_requested
        and actor.may(Permission.RUN_CREATE, asked.project_id),
        use_case=catalogue.use_case_of_run(services.database, actor, run_id),
        names=names_of(services, actor, [asked.created_by]),
    )


@router.get("/{run_id}/progress")
@needs(Permission.PROJECT_READ)
def progress(run_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """How far a run is, for the script of its page."""
    asked = models.run(services.database, actor, run_id)
    job = _job(services, actor, asked)
    return JSONResponse(
        {
            "state": asked.state,
            "job_state": job.state if job else None,
            "share": job.share if job else 0.0,
            "message": job.message if job else "",
        },
        headers={"Cache-Control": "no-store"},
    )


@router.post("/{run_id}/cancellations")
@needs(Permission.RUN_CREATE)
def cancel(
    run_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask a run to stop."""
    work.cancel_job(services.database, actor, an_id(form.text("job_id"), "job_id"))
    return done(f"/runs/{run_id}", "cancelling")


def run_facts(services: Services, actor: Actor, run_id: uuid.UUID) -> dict[str, Any]:
    """What pages show of a run; `details` is the engine's own record, empty before it is there."""
    database = services.database
    asked = models.run(database, actor, run_id)
    try:
        details: Record = record(models.run_details(database, actor, run_id).get("run"))
    except NotFound:
        details = {}
    return {
        "asked": asked,
        "details": details,
        "findings": _findings(details),
        "leaderboard": leaderboard(models.trials(database, actor, run_id).items),
        "dataset_version": catalogue.data_of_run(database, actor, run_id),
        "facts": _facts(details),
    }


def leaderboard(trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Trials with the highest score first; those without one last, in their order."""
    return sorted(trials, key=lambda t: (t.score is None, -(t.score or 0.0), t.number))


def _findings(details: Record) -> Sequence[Record]:
    def gravity(finding: Record) -> int:
        severity = str(finding.get("severity"))
        return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)

    return sorted(records(details.get("findings")), key=gravity)


def _facts(details: Record) -> list[tuple[str, object]]:
    named = (
        ("Metric", at(details, "settings.metric", "metric")),
        ("Rows learnt from", at(details, "rows_train", "rows")),
        ("Rows held out", at(details, "rows_test")),
        ("Seed", at(details, "settings.seed", "seed")),
        ("Folds", at(details, "folds.count", "folds")),
        ("Threshold", at(details, "threshold.value", "threshold")),
        ("Seconds spent", at(details, "elapsed_s")),
    )
    return [(words, value) for words, value in named if isinstance(value, str | int | float)]


def _job(services: Services, actor: Actor, asked: RunRecord) -> JobRecord | None:
    if asked.job_id is None:
        return None
    return catalogue.job(services.database, actor, asked.job_id)

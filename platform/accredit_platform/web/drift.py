"""One drift report, and Evidently's own page of it behind glass."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.cards.reading import record, records
from accredit_governance.errors import NotFound
from accredit_governance.questions import models, serving
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.api.headers import FRAMED
from accredit_platform.auth.guard import needs
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import title_of

router = APIRouter(prefix="/drift-reports/{report_id}")

_SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'self'"
)
"""Scripts of the page run, without an origin, and can load and send nothing."""


@router.get("")
@needs(Permission.PROJECT_READ)
def drift_report(
    request: Request, report_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """What the detector found, column by column."""
    found = serving.drift_report(services.database, actor, report_id)
    deployment = serving.deployment(services.database, actor, found.deployment_id)
    version = models.version(services.database, actor, deployment.model_version_id)
    drift = record(found.document)
    return render(
        request,
        "drift_report.html",
        report=found,
        deployment=deployment,
        title=title_of(version),
        drift=drift,
        columns=records(drift.get("columns")),
    )


@router.get("/report.html")
@needs(Permission.PROJECT_READ)
def evidently_page(report_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """Evidently's page. It carries scripts, so it has no origin: no cookie, no page of ours."""
    found = serving.drift_report(services.database, actor, report_id)
    if found.html_artifact is None:
        raise NotFound(f"drift report {report_id} is {found.state} and has no page")
    return Response(
        services.artifacts.file(found.html_artifact).read_bytes(),
        media_type="text/html",
        headers={"Content-Security-Policy": _SANDBOX, "Cache-Control": "no-store", **FRAMED},
    )

"""Alerts: what a person has to look at, and who took it on."""

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import drift
from accredit_governance.questions import findings, models, serving
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import title_of

router = APIRouter(prefix="/alerts")


@router.get("")
@needs(Permission.PROJECT_READ)
def all_alerts(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["open", "all"] = "open",
) -> Response:
    """Open alerts, or all of them, newest first."""
    found = serving.alerts(services.database, actor, page, state="open" if view == "open" else None)
    return render(
        request,
        "alerts.html",
        view=view,
        items=found.items,
        next_page=found.next_page_token,
        names=names_of(services, actor, (a.acknowledged_by for a in found.items)),
    )


@router.get("/{alert_id}")
@needs(Permission.PROJECT_READ)
def alert(
    request: Request, alert_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One alert with the numbers behind it."""
    record = serving.alert(services.database, actor, alert_id)
    deployment = serving.deployment(services.database, actor, record.deployment_id)
    version = models.version(services.database, actor, deployment.model_version_id)
    return render(
        request,
        "alert.html",
        alert=record,
        deployment=deployment,
        title=title_of(version),
        finding=findings.finding_of_alert(services.database, actor, alert_id),
        may_open=actor.may(Permission.FINDING_OPEN, record.project_id, version.model_id),
        may_acknowledge=record.state == "open"
        and actor.may(Permission.ALERT_ACKNOWLEDGE, record.project_id, version.model_id),
        names=names_of(services, actor, [record.acknowledged_by]),
    )


@router.post("/{alert_id}/acknowledgements")
@needs(Permission.ALERT_ACKNOWLEDGE)
def acknowledge(
    alert_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Take an alert on."""
    drift.acknowledge_alert(services.database, actor, alert_id, comment=form.text("comment"))
    return done(f"/alerts/{alert_id}", "acknowledged")

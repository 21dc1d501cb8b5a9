"""Deployments: what serves, how much it is used, and whether it drifts."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import deployments, drift
from accredit_governance.questions import access, models, serving
from accredit_governance.questions.pages import Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.access import standing
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import title_of, titles_of

router = APIRouter(prefix="/deployments")


@router.get("")
@needs(Permission.PROJECT_READ)
def all_deployments(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Deployments, newest first."""
    found = serving.deployments(services.database, actor, page)
    return render(
        request,
        "deployments.html",
        items=found.items,
        next_page=found.next_page_token,
        titles=titles_of(services, actor, (d.model_version_id for d in found.items)),
        names=names_of(services, actor, (d.created_by for d in found.items)),
    )


@router.get("/{deployment_id}")
@needs(Permission.PROJECT_READ)
def deployment(
    request: Request, deployment_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One deployment: traffic, who may use it, drift, alerts."""
    database = services.database
    record = serving.deployment(database, actor, deployment_id)
    version = models.version(database, actor, record.model_version_id)
    grants = access.access_grants(
        database, actor, Page(), model_id=version.model_id, environment=record.environment
    ).items

    def holds(permission: Permission) -> bool:
        return actor.might(permission, record.project_id, version.model_id)

    return render(
        request,
        "deployment.html",
        deployment=record,
        title=title_of(version),
        model_id=version.model_id,
        traffic=serving.traffic(database, actor, deployment_id),
        grants=grants,
        standing={grant.id: standing(services, grant) for grant in grants},
        reports=serving.drift_reports(database, actor, deployment_id, Page(size=50)).items,
        alerts=serving.alerts(database, actor, Page(size=50), deployment_id=deployment_id).items,
        may={
            "stop": record.state in {"requested", "active"} and holds(Permission.DEPLOYMENT_CREATE),
            "drift": record.state in {"active", "stopped"} and holds(Permission.DRIFT_REQUEST),
        },
        names=names_of(services, actor, [record.created_by, *(g.principal_id for g in grants)]),
    )


@router.post("/{deployment_id}/stops")
@needs(Permission.DEPLOYMENT_CREATE)
def stop(
    deployment_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Take a deployment out of service."""
    deployments.stop_deployment(services.database, actor, deployment_id, reason=form.text("reason"))
    return done(f"/deployments/{deployment_id}", "stopped")


@router.post("/{deployment_id}/drift-reports")
@needs(Permission.DRIFT_REQUEST)
def request_drift(
    deployment_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Compare all served traffic with the reference."""
    drift.request_drift_report(services.database, actor, deployment_id)
    return done(f"/deployments/{deployment_id}", "drift")

"""Deployments, predictions, outcomes, drift reports, alerts."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document, Moment
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.operations import deployments, drift, predictions
from accredit_governance.operations.predictions import OutcomeReport, OutcomesAccepted
from accredit_governance.questions import serving
from accredit_governance.questions.pages import Listing
from accredit_governance.questions.serving import LoggedPrediction, Traffic
from accredit_governance.registry.records import (
    AlertRecord,
    DeploymentRecord,
    DriftReportRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.serving.governed import Prediction, predict

router = APIRouter(tags=["serving"])

MAX_ROWS = 1000


class NewDeployment(Body):
    """Where an approved version should serve."""

    environment: str = "production"


class NewStop(Body):
    """Why a deployment is taken out of service."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class PredictionRequest(Body):
    """Rows to be judged: one object per row, column name → value."""

    purpose: Annotated[
        str | None,
        Field(
            max_length=63,
            description="what the predictions are for: the code of your grant. The header"
            " `Accredit-Purpose` says the same. May be left out where only one is permitted",
        ),
    ] = None
    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_ROWS)]


class PredictionAnswer(Document):
    """One prediction per row, in order."""

    predictions: tuple[Prediction, ...]


class NewOutcomes(Body):
    """Labels that arrived."""

    outcomes: Annotated[list[OutcomeReport], Field(min_length=1, max_length=10_000)]


class NewDriftReport(Body):
    """Which traffic to look at; all of it when empty."""

    window_from: Moment | None = None


class NewAcknowledgement(Body):
    """What the person who takes an alert on has to say."""

    comment: Annotated[str, Field(max_length=4000)] = ""


def one_purpose(in_body: str | None, in_header: str | None) -> str | None:
    """The purpose that a call states.

    Raises:
        InvalidInput: body and header differ.
    """
    if in_body is not None and in_header is not None and in_body != in_header:
        message = "body and header state different purposes; state one"
        raise InvalidInput(message, [{"pointer": "/purpose", "detail": message}])
    return in_header if in_body is None else in_body


@router.get("/deployments", operation_id="list_deployments")
@needs(Permission.PROJECT_READ)
def list_deployments(
    page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[DeploymentRecord]:
    """Deployments, newest first."""
    return serving.deployments(services.database, actor, page)


@router.post("/model-versions/{version_id}/deployments", status_code=202, operation_id="deploy")
@needs(Permission.DEPLOYMENT_CREATE)
def deploy(
    version_id: uuid.UUID, body: NewDeployment, actor: CurrentActor, services: WithServices
) -> DeploymentRecord:
    """Ask for an approved version to serve; a job verifies its bundle first."""
    return deployments.request_deployment(
        services.database, actor, version_id, environment=body.environment
    )


@router.get("/deployments/{deployment_id}", operation_id="get_deployment")
@needs(Permission.PROJECT_READ)
def get_deployment(
    deployment_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> DeploymentRecord:
    """One deployment."""
    return serving.deployment(services.database, actor, deployment_id)


@router.get("/deployments/{deployment_id}/traffic", operation_id="get_traffic")
@needs(Permission.PROJECT_READ)
def get_traffic(deployment_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Traffic:
    """How many predictions and outcomes there are."""
    return serving.traffic(services.database, actor, deployment_id)


@router.post("/deployments/{deployment_id}/stops", status_code=201, operation_id="stop_deployment")
@needs(Permission.DEPLOYMENT_CREATE)
def stop_deployment(
    deployment_id: uuid.UUID, body: NewStop, actor: CurrentActor, services: WithServices
) -> DeploymentRecord:
    """Take a deployment out of service."""
    return deployments.stop_deployment(services.database, actor, deployment_id, reason=body.reason)


@router.post("/deployments/{deployment_id}/predictions", status_code=201, operation_id="predict")
@needs(Permission.PREDICTION_CREATE)
def create_predictions(
    deployment_id: uuid.UUID,
    body: PredictionRequest,
    actor: CurrentActor,
    services: WithServices,
    accredit_purpose: Annotated[str | None, Header(max_length=63)] = None,
) -> PredictionAnswer:
    """Score, decision, reasons and an id for each row; logged before it is answered."""
    purpose = one_purpose(body.purpose, accredit_purpose)
    told = predict(services, actor, deployment_id, body.rows, purpose=purpose)
    return PredictionAnswer(predictions=told)


@router.get("/deployments/{deployment_id}/predictions", operation_id="list_predictions")
@needs(Permission.PREDICTION_READ)
def list_predictions(
    deployment_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[LoggedPrediction]:
    """Logged inputs and answers; that you looked is recorded."""
    return serving.read_predictions(services.database, actor, deployment_id, page)


@router.post(
    "/deployments/{deployment_id}/outcomes", status_code=201, operation_id="record_outcomes"
)
@needs(Permission.OUTCOME_RECORD)
def record_outcomes(
    deployment_id: uuid.UUID, body: NewOutcomes, actor: CurrentActor, services: WithServices
) -> OutcomesAccepted:
    """Tell what really happened; all of them are taken, or none."""
    return predictions.record_outcomes(
        services.database, actor, deployment_id, outcomes=body.outcomes
    )


@router.get("/deployments/{deployment_id}/drift-reports", operation_id="list_drift_reports")
@needs(Permission.PROJECT_READ)
def list_drift_reports(
    deployment_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[DriftReportRecord]:
    """Drift reports of a deployment."""
    return serving.drift_reports(services.database, actor, deployment_id, page)


@router.post(
    "/deployments/{deployment_id}/drift-reports",
    status_code=202,
    operation_id="request_drift_report",
)
@needs(Permission.DRIFT_REQUEST)
def request_drift_report(
    deployment_id: uuid.UUID, body: NewDriftReport, actor: CurrentActor, services: WithServices
) -> DriftReportRecord:
    """Compare served traffic with the reference in the bundle."""
    return drift.request_drift_report(
        services.database, actor, deployment_id, window_from=body.window_from
    )


@router.get("/drift-reports/{report_id}", operation_id="get_drift_report")
@needs(Permission.PROJECT_READ)
def get_drift_report(
    report_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> DriftReportRecord:
    """One drift report."""
    return serving.drift_report(services.database, actor, report_id)


@router.get(
    "/drift-reports/{report_id}/report.html",
    operation_id="get_drift_report_html",
    response_class=Response,
)
@needs(Permission.PROJECT_READ)
def get_drift_report_html(
    report_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """Evidently's report. It carries scripts, so it is served into a sandbox without origin."""
    record = serving.drift_report(services.database, actor, report_id)
    if record.html_artifact is None:
        raise NotFound(f"drift report {report_id} is {record.state} and has no page")
    return Response(
        services.artifacts.file(record.html_artifact).read_bytes(),
        media_type="text/html",
        headers={"Content-Security-Policy": "sandbox allow-scripts"},
    )


@router.get("/alerts", operation_id="list_alerts")
@needs(Permission.PROJECT_READ)
def list_alerts(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    deployment_id: uuid.UUID | None = None,
    state: str | None = None,
) -> Listing[AlertRecord]:
    """Alerts, newest first."""
    return serving.alerts(services.database, actor, page, deployment_id=deployment_id, state=state)


@router.get("/alerts/{alert_id}", operation_id="get_alert")
@needs(Permission.PROJECT_READ)
def get_alert(alert_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> AlertRecord:
    """One alert."""
    return serving.alert(services.database, actor, alert_id)


@router.post(
    "/alerts/{alert_id}/acknowledgements",
    status_code=201,
    operation_id="acknowledge_alert",
)
@needs(Permission.ALERT_ACKNOWLEDGE)
def acknowledge_alert(
    alert_id: uuid.UUID, body: NewAcknowledgement, actor: CurrentActor, services: WithServices
) -> AlertRecord:
    """Take an alert on."""
    return drift.acknowledge_alert(services.database, actor, alert_id, comment=body.comment)

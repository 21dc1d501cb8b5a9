"""Runs, models, versions, gates, cards."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.cards.card import ModelCard
from accredit_governance.cards.render import render_html, render_markdown, style_source
from accredit_governance.operations import runs, versions
from accredit_governance.questions import approvals, models
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.records import (
    GateEvaluationRecord,
    ModelRecord,
    ModelVersionRecord,
    RunRecord,
    TrialRecord,
)
from accredit_governance.registry.terms import CardStatements, RunSpec
from accredit_platform.api.bodies import Body, WholeText
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["models"])


class NewRun(Body):
    """An AutoML run for a use case on a dataset version."""

    use_case_id: uuid.UUID
    dataset_version_id: uuid.UUID
    spec: RunSpec = RunSpec()


class NewModel(Body):
    """A model of a use case."""

    use_case_id: uuid.UUID
    name: str


class NewVersion(Body):
    """A finished run that becomes a version."""

    run_id: uuid.UUID


class NewSuspension(Body):
    """Why a version is taken out of service."""

    reason: Annotated[str, Field(max_length=4000)]


@router.post("/runs", status_code=202, operation_id="create_run")
@needs(Permission.RUN_CREATE)
def create_run(body: NewRun, actor: CurrentActor, services: WithServices) -> RunRecord:
    """Queue an AutoML run."""
    return runs.request_run(
        services.database,
        actor,
        use_case_id=body.use_case_id,
        dataset_version_id=body.dataset_version_id,
        spec=body.spec,
    )


@router.get("/runs", operation_id="list_runs")
@needs(Permission.PROJECT_READ)
def list_runs(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    use_case_id: uuid.UUID | None = None,
) -> Listing[RunRecord]:
    """Runs, newest first."""
    return models.runs(services.database, actor, page, use_case_id=use_case_id)


@router.get("/runs/{run_id}", operation_id="get_run")
@needs(Permission.PROJECT_READ)
def get_run(run_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> RunRecord:
    """One run."""
    return models.run(services.database, actor, run_id)


@router.get("/runs/{run_id}/record", operation_id="get_run_record")
@needs(Permission.PROJECT_READ)
def get_run_record(
    run_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> dict[str, Any]:
    """Everything that was recorded about a run."""
    return models.run_details(services.database, actor, run_id)


@router.get("/runs/{run_id}/trials", operation_id="list_trials")
@needs(Permission.PROJECT_READ)
def list_trials(
    run_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[TrialRecord]:
    """Every trial of a run."""
    return part_of(models.trials(services.database, actor, run_id), page)


@router.get("/models", operation_id="list_models")
@needs(Permission.PROJECT_READ)
def list_models(
    page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[ModelRecord]:
    """Models, newest first."""
    return models.models(services.database, actor, page)


@router.post("/models", status_code=201, operation_id="create_model")
@needs(Permission.MODEL_CREATE)
def create_model(body: NewModel, actor: CurrentActor, services: WithServices) -> ModelRecord:
    """Name a model."""
    return versions.create_model(services.database, actor, body.use_case_id, name=body.name)


@router.get("/models/{model_id}", operation_id="get_model")
@needs(Permission.PROJECT_READ)
def get_model(model_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> ModelRecord:
    """One model."""
    return models.model(services.database, actor, model_id)


@router.get("/models/{model_id}/versions", operation_id="list_model_versions")
@needs(Permission.PROJECT_READ)
def list_model_versions(
    model_id: uuid.UUID, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Listing[ModelVersionRecord]:
    """Versions of a model, newest first."""
    return models.versions(services.database, actor, model_id, page)


@router.post("/models/{model_id}/versions", status_code=201, operation_id="register_model_version")
@needs(Permission.MODEL_CREATE)
def register_model_version(
    model_id: uuid.UUID, body: NewVersion, actor: CurrentActor, services: WithServices
) -> ModelVersionRecord:
    """Make a finished run's bundle a version."""
    return versions.register_version(services.database, actor, model_id, run_id=body.run_id)


@router.get("/model-versions/{version_id}", operation_id="get_model_version")
@needs(Permission.PROJECT_READ)
def get_model_version(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ModelVersionRecord:
    """One model version, with the actions that its state allows."""
    return models.version(services.database, actor, version_id)


@router.put("/model-versions/{version_id}/statements", operation_id="describe_model_version")
@needs(Permission.VERSION_SUBMIT)
def describe_model_version(
    version_id: uuid.UUID,
    body: Annotated[CardStatements, WholeText],
    actor: CurrentActor,
    services: WithServices,
) -> ModelVersionRecord:
    """Write the part of the card that only people can write."""
    return versions.describe_version(services.database, actor, version_id, statements=body)


@router.post(
    "/model-versions/{version_id}/submissions",
    status_code=202,
    operation_id="submit_model_version",
)
@needs(Permission.VERSION_SUBMIT)
def submit_model_version(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ModelVersionRecord:
    """Freeze a candidate and hand it to the gates."""
    return versions.submit_version(services.database, actor, version_id)


@router.post(
    "/model-versions/{version_id}/gate-evaluations",
    status_code=202,
    operation_id="repeat_gates",
)
@needs(Permission.VERSION_SUBMIT)
def repeat_gates(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ModelVersionRecord:
    """Evaluate the gates once more after an error; verdicts that stand are not rolled again."""
    return versions.repeat_gates(services.database, actor, version_id)


@router.post(
    "/model-versions/{version_id}/suspensions",
    status_code=201,
    operation_id="suspend_model_version",
)
@needs(Permission.VERSION_SUSPEND)
def suspend_model_version(
    version_id: uuid.UUID, body: NewSuspension, actor: CurrentActor, services: WithServices
) -> ModelVersionRecord:
    """Take an approved version out of service at once."""
    return versions.suspend_version(services.database, actor, version_id, reason=body.reason)


@router.get("/model-versions/{version_id}/gate-evaluation", operation_id="get_gate_evaluation")
@needs(Permission.PROJECT_READ)
def get_gate_evaluation(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> GateEvaluationRecord:
    """The newest judgement of a version, check by check."""
    return models.gates(services.database, actor, version_id)


@router.get("/model-versions/{version_id}/card", operation_id="get_model_card")
@needs(Permission.PROJECT_READ)
def get_model_card(version_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> ModelCard:
    """The model card as the document that its digest is of."""
    return models.card(services.database, actor, version_id)


@router.get(
    "/model-versions/{version_id}/card.html",
    operation_id="get_model_card_html",
    response_class=HTMLResponse,
)
@needs(Permission.PROJECT_READ)
def get_model_card_html(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> HTMLResponse:
    """The model card as a page that stands alone, then the conditions of its approval."""
    card = models.card(services.database, actor, version_id)
    policy = f"default-src 'none'; style-src {style_source()}; img-src data:; sandbox"
    found = approvals.conditions_after_card(services.database, actor, version_id)
    return HTMLResponse(render_html(card, found), headers={"Content-Security-Policy": policy})


@router.get(
    "/model-versions/{version_id}/card.md",
    operation_id="get_model_card_markdown",
    response_class=PlainTextResponse,
)
@needs(Permission.PROJECT_READ)
def get_model_card_markdown(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PlainTextResponse:
    """The model card as Markdown, then the conditions of its approval."""
    found = approvals.conditions_after_card(services.database, actor, version_id)
    text = render_markdown(models.card(services.database, actor, version_id), found)
    return PlainTextResponse(text, media_type="text/markdown")

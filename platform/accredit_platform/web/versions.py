"""One model version: where it stands, what it rests on, and what may be done with it."""

import uuid

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput, NotFound
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations import deployments, versions
from accredit_governance.questions import (
    aliases,
    approvals,
    external,
    findings,
    models,
    serving,
    trail,
)
from accredit_governance.questions.pages import Page
from accredit_governance.questions.trail import TrailFilter
from accredit_governance.registry.records import (
    AuditEventRecord,
    GateEvaluationRecord,
    ModelVersionRecord,
)
from accredit_governance.registry.terms import CardStatements
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.aftercare import aftercare_facts
from accredit_platform.web.checks import ordered
from accredit_platform.web.conditions import owners_of
from accredit_platform.web.forms import CheckedForm, Form
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.runs import run_facts
from accredit_platform.web.titles import title_of
from accredit_platform.web.waivers import people_of, waiver_facts
from accredit_platform.wiring import Services

router = APIRouter(prefix="/model-versions/{version_id}")


@router.get("")
@needs(Permission.PROJECT_READ)
def version(
    request: Request, version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """Everything about one version."""
    database = services.database
    record = models.version(database, actor, version_id)
    gates = _gates(services, actor, version_id)
    events = _history(services, actor, record)
    requests = models.approval_requests(
        database, actor, Page(size=20), model_version_id=version_id
    ).items
    deployed = serving.deployments(database, actor, Page(), model_version_id=version_id).items
    waivers = waiver_facts(services, actor, record, gates)
    conditions = approvals.conditions_of_version(database, actor, version_id).items
    found = findings.findings(database, actor, Page(size=20), model_version_id=version_id).items
    after = aftercare_facts(services, actor, record)
    return render(
        request,
        "version.html",
        version=record,
        title=title_of(record),
        gates=gates,
        results=ordered(gates.results) if gates else [],
        requests=requests,
        conditions=conditions,
        deployments=deployed,
        environments=aliases.environments(database, actor, record.project_id).items,
        found=found,
        in_the_way=findings.findings_in_the_way(database, actor, version_id).items,
        events=events,
        run=run_facts(services, actor, record.run_id),
        origin=external.origin_of(database, actor, version_id),
        may=_abilities(actor, record),
        statement_fields=CardStatements.model_fields,
        **waivers,
        **after,
        names=names_of(
            services,
            actor,
            [
                record.registered_by,
                record.submitted_by,
                *(uuid.UUID(event.event["actor"]["id"]) for event in events or ()),
                *(d.created_by for d in deployed),
                *people_of(waivers["waivers"]),
                *owners_of(conditions),
            ],
        ),
    )


def _gates(services: Services, actor: Actor, version_id: uuid.UUID) -> GateEvaluationRecord | None:
    try:
        return models.gates(services.database, actor, version_id)
    except NotFound:
        return None


def _history(
    services: Services, actor: Actor, version: ModelVersionRecord
) -> tuple[AuditEventRecord, ...] | None:
    """Audit events of the version, oldest first; None for whoever may not read the trail."""
    if not actor.may(Permission.AUDIT_READ, version.project_id, version.model_id):
        return None
    wanted = TrailFilter(resource_id=version.id, size=200)
    return trail.audit_events(services.database, actor, wanted).items[::-1]


def _abilities(actor: Actor, version: ModelVersionRecord) -> dict[str, bool]:
    """Which forms are drawn. Whether an act is done is decided by its operation alone."""

    def holds(permission: Permission) -> bool:
        return actor.might(permission, version.project_id, version.model_id)

    allowed = version.allowed_actions
    return {
        "describe": "describe" in allowed and holds(Permission.VERSION_SUBMIT),
        "submit": "submit" in allowed and holds(Permission.VERSION_SUBMIT),
        "suspend": "suspend" in allowed and holds(Permission.VERSION_SUSPEND),
        "deploy": version.state is VersionState.APPROVED and holds(Permission.DEPLOYMENT_CREATE),
    }


@router.post("/statements")
@needs(Permission.VERSION_SUBMIT)
def describe(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Write what only people can say."""
    versions.describe_version(services.database, actor, version_id, statements=_statements(form))
    return done(f"/model-versions/{version_id}", "described")


def _statements(form: Form) -> CardStatements:
    written = {name: form.text(name) for name in CardStatements.model_fields}
    try:
        return CardStatements.model_validate(written)
    except ValidationError as error:
        problems = [
            {
                "pointer": f"/{problem['loc'][0]}",
                "detail": f"{str(problem['loc'][0]).replace('_', ' ')}: {problem['msg']}",
            }
            for problem in error.errors()
        ]
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems) from error


@router.post("/submissions")
@needs(Permission.VERSION_SUBMIT)
def submit(
    version_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Freeze the version and hand it to the gates."""
    versions.submit_version(services.database, actor, version_id)
    return done(f"/model-versions/{version_id}", "submitted")


@router.post("/suspensions")
@needs(Permission.VERSION_SUSPEND)
def suspend(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Take an approved version out of service."""
    versions.suspend_version(services.database, actor, version_id, reason=form.text("reason"))
    return done(f"/model-versions/{version_id}", "suspended")


@router.post("/deployments")
@needs(Permission.DEPLOYMENT_CREATE)
def deploy(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask for the version to serve."""
    record = deployments.request_deployment(
        services.database, actor, version_id, environment=form.text("environment")
    )
    return done(f"/deployments/{record.id}", "deployed")

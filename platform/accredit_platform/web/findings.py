"""Findings: what is wrong, who puts it right by when, and who agrees that it is."""

import uuid
from typing import Literal, TypedDict

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.findings import FindingAction, FindingSeverity, FindingState
from accredit_governance.operations import findings as operations
from accredit_governance.operations import remediation, risk_acceptances
from accredit_governance.operations.reassignments import HANDED_ON, reassign_finding
from accredit_governance.questions import findings as questions
from accredit_governance.questions import models
from accredit_governance.registry.findings_records import FindingRecord, RiskAcceptanceRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import title_of, titles_of
from accredit_platform.wiring import Services

router = APIRouter()

_VIEWS = (
    ("all", "All"),
    ("mine", "Mine"),
    ("overdue", "Overdue"),
    ("open", "Open"),
    ("remediated", "Remediated"),
    ("risk_accepted", "Risk accepted"),
    ("closed", "Closed"),
)


@router.get("/findings")
@needs(Permission.PROJECT_READ)
def all_findings(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal[
        "all", "mine", "overdue", "open", "remediated", "risk_accepted", "closed"
    ] = "all",
) -> Response:
    """Findings with severity, owner and due day, newest first."""
    state = None if view in {"all", "mine", "overdue"} else FindingState(view)
    found = questions.findings(
        services.database,
        actor,
        page,
        state=state,
        owned_by_me=view == "mine",
        overdue=True if view == "overdue" else None,
    )
    return render(
        request,
        "findings.html",
        view=view,
        views=_VIEWS,
        items=found.items,
        next_page=found.next_page_token,
        **_named(services, actor, found.items),
    )


class Named(TypedDict):
    """Words for the identifiers in a list of findings."""

    titles: dict[uuid.UUID, str]
    names: dict[uuid.UUID, str]


def _named(services: Services, actor: Actor, items: tuple[FindingRecord, ...]) -> Named:
    versions = {f.model_version_id for f in items if f.model_version_id is not None}
    return Named(
        titles=titles_of(services, actor, versions),
        names=names_of(services, actor, (f.owner_id for f in items)),
    )


@router.get("/model-versions/{version_id}/findings")
@needs(Permission.PROJECT_READ)
def findings_of_version(
    request: Request,
    version_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Findings on one version, and the form that opens another."""
    version = models.version(services.database, actor, version_id)
    found = questions.findings(services.database, actor, page, model_version_id=version_id)
    may_open = actor.may(Permission.FINDING_OPEN, version.project_id, version.model_id)
    project_id = version.project_id
    owners = questions.possible_owners(services.database, actor, project_id) if may_open else {}
    return render(
        request,
        "version_findings.html",
        version=version,
        title=title_of(version),
        items=found.items,
        next_page=found.next_page_token,
        may_open=may_open,
        owners=owners,
        severities=[severity.value for severity in FindingSeverity],
        **_named(services, actor, found.items),
    )


@router.post("/model-versions/{version_id}/findings")
@needs(Permission.FINDING_OPEN)
def open_finding(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say what is wrong with a version."""
    record = operations.open_finding(
        services.database,
        actor,
        version_id,
        title=form.text("title"),
        description=form.text("description"),
        severity=_severity(form),
        owner_id=an_id(form.text("owner_id"), "owner_id"),
        due_on=form.day("due_on"),
    )
    return done(f"/findings/{record.id}", "finding-opened")


@router.post("/alerts/{alert_id}/findings")
@needs(Permission.FINDING_OPEN)
def open_alert_finding(
    alert_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Make an alert a finding, with what the alert says."""
    record = operations.open_alert_finding(services.database, actor, alert_id)
    return done(f"/findings/{record.id}", "finding-opened")


@router.get("/findings/{finding_id}")
@needs(Permission.PROJECT_READ)
def finding(
    request: Request, finding_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One finding with its history, and what the caller may do about it."""
    database = services.database
    record = questions.finding(database, actor, finding_id)
    steps = questions.steps(database, actor, finding_id).items
    acceptances = questions.risk_acceptances(database, actor, finding_id).items
    waiting = _waiting(acceptances)
    no_close = questions.why_not_close(database, actor, finding_id)
    others = questions.possible_owners(database, actor, record.project_id)
    return render(
        request,
        "finding.html",
        finding=record,
        steps=steps,
        acceptances=acceptances,
        waiting=waiting,
        no_agreement=questions.why_not_confirm(database, actor, waiting.id) if waiting else None,
        may=_abilities(actor, record, waiting),
        others=[(i, n) for i, n in others.items() if i not in {actor.id, record.owner_id}],
        may_close=no_close is None,
        no_close=no_close,
        severities=[severity.value for severity in FindingSeverity],
        title=_title(services, actor, record),
        names=names_of(
            services,
            actor,
            [
                record.owner_id,
                record.opened_by,
                *(step.done_by for step in steps),
                *(person for a in acceptances for person in (a.proposed_by, a.confirmed_by)),
            ],
        ),
    )


def _waiting(acceptances: tuple[RiskAcceptanceRecord, ...]) -> RiskAcceptanceRecord | None:
    """The proposal that waits for a second person, if there is one."""
    return next((a for a in acceptances if a.confirmed_by is None and a.ended_at is None), None)


def _title(services: Services, actor: Actor, record: FindingRecord) -> str | None:
    if record.model_version_id is None:
        return None
    return title_of(models.version(services.database, actor, record.model_version_id))


def _abilities(
    actor: Actor, record: FindingRecord, waiting: RiskAcceptanceRecord | None
) -> dict[str, bool]:
    """Which forms are drawn. Whether an act is done is decided by its operation alone."""

    def holds(permission: Permission) -> bool:
        return actor.may(permission, record.project_id)

    allowed = record.allowed_actions
    owns = record.owner_id == actor.id and holds(Permission.FINDING_REMEDIATE)
    is_other = actor.id not in {record.owner_id, record.remediated_by}
    return {
        "plan": FindingAction.PLAN in allowed and owns,
        "remediate": FindingAction.REMEDIATE in allowed and owns,
        "reopen": FindingAction.REOPEN in allowed and holds(Permission.FINDING_OPEN),
        "accept": FindingAction.ACCEPT in allowed
        and waiting is None
        and holds(Permission.FINDING_ACCEPT),
        "grade": record.state is not FindingState.CLOSED
        and holds(Permission.FINDING_CLOSE)
        and is_other,
        "reassign": record.state in HANDED_ON and holds(Permission.FINDING_CLOSE) and is_other,
    }


@router.post("/findings/{finding_id}/plans")
@needs(Permission.FINDING_REMEDIATE)
def plan(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say how it is put right."""
    remediation.plan_remediation(services.database, actor, finding_id, plan=form.text("plan"))
    return done(f"/findings/{finding_id}", "finding-planned")


@router.post("/findings/{finding_id}/remediations")
@needs(Permission.FINDING_REMEDIATE)
def remediate(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Show that it is put right."""
    remediation.remediate_finding(
        services.database,
        actor,
        finding_id,
        evidence=form.text("evidence"),
        reference=form.text("reference"),
    )
    return done(f"/findings/{finding_id}", "finding-remediated")


@router.post("/findings/{finding_id}/closures")
@needs(Permission.FINDING_CLOSE)
def close(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Agree that it is put right."""
    remediation.close_finding(services.database, actor, finding_id, reason=form.text("reason"))
    return done(f"/findings/{finding_id}", "finding-closed")


@router.post("/findings/{finding_id}/reopenings")
@needs(Permission.FINDING_OPEN)
def reopen(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Take it up again."""
    remediation.reopen_finding(
        services.database,
        actor,
        finding_id,
        reason=form.text("reason"),
        due_on=form.day("due_on"),
    )
    return done(f"/findings/{finding_id}", "finding-reopened")


@router.post("/findings/{finding_id}/severity-changes")
@needs(Permission.FINDING_CLOSE)
def grade(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say that it is graver, or less grave."""
    remediation.change_severity(
        services.database,
        actor,
        finding_id,
        severity=_severity(form),
        reason=form.text("reason"),
    )
    return done(f"/findings/{finding_id}", "finding-graded")


@router.post("/findings/{finding_id}/reassignments")
@needs(Permission.FINDING_CLOSE)
def reassign(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Give it another owner."""
    reassign_finding(
        services.database,
        actor,
        finding_id,
        owner_id=an_id(form.text("owner_id"), "owner_id"),
        reason=form.text("reason"),
    )
    return done(f"/findings/{finding_id}", "reassigned")


@router.post("/findings/{finding_id}/risk-acceptances")
@needs(Permission.FINDING_ACCEPT)
def accept(
    finding_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Offer to bear the risk, as the first of two people."""
    risk_acceptances.propose_acceptance(
        services.database,
        actor,
        finding_id,
        reason=form.text("reason"),
        until_on=form.day("until_on"),
    )
    return done(f"/findings/{finding_id}", "risk-proposed")


@router.post("/findings/{finding_id}/risk-acceptances/{acceptance_id}/confirmations")
@needs(Permission.FINDING_ACCEPT)
def agree(
    finding_id: uuid.UUID,
    acceptance_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Agree to bear the risk, as the second person."""
    risk_acceptances.confirm_acceptance(services.database, actor, acceptance_id)
    return done(f"/findings/{finding_id}", "risk-accepted")


def _severity(form: Form) -> FindingSeverity:
    try:
        return FindingSeverity(form.text("severity"))
    except ValueError as error:
        message = f"severity must be one of {', '.join(FindingSeverity)}"
        raise InvalidInput(message, [{"pointer": "/severity", "detail": message}]) from error

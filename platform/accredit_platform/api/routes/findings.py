"""Findings: opening them, putting them right, closing them, and bearing their risk for a while."""

import uuid
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest
from accredit_governance.lifecycle.findings import FindingSeverity, FindingSource, FindingState
from accredit_governance.operations import findings, reassignments, remediation, risk_acceptances
from accredit_governance.operations.words import MAX_TITLE
from accredit_governance.questions import findings as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.findings_records import (
    FindingRecord,
    FindingStepRecord,
    RiskAcceptanceRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["findings"])

Prose = Annotated[str, Field(max_length=4000)]


class NewFinding(Body):
    """What is wrong, how much it matters, and who puts it right by when."""

    title: Annotated[str, Field(max_length=MAX_TITLE)]
    description: Prose
    severity: FindingSeverity
    owner_id: uuid.UUID
    due_on: date
    source: FindingSource = FindingSource.MANUAL


class NewAlertFinding(Body):
    """What differs from what the alert, its use case and its policy say."""

    description: Prose = ""
    severity: FindingSeverity | None = None
    owner_id: uuid.UUID | None = None
    due_on: date | None = None


class NewPlan(Body):
    """How a finding is put right."""

    plan: Prose


class NewRemediation(Body):
    """What was done, and what shows it: a reference, a digest, or both."""

    evidence: Prose
    reference: Annotated[str, Field(max_length=1000)] | None = None
    evidence_digest: Digest | None = None


class NewClosure(Body):
    """Why the evidence convinces."""

    reason: Prose


class NewReopening(Body):
    """Why a finding is taken up again, and by when it is put right."""

    reason: Prose
    due_on: date


class NewSeverity(Body):
    """How severe a finding is after all."""

    severity: FindingSeverity
    reason: Prose


class NewOwner(Body):
    """Who owns a finding from now on, and why."""

    owner_id: uuid.UUID
    reason: Prose


class NewRiskAcceptance(Body):
    """Why the risk can be borne, and until when."""

    reason: Prose
    until_on: date


@router.get("/findings", operation_id="list_findings")
@needs(Permission.PROJECT_READ)
def list_findings(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: FindingState | None = None,
    severity: FindingSeverity | None = None,
    owner: Literal["me"] | None = None,
    overdue: bool | None = None,
    model_version_id: uuid.UUID | None = None,
    use_case_id: uuid.UUID | None = None,
) -> Listing[FindingRecord]:
    """Findings, newest first; `owner=me` keeps the caller's own."""
    return questions.findings(
        services.database,
        actor,
        page,
        state=state,
        severity=severity,
        owned_by_me=owner == "me",
        overdue=overdue,
        model_version_id=model_version_id,
        use_case_id=use_case_id,
    )


@router.get("/findings/{finding_id}", operation_id="get_finding")
@needs(Permission.PROJECT_READ)
def get_finding(
    finding_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """One finding, with the actions that its state allows."""
    return questions.finding(services.database, actor, finding_id)


@router.get("/findings/{finding_id}/steps", operation_id="list_finding_steps")
@needs(Permission.PROJECT_READ)
def list_finding_steps(
    finding_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[FindingStepRecord]:
    """What happened to a finding, oldest first, with what was said and shown."""
    return part_of(questions.steps(services.database, actor, finding_id), page)


@router.post("/model-versions/{version_id}/findings", status_code=201, operation_id="open_finding")
@needs(Permission.FINDING_OPEN)
def open_finding(
    version_id: uuid.UUID, body: NewFinding, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Say what is wrong with a model version."""
    return findings.open_finding(services.database, actor, version_id, **dict(body))


@router.get("/model-versions/{version_id}/blocking-findings", operation_id="list_blocking_findings")
@needs(Permission.PROJECT_READ)
def list_blocking_findings(
    version_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[FindingRecord]:
    """Findings that stand in the way of signatures and deployments now."""
    return part_of(questions.findings_in_the_way(services.database, actor, version_id), page)


@router.post(
    "/use-cases/{use_case_id}/findings", status_code=201, operation_id="open_use_case_finding"
)
@needs(Permission.FINDING_OPEN)
def open_use_case_finding(
    use_case_id: uuid.UUID, body: NewFinding, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Say what is wrong with a use case, and so with all of its versions."""
    return findings.open_use_case_finding(services.database, actor, use_case_id, **dict(body))


@router.post("/alerts/{alert_id}/findings", status_code=201, operation_id="open_alert_finding")
@needs(Permission.FINDING_OPEN)
def open_alert_finding(
    alert_id: uuid.UUID, body: NewAlertFinding, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Make an alert a finding, once."""
    return findings.open_alert_finding(services.database, actor, alert_id, **dict(body))


@router.post("/findings/{finding_id}/plans", status_code=201, operation_id="plan_remediation")
@needs(Permission.FINDING_REMEDIATE)
def plan_remediation(
    finding_id: uuid.UUID, body: NewPlan, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Say, as its owner, how a finding is put right."""
    return remediation.plan_remediation(services.database, actor, finding_id, plan=body.plan)


@router.post(
    "/findings/{finding_id}/remediations", status_code=201, operation_id="remediate_finding"
)
@needs(Permission.FINDING_REMEDIATE)
def remediate_finding(
    finding_id: uuid.UUID, body: NewRemediation, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Show, as its owner, that a finding is put right."""
    return remediation.remediate_finding(services.database, actor, finding_id, **dict(body))


@router.post("/findings/{finding_id}/closures", status_code=201, operation_id="close_finding")
@needs(Permission.FINDING_CLOSE)
def close_finding(
    finding_id: uuid.UUID, body: NewClosure, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Agree, as somebody else, that a finding is put right."""
    return remediation.close_finding(services.database, actor, finding_id, reason=body.reason)


@router.post("/findings/{finding_id}/reopenings", status_code=201, operation_id="reopen_finding")
@needs(Permission.FINDING_OPEN)
def reopen_finding(
    finding_id: uuid.UUID, body: NewReopening, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Take a finding up again: closed, remediated, or with an accepted risk."""
    return remediation.reopen_finding(services.database, actor, finding_id, **dict(body))


@router.post(
    "/findings/{finding_id}/severity-changes", status_code=201, operation_id="change_severity"
)
@needs(Permission.FINDING_CLOSE)
def change_severity(
    finding_id: uuid.UUID, body: NewSeverity, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Say that a finding is graver, or less grave, with the reason."""
    return remediation.change_severity(services.database, actor, finding_id, **dict(body))


@router.post(
    "/findings/{finding_id}/reassignments", status_code=201, operation_id="reassign_finding"
)
@needs(Permission.FINDING_CLOSE)
def reassign_finding(
    finding_id: uuid.UUID, body: NewOwner, actor: CurrentActor, services: WithServices
) -> FindingRecord:
    """Give a finding another owner."""
    return reassignments.reassign_finding(services.database, actor, finding_id, **dict(body))


@router.get("/findings/{finding_id}/risk-acceptances", operation_id="list_risk_acceptances")
@needs(Permission.PROJECT_READ)
def list_risk_acceptances(
    finding_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[RiskAcceptanceRecord]:
    """What people agreed, or proposed, about bearing the risk, newest first."""
    return part_of(questions.risk_acceptances(services.database, actor, finding_id), page)


@router.post(
    "/findings/{finding_id}/risk-acceptances",
    status_code=201,
    operation_id="propose_risk_acceptance",
)
@needs(Permission.FINDING_ACCEPT)
def propose_risk_acceptance(
    finding_id: uuid.UUID, body: NewRiskAcceptance, actor: CurrentActor, services: WithServices
) -> RiskAcceptanceRecord:
    """Offer, as the first of two people, to bear the risk until a day."""
    return risk_acceptances.propose_acceptance(services.database, actor, finding_id, **dict(body))


@router.post(
    "/risk-acceptances/{acceptance_id}/confirmations",
    status_code=201,
    operation_id="confirm_risk_acceptance",
)
@needs(Permission.FINDING_ACCEPT)
def confirm_risk_acceptance(
    acceptance_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> RiskAcceptanceRecord:
    """Agree, as the second person, in the other role."""
    return risk_acceptances.confirm_acceptance(services.database, actor, acceptance_id)

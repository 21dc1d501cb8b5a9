"""What waits for one person, from all that people are asked to do, the most urgent first."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time
from enum import StrEnum

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.lifecycle.access import AccessState
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.attestations import AttestationState
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.lifecycle.model_requests import ModelRequestState
from accredit_governance.lifecycle.proceedings import ProceedingState
from accredit_governance.lifecycle.webhooks import WebhookState
from accredit_governance.questions import (
    access,
    aftercare,
    approvals,
    attestations,
    catalogue,
    findings,
    intake,
    models,
    waivers,
    webhooks,
)
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.registry.database import Database

_ALL = Page(size=MAX_PAGE)


class TaskKind(StrEnum):
    """What there is to do; the id of a task is that of the thing it is named after."""

    APPROVAL_REQUEST = "approval_request"
    WAIVER = "waiver"
    PROCEEDING = "proceeding"
    ACCESS_REQUEST = "access_request"
    RISK_ASSESSMENT = "risk_assessment"
    MODEL_REQUEST = "model_request"
    FINDING = "finding"
    RISK_ACCEPTANCE = "risk_acceptance"
    ATTESTATION = "attestation"
    CONDITION = "condition"
    WEBHOOK = "webhook"


class Task(Document):
    """Something that one person could do now, and somebody waits for.

    Attributes:
        kind: what is to be done.
        id: of the approval request, the finding and so on.
        parent_id: where it is done, if not at itself: the version of a waiver, the use case of an
            assessment, the finding of a risk.
        subject: what it is about, for people.
        summary: what is to be done, as a sentence.
        asked_by: who waits for it; None: the policy does.
        due_at: end of the time for it, if it has one.
        overdue: that time is over.
    """

    kind: TaskKind
    id: uuid.UUID
    parent_id: uuid.UUID | None = None
    subject: str
    summary: str
    asked_by: uuid.UUID | None = None
    due_at: datetime | None = None
    overdue: bool = False


def tasks(database: Database, actor: Actor) -> tuple[Task, ...]:
    """All that the actor could do now, of what others wait for: what is late, then what is due."""
    if actor.may_anywhere(Permission.PROJECT_READ):
        found = [*_to_sign(database, actor), *_to_answer(database, actor), *_owed(database, actor)]
    else:
        found = []
    found.extend(_purges(database, actor))
    found.extend(_broken_webhooks(database, actor))
    never = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda task: (not task.overdue, task.due_at or never)))


def _to_sign(database: Database, actor: Actor) -> Iterator[Task]:
    for request in models.approval_requests(
        database, actor, _ALL, state=RequestState.OPEN, for_me=True
    ).items:
        yield Task(
            kind=TaskKind.APPROVAL_REQUEST,
            id=request.id,
            subject=f"{request.model_name}, version {request.version_number}",
            summary=f"Decide the stage {request.open_stage} of its approval.",
            asked_by=request.submitted_by,
        )
    for waiver in waivers.waivers_to_confirm(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.WAIVER,
            id=waiver.id,
            parent_id=waiver.model_version_id,
            subject=_version(database, actor, waiver.model_version_id),
            summary=f"Confirm a waiver of {waiver.check_key}, or leave it.",
            asked_by=waiver.proposed_by,
        )
    for asked in aftercare.proceedings(
        database, actor, _ALL, state=ProceedingState.OPEN, for_me=True
    ).items:
        yield Task(
            kind=TaskKind.PROCEEDING,
            id=asked.id,
            subject=f"{asked.model_name}, version {asked.version_number}",
            summary=f"Decide on its {asked.kind.value.replace('_', ' ')}.",
            asked_by=asked.asked_by,
        )
    for due in attestations.attestations(
        database, actor, _ALL, state=AttestationState.DUE, for_me=True
    ).items:
        yield Task(
            kind=TaskKind.ATTESTATION,
            id=due.id,
            subject=_version(database, actor, due.model_version_id),
            summary=f"Attest {due.name}, or decline.",
            due_at=datetime.combine(due.due_on, time.max, UTC),
            overdue=due.overdue,
        )


def _to_answer(database: Database, actor: Actor) -> Iterator[Task]:
    for state in (AccessState.REQUESTED, AccessState.OWNER_DECIDED):
        for request in access.access_requests(
            database, actor, _ALL, state=state, for_me=True
        ).items:
            yield Task(
                kind=TaskKind.ACCESS_REQUEST,
                id=request.id,
                subject=models.model(database, actor, request.model_id).name,
                summary=f"Decide on access in {request.environment} for {request.purpose}.",
                asked_by=request.requested_by,
                due_at=request.lapses_at,
            )
    for assessment in intake.assessments_to_decide(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.RISK_ASSESSMENT,
            id=assessment.id,
            parent_id=assessment.use_case_id,
            subject=catalogue.use_case(database, actor, assessment.use_case_id).terms.title,
            summary=f"Decide on its risk assessment: tier {assessment.tier}.",
            asked_by=assessment.filled_by,
        )
    for step in (ModelRequestState.REQUESTED, ModelRequestState.TRIAGED):
        for need in intake.model_requests(database, actor, _ALL, state=step).items:
            if actor.may(Permission.MODEL_REQUEST_DECIDE, need.project_id):
                yield Task(
                    kind=TaskKind.MODEL_REQUEST,
                    id=need.id,
                    subject=need.need.title,
                    summary="Triage a request for a model."
                    if step is ModelRequestState.REQUESTED
                    else "Accept a request for a model, or decline it.",
                    asked_by=need.requested_by,
                )


def _owed(database: Database, actor: Actor) -> Iterator[Task]:
    for finding in findings.owed_by_me(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.FINDING,
            id=finding.id,
            subject=finding.title,
            summary=f"Put this finding right; its severity is {finding.severity}.",
            due_at=datetime.combine(finding.due_on, time.max, UTC),
            overdue=finding.overdue,
        )
    for finding in findings.remediated_for_me(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.FINDING,
            id=finding.id,
            subject=finding.title,
            summary="Close this finding, or send it back.",
            asked_by=finding.remediated_by,
        )
    for risk in findings.acceptances_to_confirm(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.RISK_ACCEPTANCE,
            id=risk.id,
            parent_id=risk.finding_id,
            subject=findings.finding(database, actor, risk.finding_id).title,
            summary=f"Agree to bear its risk until {risk.until_on.isoformat()}, or leave it.",
            asked_by=risk.proposed_by,
        )
    for state in (ConditionState.OPEN, ConditionState.BREACHED):
        for condition in approvals.conditions(
            database, actor, _ALL, state=state, for_me=True
        ).items:
            yield Task(
                kind=TaskKind.CONDITION,
                id=condition.id,
                subject=_version(database, actor, condition.model_version_id),
                summary=f"Meet a condition of its approval: {condition.text}",
                asked_by=condition.imposed_by,
                due_at=condition.due_at,
                overdue=state is ConditionState.BREACHED,
            )

    for condition in approvals.conditions_to_confirm(database, actor, _ALL).items:
        yield Task(
            kind=TaskKind.CONDITION,
            id=condition.id,
            subject=_version(database, actor, condition.model_version_id),
            summary=f"Confirm that a condition is met, or return it: {condition.text}",
            asked_by=condition.met_by,
        )


def _purges(database: Database, actor: Actor) -> Iterator[Task]:
    """Purges by those who read nothing else: for the others they are proceedings."""
    if actor.may_anywhere(Permission.PROJECT_READ) or not actor.may_anywhere(
        Permission.VERSION_PURGE
    ):
        return
    waiting = aftercare.purges(database, actor, _ALL, state=ProceedingState.OPEN).items
    refusals = aftercare.why_not_sign_proceedings(database, actor, tuple(p.id for p in waiting))
    for asked in waiting:
        if refusals[asked.id] is None:
            yield Task(
                kind=TaskKind.PROCEEDING,
                id=asked.id,
                subject=f"{asked.model_name}, version {asked.version_number}",
                summary="Decide on its purge.",
                asked_by=asked.asked_by,
            )


def _broken_webhooks(database: Database, actor: Actor) -> Iterator[Task]:
    if not actor.may_anywhere(Permission.WEBHOOK_MANAGE):
        return
    for webhook in webhooks.webhooks(database, actor, _ALL, state=WebhookState.DISABLED).items:
        yield Task(
            kind=TaskKind.WEBHOOK,
            id=webhook.id,
            subject=webhook.title,
            summary="Its receiver takes nothing any more: resume this webhook, or revoke it.",
        )


def _version(database: Database, actor: Actor, version_id: uuid.UUID) -> str:
    version = models.version(database, actor, version_id)
    return f"{version.model_name}, version {version.number}"

"""Conditions of approvals: who owes what until when, and whether somebody else saw it done."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.operations import conditions, reassignments
from accredit_governance.questions import approvals as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.approval_records import ConditionRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["approvals"])


class NewEvidence(Body):
    """What shows that a condition is met."""

    evidence: Annotated[str, Field(max_length=4000)]


class NewReturn(Body):
    """Why the evidence is not enough."""

    reason: Annotated[str, Field(max_length=4000)]


class NewConditionOwner(Body):
    """Who owns a condition from now on, and why."""

    owner_id: uuid.UUID
    reason: Annotated[str, Field(max_length=4000)]


@router.get("/approval-conditions", operation_id="list_approval_conditions")
@needs(Permission.PROJECT_READ)
def list_approval_conditions(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: ConditionState | None = None,
    owner: Annotated[str | None, Query(pattern="^me$")] = None,
) -> Listing[ConditionRecord]:
    """Conditions, newest first; `owner=me` keeps those that the caller sees to."""
    return questions.conditions(services.database, actor, page, state=state, for_me=owner == "me")


@router.get("/approval-conditions/{condition_id}", operation_id="get_approval_condition")
@needs(Permission.PROJECT_READ)
def get_approval_condition(
    condition_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ConditionRecord:
    """One condition."""
    return questions.condition(services.database, actor, condition_id)


@router.get("/model-versions/{version_id}/conditions", operation_id="list_version_conditions")
@needs(Permission.PROJECT_READ)
def list_version_conditions(
    version_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[ConditionRecord]:
    """Conditions under which a version was approved, oldest first."""
    return part_of(questions.conditions_of_version(services.database, actor, version_id), page)


@router.post(
    "/approval-conditions/{condition_id}/fulfilments",
    status_code=201,
    operation_id="meet_approval_condition",
)
@needs(Permission.APPROVAL_DISCUSS)
def meet_approval_condition(
    condition_id: uuid.UUID, body: NewEvidence, actor: CurrentActor, services: WithServices
) -> ConditionRecord:
    """Say, as its owner, that a condition is met, and what shows it."""
    return conditions.meet_condition(services.database, actor, condition_id, evidence=body.evidence)


@router.post(
    "/approval-conditions/{condition_id}/confirmations",
    status_code=201,
    operation_id="confirm_approval_condition",
)
@needs(Permission.APPROVAL_SIGN)
def confirm_approval_condition(
    condition_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ConditionRecord:
    """Agree, as somebody else, that a condition is met."""
    return conditions.confirm_condition(services.database, actor, condition_id)


@router.post(
    "/approval-conditions/{condition_id}/returns",
    status_code=201,
    operation_id="return_approval_condition",
)
@needs(Permission.APPROVAL_SIGN)
def return_approval_condition(
    condition_id: uuid.UUID, body: NewReturn, actor: CurrentActor, services: WithServices
) -> ConditionRecord:
    """Find the evidence too thin; the condition is open again."""
    return conditions.return_condition(services.database, actor, condition_id, reason=body.reason)


@router.post(
    "/approval-conditions/{condition_id}/reassignments",
    status_code=201,
    operation_id="reassign_approval_condition",
)
@needs(Permission.APPROVAL_SIGN)
def reassign_approval_condition(
    condition_id: uuid.UUID, body: NewConditionOwner, actor: CurrentActor, services: WithServices
) -> ConditionRecord:
    """Give a condition another owner."""
    return reassignments.reassign_condition(services.database, actor, condition_id, **dict(body))

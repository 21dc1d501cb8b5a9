"""Delegations: a signature for a role, lent to another person for a time."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.documents import Moment
from accredit_governance.operations import delegations
from accredit_governance.questions import approvals as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.approval_records import DelegationRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["approvals"])


class NewDelegation(Body):
    """Who signs in the caller's stead, for which role, where and when."""

    model_config = ConfigDict(serialize_by_alias=True)

    delegate_id: uuid.UUID
    role: Role
    project_id: uuid.UUID | None = None
    starts_at: Annotated[Moment, Field(alias="from")]
    ends_at: Annotated[Moment, Field(alias="until", description="at most 90 days after `from`")]
    reason: Annotated[str, Field(max_length=4000)]


@router.get("/delegations", operation_id="list_delegations")
@needs(Permission.PROJECT_READ)
def list_delegations(
    page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[DelegationRecord]:
    """Delegations that the caller gave or holds; auditors see all of them."""
    return part_of(questions.delegations(services.database, actor), page)


@router.post("/delegations", status_code=201, operation_id="create_delegation")
@needs(Permission.APPROVAL_SIGN)
def create_delegation(
    body: NewDelegation, actor: CurrentActor, services: WithServices
) -> DelegationRecord:
    """Lend one's signature for a role; the separation of duties holds for both people."""
    return delegations.give_delegation(
        services.database,
        actor,
        body.delegate_id,
        role=body.role,
        project_id=body.project_id,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
    )


@router.post(
    "/delegations/{delegation_id}/revocations", status_code=201, operation_id="revoke_delegation"
)
@needs(Permission.PROJECT_READ)
def revoke_delegation(
    delegation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> DelegationRecord:
    """End a delegation at once, as either of the two people."""
    return delegations.revoke_delegation(services.database, actor, delegation_id)

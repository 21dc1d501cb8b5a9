"""Access to approved models: requests, decisions, grants, and what of them is used up."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Moment
from accredit_governance.lifecycle.access import AccessDecision, AccessState
from accredit_governance.operations import access_decisions, access_requests
from accredit_governance.operations.access_requests import Wish
from accredit_governance.questions import access
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.access_records import (
    AccessGrantRecord,
    AccessRequestRecord,
    GrantUsage,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["access"])

Quota = Annotated[int, Field(ge=1, le=access_requests.LARGEST_QUOTA)]


class NewAccessRequest(Body):
    """Who wants to use a model, what for, where, how much and until when."""

    model_id: uuid.UUID
    principal_id: uuid.UUID = Field(description="who will predict; holds the role consumer")
    environment: str = "production"
    purpose: Annotated[
        str | None,
        Field(
            max_length=63,
            description="a code that the use case permits; default: its only one",
        ),
    ] = None
    intended_use: Annotated[str, Field(max_length=4000, description="what for, in words")]
    quota_per_day: Annotated[
        Quota | None, Field(description="predictions on a day in UTC; one quota is needed")
    ] = None
    quota_total: Annotated[Quota | None, Field(description="predictions in all")] = None
    valid_until: Moment
    renews_grant_id: Annotated[
        uuid.UUID | None, Field(description="the grant that ends when this one is given")
    ] = None

    @property
    def wish(self) -> Wish:
        """What is asked for, without the model."""
        return Wish.model_validate(self.model_dump(exclude={"model_id"}))


class NewAccessDecision(Body):
    """Yes or no."""

    decision: AccessDecision
    comment: Annotated[str, Field(max_length=4000, description="needed for a no")] = ""


class NewAccessRevocation(Body):
    """Why access ends before its time."""

    reason: Annotated[str, Field(max_length=4000)]


@router.get("/access-requests", operation_id="list_access_requests")
@needs(Permission.ACCESS_READ)
def list_access_requests(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: AccessState | None = None,
    model_id: uuid.UUID | None = None,
    assignee: Literal["me"] | None = None,
) -> Listing[AccessRequestRecord]:
    """Requests for access; `assignee=me` keeps what the caller could decide now."""
    return access.access_requests(
        services.database, actor, page, state=state, model_id=model_id, for_me=assignee == "me"
    )


@router.post("/access-requests", status_code=201, operation_id="request_access")
@needs(Permission.ACCESS_REQUEST_CREATE)
def request_access(
    body: NewAccessRequest, actor: CurrentActor, services: WithServices
) -> AccessRequestRecord:
    """Ask that a principal may predict with the approved versions of a model."""
    return access_requests.request_access(services.database, actor, body.model_id, wish=body.wish)


@router.get("/access-requests/{access_request_id}", operation_id="get_access_request")
@needs(Permission.ACCESS_READ)
def get_access_request(
    access_request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> AccessRequestRecord:
    """One request, with what was said about it."""
    return access.access_request(services.database, actor, access_request_id)


@router.post(
    "/access-requests/{access_request_id}/decisions",
    status_code=201,
    operation_id="decide_access",
)
@needs(Permission.ACCESS_GRANT_GIVE)
def decide_access(
    access_request_id: uuid.UUID,
    body: NewAccessDecision,
    actor: CurrentActor,
    services: WithServices,
) -> AccessRequestRecord:
    """Say yes or no; the last yes makes the grant."""
    return access_decisions.decide_access(
        services.database, actor, access_request_id, decision=body.decision, comment=body.comment
    )


@router.post(
    "/access-requests/{access_request_id}/withdrawals",
    status_code=201,
    operation_id="withdraw_access_request",
)
@needs(Permission.ACCESS_REQUEST_CREATE)
def withdraw_access_request(
    access_request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> AccessRequestRecord:
    """Take one's own request back."""
    return access_requests.withdraw_access_request(services.database, actor, access_request_id)


@router.get("/access-grants", operation_id="list_access_grants")
@needs(Permission.ACCESS_READ)
def list_access_grants(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    model_id: uuid.UUID | None = None,
    environment: str | None = None,
    principal_id: uuid.UUID | None = None,
) -> Listing[AccessGrantRecord]:
    """One's own grants; all of a project for those who read its audit trail."""
    return access.access_grants(
        services.database,
        actor,
        page,
        model_id=model_id,
        environment=environment,
        principal_id=principal_id,
    )


@router.get("/access-grants/{grant_id}", operation_id="get_access_grant")
@needs(Permission.ACCESS_READ)
def get_access_grant(
    grant_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> AccessGrantRecord:
    """One grant."""
    return access.access_grant(services.database, actor, grant_id)


@router.get("/access-grants/{grant_id}/usage", operation_id="get_access_grant_usage")
@needs(Permission.ACCESS_READ)
def get_access_grant_usage(
    grant_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> GrantUsage:
    """What of a grant is used up, per day."""
    return access.grant_usage(services.database, actor, grant_id)


@router.post("/access-grants/{grant_id}/revocations", status_code=201, operation_id="revoke_access")
@needs(Permission.ACCESS_GRANT_GIVE)
def revoke_access(
    grant_id: uuid.UUID, body: NewAccessRevocation, actor: CurrentActor, services: WithServices
) -> AccessGrantRecord:
    """End a grant at once."""
    return access_decisions.revoke_access(services.database, actor, grant_id, reason=body.reason)

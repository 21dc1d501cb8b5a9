"""Approval requests: the queue, signing with a fresh proof of who signs, comments, withdrawal."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest
from accredit_governance.lifecycle.approvals import Decision, RequestState
from accredit_governance.operations import approvals, comments, tickets, trail
from accredit_governance.questions import approvals as questions
from accredit_governance.questions import models
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.approval_records import (
    ApprovalRequestRecord,
    CommentRecord,
    NewCondition,
    SigningTicket,
)
from accredit_platform.api.bodies import Body, Ticket
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.auth.passwords import MAX_PASSWORD
from accredit_platform.auth.secrets import new_ticket
from accredit_platform.auth.sign_in import prove_again, prove_by_token

router = APIRouter(tags=["approvals"])


class NewSigningTicket(Body):
    """The caller's password once more, and the digest that will be signed.

    Without a password the bearer token is the proof: one of an identity provider, whose
    `auth_time` is at most five minutes old.
    """

    subject_digest: Digest
    password: Annotated[str, Field(max_length=MAX_PASSWORD)] | None = None


class NewSignOff(Body):
    """A signature over the digest that the signer has read."""

    decision: Decision
    subject_digest: Digest
    comment: Annotated[str, Field(max_length=4000)] = ""
    ticket: Ticket = ""
    conditions: tuple[NewCondition, ...] = ()


class NewComment(Body):
    """What is said about a request."""

    text: Annotated[str, Field(max_length=4000)]


@router.post("/me/signing-tickets", status_code=201, operation_id="create_signing_ticket")
@needs(Permission.SIGNING_TICKET_CREATE)
def create_signing_ticket(
    body: NewSigningTicket, request: Request, actor: CurrentActor, services: WithServices
) -> SigningTicket:
    """Authenticate anew to sign over one digest; good for one signature within five minutes."""
    if body.password is None:
        method, at = "oidc", prove_by_token(request, services)
    else:
        method, at = prove_again(request, services, actor, body.password), None
    return tickets.issue_ticket(
        services.database,
        actor,
        secret=new_ticket(),
        subject_digest=body.subject_digest,
        method=method,
        authenticated_at=at,
    )


@router.get("/approval-requests", operation_id="list_approval_requests")
@needs(Permission.PROJECT_READ)
def list_approval_requests(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: RequestState | None = None,
    model_version_id: uuid.UUID | None = None,
    assignee: Annotated[str | None, Query(pattern="^me$")] = None,
) -> Listing[ApprovalRequestRecord]:
    """The approval queue; `assignee=me` keeps what the caller could sign now."""
    return models.approval_requests(
        services.database,
        actor,
        page,
        state=state,
        model_version_id=model_version_id,
        for_me=assignee == "me",
    )


@router.get("/approval-escalations", operation_id="list_approval_escalations")
@needs(Permission.PROJECT_READ)
def list_approval_escalations(
    actor: CurrentActor, services: WithServices
) -> Listing[ApprovalRequestRecord]:
    """Requests that wait too long for a role of the caller's, longest first."""
    return questions.escalated_requests(services.database, actor)


@router.get("/approval-requests/{request_id}", operation_id="get_approval_request")
@needs(Permission.PROJECT_READ)
def get_approval_request(
    request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ApprovalRequestRecord:
    """One approval request with its signatures, conditions, and what a signature would mean."""
    return models.approval_request(services.database, actor, request_id)


@router.post("/approval-requests/{request_id}/sign-offs", status_code=201, operation_id="sign_off")
@needs(Permission.APPROVAL_SIGN)
def sign_off(
    request_id: uuid.UUID, body: NewSignOff, actor: CurrentActor, services: WithServices
) -> ApprovalRequestRecord:
    """Sign, one way or the other; a checkpoint of the audit trail is signed at once."""
    record = approvals.sign_off(
        services.database,
        actor,
        request_id,
        decision=body.decision,
        subject_digest=body.subject_digest,
        comment=body.comment,
        ticket=body.ticket,
        conditions=body.conditions,
    )
    trail.sign_now(services.database, services.key)
    return record


@router.get("/approval-requests/{request_id}/comments", operation_id="list_approval_comments")
@needs(Permission.PROJECT_READ)
def list_approval_comments(
    request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Listing[CommentRecord]:
    """What was said about a request, oldest first."""
    return questions.comments(services.database, actor, request_id)


@router.post(
    "/approval-requests/{request_id}/comments",
    status_code=201,
    operation_id="create_approval_comment",
)
@needs(Permission.APPROVAL_DISCUSS)
def create_approval_comment(
    request_id: uuid.UUID, body: NewComment, actor: CurrentActor, services: WithServices
) -> CommentRecord:
    """Say something about a request; it cannot be changed or removed."""
    return comments.write_comment(services.database, actor, request_id, text=body.text)


@router.post(
    "/approval-requests/{request_id}/withdrawals",
    status_code=201,
    operation_id="withdraw_approval_request",
)
@needs(Permission.VERSION_SUBMIT)
def withdraw_approval_request(
    request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ApprovalRequestRecord:
    """Take one's own request back."""
    return approvals.withdraw_request(services.database, actor, request_id)

"""Attestations: what people stand by from time to time while a model is approved."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest
from accredit_governance.lifecycle.attestations import Answer, AttestationState
from accredit_governance.operations import attestations
from accredit_governance.questions import attestations as questions
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.findings_records import AttestationRecord
from accredit_platform.api.bodies import Body, Ticket
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["attestations"])


class NewAttestationSignOff(Body):
    """An answer over the card that was read: its digest is `read_digest` of the attestation.

    The ticket is over the same digest.
    """

    answer: Answer
    card_digest: Digest
    comment: Annotated[str, Field(max_length=4000)] = ""
    ticket: Ticket = ""


@router.get("/attestations", operation_id="list_attestations")
@needs(Permission.PROJECT_READ)
def list_attestations(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    assignee: Literal["me"] | None = None,
    state: AttestationState | None = None,
    overdue: bool | None = None,
    model_version_id: uuid.UUID | None = None,
) -> Listing[AttestationRecord]:
    """Attestations, newest first; `assignee=me` keeps those in a role of the caller."""
    return questions.attestations(
        services.database,
        actor,
        page,
        state=state,
        for_me=assignee == "me",
        overdue=overdue,
        model_version_id=model_version_id,
    )


@router.get("/attestations/{attestation_id}", operation_id="get_attestation")
@needs(Permission.PROJECT_READ)
def get_attestation(
    attestation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> AttestationRecord:
    """One attestation, with the digest of the card that an answer has to name."""
    return questions.attestation(services.database, actor, attestation_id)


@router.post(
    "/attestations/{attestation_id}/sign-offs", status_code=201, operation_id="answer_attestation"
)
@needs(Permission.ATTESTATION_SIGN)
def answer_attestation(
    attestation_id: uuid.UUID,
    body: NewAttestationSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> AttestationRecord:
    """Stand by the statement, or decline; that opens a finding."""
    return attestations.answer_attestation(services.database, actor, attestation_id, **dict(body))

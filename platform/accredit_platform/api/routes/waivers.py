"""Waivers: proposing, confirming, revoking, and the register."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest, Moment
from accredit_governance.lifecycle.waivers import WaiverState
from accredit_governance.operations import waiver_ends, waivers
from accredit_governance.questions import waivers as questions
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.records import WaiverRecord
from accredit_platform.api.bodies import Body, Ticket
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["waivers"])


class NewWaiver(Body):
    """Ask that a check with too little evidence be accepted for a while.

    The ticket is over `report_digest` of the gate evaluation.
    """

    check_key: str
    reason: Annotated[str, Field(max_length=4000)]
    obligation: Annotated[
        str,
        Field(
            max_length=4000,
            description="the compensating control: what limits the harm meanwhile, and by whom",
        ),
    ]
    expires_at: Moment
    ticket: Ticket = ""


class NewConfirmation(Body):
    """A signature over `subject_digest` of the waiver, which the signer has read."""

    subject_digest: Digest
    ticket: Ticket = ""


class NewRevocation(Body):
    """Why a waiver is taken back."""

    reason: Annotated[str, Field(max_length=4000)]


@router.get("/waivers", operation_id="list_waiver_register")
@needs(Permission.PROJECT_READ)
def list_waiver_register(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: WaiverState | None = None,
    model_version_id: uuid.UUID | None = None,
    expires_before: Moment | None = None,
) -> Listing[WaiverRecord]:
    """The register: every waiver, newest first, those that have ended included."""
    return questions.register(
        services.database,
        actor,
        page,
        state=state,
        model_version_id=model_version_id,
        expires_before=expires_before,
    )


@router.get("/waivers/{waiver_id}", operation_id="get_waiver")
@needs(Permission.PROJECT_READ)
def get_waiver(waiver_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> WaiverRecord:
    """One waiver."""
    return questions.waiver(services.database, actor, waiver_id)


@router.get("/model-versions/{version_id}/waivers", operation_id="list_waivers")
@needs(Permission.PROJECT_READ)
def list_waivers(
    version_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[WaiverRecord]:
    """Waivers of the newest judgement, those that have ended included."""
    return part_of(questions.waivers_of_version(services.database, actor, version_id), page)


@router.post(
    "/gate-evaluations/{evaluation_id}/waivers", status_code=201, operation_id="propose_waiver"
)
@needs(Permission.WAIVER_SIGN)
def propose_waiver(
    evaluation_id: uuid.UUID, body: NewWaiver, actor: CurrentActor, services: WithServices
) -> WaiverRecord:
    """Propose, as the first of two people."""
    return waivers.propose_waiver(
        services.database,
        actor,
        evaluation_id,
        check_key=body.check_key,
        reason=body.reason,
        obligation=body.obligation,
        expires_at=body.expires_at,
        ticket=body.ticket,
    )


@router.post("/waivers/{waiver_id}/confirmations", status_code=201, operation_id="confirm_waiver")
@needs(Permission.WAIVER_SIGN)
def confirm_waiver(
    waiver_id: uuid.UUID, body: NewConfirmation, actor: CurrentActor, services: WithServices
) -> WaiverRecord:
    """Agree, as the second person."""
    return waivers.confirm_waiver(
        services.database,
        actor,
        waiver_id,
        subject_digest=body.subject_digest,
        ticket=body.ticket,
    )


@router.post("/waivers/{waiver_id}/revocations", status_code=201, operation_id="revoke_waiver")
@needs(Permission.WAIVER_SIGN)
def revoke_waiver(
    waiver_id: uuid.UUID, body: NewRevocation, actor: CurrentActor, services: WithServices
) -> WaiverRecord:
    """Take a waiver back; what rested on it is open again."""
    return waiver_ends.revoke_waiver(services.database, actor, waiver_id, reason=body.reason)

"""After the approval: reinstating, re-certifying, planning changes, retiring, holding, purging."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Digest
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState, Verdict
from accredit_governance.operations import (
    change_plans,
    legal_holds,
    proceedings,
    purging,
    recertification,
    reinstatement,
    retirement,
    trail,
)
from accredit_governance.operations.legal_holds import HoldTarget
from accredit_governance.questions import aftercare
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.aftercare_records import (
    ChangePlanRecord,
    LegalHoldRecord,
    ProceedingRecord,
    RecertificationRecord,
    TombstoneRecord,
)
from accredit_governance.registry.aftercare_terms import Ending, PlannedChange, Reinstatement
from accredit_governance.registry.records import ModelVersionRecord
from accredit_platform.api.bodies import Body, Ticket, WholeText
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["aftercare"])


class NewProceedingSignOff(Body):
    """A signature over the digest that the signer has read."""

    decision: Verdict
    subject_digest: Digest
    comment: Annotated[str, Field(max_length=4000)] = ""
    ticket: Ticket = ""


class NewRecertification(Body):
    """Rows to judge on; without them the hold-out of the run is."""

    dataset_version_id: uuid.UUID | None = None


class NewLegalHold(Body):
    """What nothing may be deleted of, and why."""

    target: HoldTarget
    target_id: uuid.UUID
    reason: Annotated[str, Field(max_length=4000)]


class NewLifting(Body):
    """Why a hold is lifted."""

    reason: Annotated[str, Field(max_length=4000)]


class NewPlannedSubmission(Body):
    """The change plan that a version is submitted under."""

    change_plan_id: uuid.UUID


@router.get("/proceedings", operation_id="list_proceedings")
@needs(Permission.PROJECT_READ)
def list_proceedings(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: ProceedingState | None = None,
    kind: ProceedingKind | None = None,
    model_version_id: uuid.UUID | None = None,
) -> Listing[ProceedingRecord]:
    """What was asked to be done with versions, newest first."""
    return aftercare.proceedings(
        services.database, actor, page, state=state, kind=kind, model_version_id=model_version_id
    )


@router.get("/proceedings/{proceeding_id}", operation_id="get_proceeding")
@needs(Permission.PROJECT_READ)
def get_proceeding(
    proceeding_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ProceedingRecord:
    """One proceeding with its signatures."""
    return aftercare.proceeding(services.database, actor, proceeding_id)


@router.post(
    "/proceedings/{proceeding_id}/withdrawals",
    status_code=201,
    operation_id="withdraw_proceeding",
)
@needs(Permission.PROJECT_READ)
def withdraw_proceeding(
    proceeding_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ProceedingRecord:
    """Take back what one asked for."""
    return proceedings.withdraw_proceeding(services.database, actor, proceeding_id)


@router.post(
    "/model-versions/{version_id}/reinstatements",
    status_code=201,
    operation_id="ask_reinstatement",
)
@needs(Permission.VERSION_REINSTATE)
def ask_reinstatement(
    version_id: uuid.UUID,
    body: Annotated[Reinstatement, WholeText],
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Ask for a suspended version to serve again, as its owner."""
    return reinstatement.ask_reinstatement(services.database, actor, version_id, request=body)


@router.post(
    "/reinstatements/{proceeding_id}/sign-offs",
    status_code=201,
    operation_id="sign_reinstatement",
)
@needs(Permission.APPROVAL_SIGN)
def sign_reinstatement(
    proceeding_id: uuid.UUID,
    body: NewProceedingSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Sign as validator or compliance; the second approval brings the version back."""
    record = reinstatement.sign_reinstatement(
        services.database, actor, proceeding_id, **body.model_dump()
    )
    trail.sign_now(services.database, services.key)
    return record


@router.post(
    "/model-versions/{version_id}/recertifications",
    status_code=202,
    operation_id="recertify_model_version",
)
@needs(Permission.VERSION_SUBMIT)
def recertify_model_version(
    version_id: uuid.UUID,
    body: NewRecertification,
    actor: CurrentActor,
    services: WithServices,
) -> RecertificationRecord:
    """Hand an expired version to the gates of the policy of today."""
    return recertification.recertify(
        services.database, actor, version_id, dataset_version_id=body.dataset_version_id
    )


@router.post(
    "/model-versions/{version_id}/retirements", status_code=201, operation_id="ask_retirement"
)
@needs(Permission.VERSION_RETIRE)
def ask_retirement(
    version_id: uuid.UUID,
    body: Annotated[Ending, WholeText],
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Ask for a version to be retired for good; one of the other role has to agree."""
    return retirement.ask_retirement(services.database, actor, version_id, request=body)


@router.post(
    "/retirements/{proceeding_id}/sign-offs", status_code=201, operation_id="sign_retirement"
)
@needs(Permission.VERSION_RETIRE)
def sign_retirement(
    proceeding_id: uuid.UUID,
    body: NewProceedingSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Agree to a retirement as the second person, or refuse it."""
    record = retirement.sign_retirement(
        services.database, actor, proceeding_id, **body.model_dump()
    )
    trail.sign_now(services.database, services.key)
    return record


@router.get("/purges", operation_id="list_purges")
@needs(Permission.VERSION_PURGE)
def list_purges(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: ProceedingState | None = None,
) -> Listing[ProceedingRecord]:
    """Purges, newest first."""
    return aftercare.purges(services.database, actor, page, state=state)


@router.post("/model-versions/{version_id}/purges", status_code=201, operation_id="ask_purge")
@needs(Permission.VERSION_PURGE)
def ask_purge(
    version_id: uuid.UUID,
    body: Annotated[Ending, WholeText],
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Ask for the files of a retired version to be deleted; its records stay."""
    return purging.ask_purge(services.database, actor, version_id, request=body)


@router.post("/purges/{proceeding_id}/sign-offs", status_code=201, operation_id="sign_purge")
@needs(Permission.VERSION_PURGE)
def sign_purge(
    proceeding_id: uuid.UUID,
    body: NewProceedingSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Agree to a purge as the second person, or refuse it."""
    record = purging.sign_purge(services.database, actor, proceeding_id, **body.model_dump())
    trail.sign_now(services.database, services.key)
    return record


@router.get("/model-versions/{version_id}/tombstone", operation_id="get_tombstone")
@needs(Permission.PROJECT_READ)
def get_tombstone(
    version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> TombstoneRecord:
    """What was taken away with a purged version."""
    return aftercare.tombstone(services.database, actor, version_id)


@router.get("/change-plans", operation_id="list_change_plans")
@needs(Permission.PROJECT_READ)
def list_change_plans(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    model_version_id: uuid.UUID | None = None,
    in_force: bool | None = None,
) -> Listing[ChangePlanRecord]:
    """Signed change plans with their uses, newest first."""
    return aftercare.change_plans(
        services.database, actor, page, model_version_id=model_version_id, in_force=in_force
    )


@router.get("/change-plans/{plan_id}", operation_id="get_change_plan")
@needs(Permission.PROJECT_READ)
def get_change_plan(
    plan_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ChangePlanRecord:
    """One signed change plan with its uses."""
    return aftercare.change_plan(services.database, actor, plan_id)


@router.post(
    "/model-versions/{version_id}/change-plans",
    status_code=201,
    operation_id="propose_change_plan",
)
@needs(Permission.VERSION_SUBMIT)
def propose_change_plan(
    version_id: uuid.UUID,
    body: Annotated[PlannedChange, WholeText],
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Propose what may change about an approved version without a full review."""
    return change_plans.propose_plan(services.database, actor, version_id, request=body)


@router.post(
    "/change-plans/{proceeding_id}/sign-offs", status_code=201, operation_id="sign_change_plan"
)
@needs(Permission.APPROVAL_SIGN)
def sign_change_plan(
    proceeding_id: uuid.UUID,
    body: NewProceedingSignOff,
    actor: CurrentActor,
    services: WithServices,
) -> ProceedingRecord:
    """Sign as validator or owner; the second approval puts the plan into force."""
    record = change_plans.sign_plan(services.database, actor, proceeding_id, **body.model_dump())
    trail.sign_now(services.database, services.key)
    return record


@router.post(
    "/model-versions/{version_id}/planned-submissions",
    status_code=202,
    operation_id="submit_under_change_plan",
)
@needs(Permission.VERSION_SUBMIT)
def submit_under_change_plan(
    version_id: uuid.UUID,
    body: NewPlannedSubmission,
    actor: CurrentActor,
    services: WithServices,
) -> ModelVersionRecord:
    """Freeze a candidate and hand it to the gates under a change plan."""
    return change_plans.submit_under_plan(
        services.database, actor, version_id, change_plan_id=body.change_plan_id
    )


@router.get("/legal-holds", operation_id="list_legal_holds")
@needs(Permission.PROJECT_READ)
def list_legal_holds(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    in_force: bool | None = None,
) -> Listing[LegalHoldRecord]:
    """Legal holds, newest first, those that were lifted included."""
    return aftercare.legal_holds(services.database, actor, page, in_force=in_force)


@router.post("/legal-holds", status_code=201, operation_id="place_legal_hold")
@needs(Permission.LEGAL_HOLD_PLACE)
def place_legal_hold(
    body: NewLegalHold, actor: CurrentActor, services: WithServices
) -> LegalHoldRecord:
    """Keep everything of a project, a model or a version from being deleted."""
    return legal_holds.place_hold(
        services.database, actor, body.target_id, target=body.target, reason=body.reason
    )


@router.get("/legal-holds/{hold_id}", operation_id="get_legal_hold")
@needs(Permission.PROJECT_READ)
def get_legal_hold(
    hold_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> LegalHoldRecord:
    """One legal hold."""
    return aftercare.legal_hold(services.database, actor, hold_id)


@router.post("/legal-holds/{hold_id}/liftings", status_code=201, operation_id="lift_legal_hold")
@needs(Permission.LEGAL_HOLD_PLACE)
def lift_legal_hold(
    hold_id: uuid.UUID, body: NewLifting, actor: CurrentActor, services: WithServices
) -> LegalHoldRecord:
    """End a hold, as someone other than who placed it."""
    return legal_holds.lift_hold(services.database, actor, hold_id, reason=body.reason)

"""After the approval: what is asked to be done with versions, who signs it, and legal holds."""

import uuid
from typing import Literal, TypedDict, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.proceedings import ProceedingState, Verdict
from accredit_governance.lifecycle.versions import VersionState
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
from accredit_governance.questions import aftercare as questions
from accredit_governance.questions.pages import Page
from accredit_governance.registry.aftercare_records import (
    ChangePlanRecord,
    LegalHoldRecord,
    ProceedingRecord,
    TombstoneRecord,
)
from accredit_governance.registry.aftercare_terms import Ending, PlannedChange, Reinstatement
from accredit_governance.registry.records import ModelVersionRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.signing import fresh_ticket
from accredit_platform.wiring import Services

D = TypeVar("D", bound=BaseModel)
router = APIRouter()
_VIEWS = (("mine", "For you to sign"), ("open", "Open"), ("all", "All"))


class AftercareFacts(TypedDict):
    """What the page of a version shows and offers of its life after approval."""

    asked: tuple[ProceedingRecord, ...]
    holds: tuple[LegalHoldRecord, ...]
    plans: tuple[ChangePlanRecord, ...]
    usable_plans: tuple[ChangePlanRecord, ...]
    tombstone: TombstoneRecord | None
    offers: frozenset[str]


def aftercare_facts(
    services: Services, actor: Actor, version: ModelVersionRecord
) -> AftercareFacts:
    """Proceedings, holds, plans and tombstone of a version, and the forms the caller is shown."""
    database = services.database
    asked = questions.proceedings(database, actor, Page(), model_version_id=version.id).items
    plans = questions.change_plans(database, actor, Page(), model_version_id=version.id).items
    of_model = questions.change_plans(
        database, actor, Page(), model_id=version.model_id, in_force=True
    ).items
    offers = _offers(actor, version, {p.kind for p in asked if p.state is ProceedingState.OPEN})
    is_purged = version.state is VersionState.PURGED
    return AftercareFacts(
        asked=asked,
        holds=questions.holds_of_version(database, actor, version.id).items,
        plans=plans,
        usable_plans=of_model if "plan-use" in offers else (),
        tombstone=questions.tombstone(database, actor, version.id) if is_purged else None,
        offers=offers,
    )


def _offers(actor: Actor, version: ModelVersionRecord, waiting: set[str]) -> frozenset[str]:
    """Forms that are drawn. Whether an act is done is decided by its operation alone."""
    allowed = version.allowed_actions
    named = {
        "reinstatement": ("reinstate" in allowed, Permission.VERSION_REINSTATE),
        "recertification": ("recertify" in allowed, Permission.VERSION_SUBMIT),
        "retirement": ("retire" in allowed, Permission.VERSION_RETIRE),
        "purge": ("purge" in allowed, Permission.VERSION_PURGE),
        "change_plan": (version.state is VersionState.APPROVED, Permission.VERSION_SUBMIT),
        "plan-use": ("submit" in allowed, Permission.VERSION_SUBMIT),
        "hold": (version.state is not VersionState.PURGED, Permission.LEGAL_HOLD_PLACE),
    }
    return frozenset(
        name
        for name, (fits, permission) in named.items()
        if fits
        and name not in waiting
        and actor.may(permission, version.project_id, version.model_id)
    )


@router.get("/proceedings")
@needs(Permission.PROJECT_READ)
def all_proceedings(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["mine", "open", "all"] = "mine",
) -> Response:
    """What was asked to be done with versions, and the form to sign it."""
    state = None if view == "all" else ProceedingState.OPEN
    found = questions.proceedings(
        services.database, actor, page, state=state, for_me=view == "mine"
    )
    return _listed(
        request, services, actor, found.items, found.next_page_token, view, "/proceedings"
    )


@router.get("/purges")
@needs(Permission.VERSION_PURGE)
def all_purges(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Purges, for those who may agree to them."""
    found = questions.purges(services.database, actor, page)
    return _listed(request, services, actor, found.items, found.next_page_token, "all", "/purges")


def _listed(
    request: Request,
    services: Services,
    actor: Actor,
    items: tuple[ProceedingRecord, ...],
    next_page: str | None,
    view: str,
    address: str,
) -> Response:
    people = [p for item in items for p in (item.asked_by, *(s.signer_id for s in item.sign_offs))]
    return render(
        request,
        "proceedings.html",
        items=items,
        next_page=next_page,
        view=view,
        views=_VIEWS,
        address=address,
        refusals=questions.why_not_sign_proceedings(
            services.database, actor, tuple(item.id for item in items)
        ),
        names=names_of(services, actor, people) if address == "/proceedings" else {},
    )


@router.post("/proceedings/{proceeding_id}/withdrawals")
@needs(Permission.PROJECT_READ)
def withdraw(
    proceeding_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take back what one asked for."""
    proceedings.withdraw_proceeding(services.database, actor, proceeding_id)
    return done("/proceedings", "withdrawn")


@router.post("/proceedings/reinstatement/{proceeding_id}/sign-offs")
@needs(Permission.APPROVAL_SIGN)
def sign_reinstatement(
    request: Request,
    proceeding_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign a reinstatement."""
    signature = proceeding_signature(request, services, actor, form)
    reinstatement.sign_reinstatement(services.database, actor, proceeding_id, **signature)
    trail.sign_now(services.database, services.key)
    return done("/proceedings", "signed")


@router.post("/proceedings/change_plan/{proceeding_id}/sign-offs")
@needs(Permission.APPROVAL_SIGN)
def sign_plan(
    request: Request,
    proceeding_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign a change plan."""
    signature = proceeding_signature(request, services, actor, form)
    change_plans.sign_plan(services.database, actor, proceeding_id, **signature)
    trail.sign_now(services.database, services.key)
    return done("/proceedings", "signed")


@router.post("/proceedings/retirement/{proceeding_id}/sign-offs")
@needs(Permission.VERSION_RETIRE)
def sign_retirement(
    request: Request,
    proceeding_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign a retirement."""
    signature = proceeding_signature(request, services, actor, form)
    retirement.sign_retirement(services.database, actor, proceeding_id, **signature)
    trail.sign_now(services.database, services.key)
    return done("/proceedings", "signed")


@router.post("/proceedings/purge/{proceeding_id}/sign-offs")
@needs(Permission.VERSION_PURGE)
def sign_purge(
    request: Request,
    proceeding_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign a purge."""
    signature = proceeding_signature(request, services, actor, form)
    purging.sign_purge(services.database, actor, proceeding_id, **signature)
    trail.sign_now(services.database, services.key)
    return done("/purges", "signed")


class _Signature(TypedDict):
    decision: Verdict
    subject_digest: str
    comment: str
    ticket: str


def proceeding_signature(
    request: Request, services: Services, actor: Actor, form: Form
) -> _Signature:
    """What somebody who signs in a proceeding has filled in, with a ticket for it.

    Raises:
        InvalidInput: neither of the two decisions is chosen.
        ReauthenticationRequired, NotAllowed, TooManyAttempts: as for `fresh_ticket`.
    """
    decision = form.text("decision")
    if decision not in {"approve", "reject"}:
        message = "choose whether you approve or reject"
        raise InvalidInput(message, [{"pointer": "/decision", "detail": message}])
    digest = form.text("subject_digest")
    return _Signature(
        decision="approve" if decision == "approve" else "reject",
        subject_digest=digest,
        comment=form.text("comment"),
        ticket=fresh_ticket(request, services, actor, form, digest),
    )


@router.post("/model-versions/{version_id}/reinstatements")
@needs(Permission.VERSION_REINSTATE)
def ask_reinstatement(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask for a suspended version to serve again."""
    stated = _stated(Reinstatement, cause=form.text("cause"), remedy=form.text("remedy"))
    reinstatement.ask_reinstatement(services.database, actor, version_id, request=stated)
    return done(f"/model-versions/{version_id}", "asked")


@router.post("/model-versions/{version_id}/recertifications")
@needs(Permission.VERSION_SUBMIT)
def recertify(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Hand an expired version to the gates of today."""
    named = form.text("dataset_version_id")
    rows = an_id(named, "dataset_version_id") if named else None
    recertification.recertify(services.database, actor, version_id, dataset_version_id=rows)
    return done(f"/model-versions/{version_id}", "submitted")


@router.post("/model-versions/{version_id}/retirements")
@needs(Permission.VERSION_RETIRE)
def ask_retirement(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask for a version to be retired."""
    stated = _stated(Ending, reason=form.text("reason"))
    retirement.ask_retirement(services.database, actor, version_id, request=stated)
    return done(f"/model-versions/{version_id}", "asked")


@router.post("/model-versions/{version_id}/purges")
@needs(Permission.VERSION_PURGE)
def ask_purge(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask for the files of a retired version to be deleted."""
    stated = _stated(Ending, reason=form.text("reason"))
    purging.ask_purge(services.database, actor, version_id, request=stated)
    return done("/purges", "asked")


@router.post("/model-versions/{version_id}/change-plans")
@needs(Permission.VERSION_SUBMIT)
def propose_plan(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Propose what may change on the short path."""
    envelope = {
        "families": tuple(form.text("families").replace(",", " ").split()),
        "metric": form.text("metric"),
        "metric_floor": form.text("metric_floor"),
        "max_loss": form.text("max_loss"),
        "max_uses": form.text("max_uses"),
        "ends_at": form.end_of_day("ends_on"),
    }
    stated = _stated(PlannedChange, envelope=envelope, reason=form.text("reason"))
    change_plans.propose_plan(services.database, actor, version_id, request=stated)
    return done(f"/model-versions/{version_id}", "asked")


@router.post("/model-versions/{version_id}/planned-submissions")
@needs(Permission.VERSION_SUBMIT)
def submit_under_plan(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Submit a version under a change plan."""
    plan_id = an_id(form.text("change_plan_id"), "change_plan_id")
    change_plans.submit_under_plan(services.database, actor, version_id, change_plan_id=plan_id)
    return done(f"/model-versions/{version_id}", "submitted")


@router.get("/legal-holds")
@needs(Permission.PROJECT_READ)
def all_holds(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Legal holds, those that were lifted included."""
    found = questions.legal_holds(services.database, actor, page)
    may = {h.id: actor.may(Permission.LEGAL_HOLD_PLACE, h.project_id) for h in found.items}
    return render(
        request,
        "legal_holds.html",
        items=found.items,
        next_page=found.next_page_token,
        may_lift=frozenset(
            h.id
            for h in found.items
            if may[h.id] and h.lifted_at is None and h.placed_by != actor.id
        ),
        names=names_of(
            services, actor, [p for h in found.items for p in (h.placed_by, h.lifted_by)]
        ),
    )


@router.post("/model-versions/{version_id}/legal-holds")
@needs(Permission.LEGAL_HOLD_PLACE)
def place_hold(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Keep everything of a version from being deleted."""
    legal_holds.place_hold(
        services.database, actor, version_id, target="model_version", reason=form.text("reason")
    )
    return done("/legal-holds", "held")


@router.post("/legal-holds/{hold_id}/liftings")
@needs(Permission.LEGAL_HOLD_PLACE)
def lift_hold(
    hold_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """End a hold that somebody else placed."""
    legal_holds.lift_hold(services.database, actor, hold_id, reason=form.text("reason"))
    return done("/legal-holds", "lifted")


def _stated(kind: type[D], **written: object) -> D:
    """A document that a form states.

    Raises:
        InvalidInput: a field is empty or unusable.
    """
    try:
        return kind.model_validate(written, strict=False)
    except ValidationError as error:
        problems = [
            {
                "pointer": "/" + "/".join(str(part) for part in problem["loc"]),
                "detail": f"{str(problem['loc'][-1]).replace('_', ' ')}: {problem['msg']}",
            }
            for problem in error.errors()
        ]
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems) from error

"""Access to models: what waits for a decision, one request, the grants, and asking for one."""

import uuid
from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.access import OPEN_STATES, AccessDecision
from accredit_governance.operations import access_decisions, access_requests
from accredit_governance.operations.access_requests import Wish
from accredit_governance.questions import access, catalogue, models
from accredit_governance.registry.access_records import AccessGrantRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, a_count, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.usage import usage_bars
from accredit_platform.wiring import Services

router = APIRouter()


@router.get("/access-requests")
@needs(Permission.PROJECT_READ)
def queue(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["mine", "all"] = "mine",
) -> Response:
    """Requests that wait for me, or all that I may see."""
    found = access.access_requests(services.database, actor, page, for_me=view == "mine")
    people = [p for r in found.items for p in (r.principal_id, r.requested_by)]
    return render(
        request,
        "access_requests.html",
        view=view,
        items=found.items,
        next_page=found.next_page_token,
        models=_models(services, actor, (r.model_id for r in found.items)),
        names=names_of(services, actor, people),
    )


@router.get("/access-requests/{request_id}")
@needs(Permission.PROJECT_READ)
def access_request(
    request: Request, request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One request: what is asked for, what was said, and the form to decide."""
    database = services.database
    record = access.access_request(database, actor, request_id)
    model = models.model(database, actor, record.model_id)
    use_case = catalogue.use_case_of(database, actor, model.id)
    is_open = record.state in OPEN_STATES
    people = [record.principal_id, record.requested_by, use_case.owner_id]
    return render(
        request,
        "access_request.html",
        record=record,
        model=model,
        use_case=use_case,
        is_open=is_open,
        refusal=access.why_not_decide(database, actor, request_id) if is_open else None,
        may_withdraw=is_open and record.requested_by == actor.id,
        names=names_of(services, actor, [*people, *(d.decided_by for d in record.decisions)]),
    )


@router.post("/access-requests/{request_id}/decisions")
@needs(Permission.ACCESS_GRANT_GIVE)
def decide(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say yes or no."""
    access_decisions.decide_access(
        services.database,
        actor,
        request_id,
        decision=_decision(form.text("decision")),
        comment=form.text("comment"),
    )
    return done(f"/access-requests/{request_id}", "access-decided")


@router.post("/access-requests/{request_id}/withdrawals")
@needs(Permission.ACCESS_REQUEST_CREATE)
def withdraw(
    request_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take one's own request back."""
    access_requests.withdraw_access_request(services.database, actor, request_id)
    return done(f"/access-requests/{request_id}", "withdrawn")


@router.post("/models/{model_id}/access-requests")
@needs(Permission.ACCESS_REQUEST_CREATE)
def ask(
    model_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Ask for access to a model."""
    record = access_requests.request_access(services.database, actor, model_id, wish=_wish(form))
    return done(f"/access-requests/{record.id}", "access-asked")


@router.get("/access-grants")
@needs(Permission.PROJECT_READ)
def grants(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Who may use which model."""
    found = access.access_grants(services.database, actor, page)
    return render(
        request,
        "access_grants.html",
        items=found.items,
        next_page=found.next_page_token,
        standing={g.id: standing(services, g) for g in found.items},
        models=_models(services, actor, (g.model_id for g in found.items)),
        names=names_of(services, actor, (g.principal_id for g in found.items)),
    )


@router.get("/access-grants/{grant_id}")
@needs(Permission.PROJECT_READ)
def grant(
    request: Request, grant_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One grant: what it allows, what of it is used up, how it ends."""
    database = services.database
    record = access.access_grant(database, actor, grant_id)
    usage = access.grant_usage(database, actor, grant_id)
    stands = standing(services, record)
    may_ask = actor.may(Permission.ACCESS_REQUEST_CREATE, record.project_id, record.model_id)
    people = [record.principal_id, record.created_by, record.revoked_by]
    return render(
        request,
        "access_grant.html",
        grant=record,
        standing=stands,
        usage=usage,
        plot=usage_bars(usage.days, until=database.clock().date()),
        model=models.model(database, actor, record.model_id),
        may={
            "revoke": stands == "active"
            and actor.may(Permission.ACCESS_GRANT_GIVE, record.project_id, record.model_id),
            "renew": record.revoked_at is None and may_ask,
        },
        names=names_of(services, actor, people),
    )


@router.post("/access-grants/{grant_id}/revocations")
@needs(Permission.ACCESS_GRANT_GIVE)
def revoke(
    grant_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """End somebody's access at once."""
    access_decisions.revoke_access(services.database, actor, grant_id, reason=form.text("reason"))
    return done(f"/access-grants/{grant_id}", "revoked")


def standing(services: Services, record: AccessGrantRecord) -> str:
    """Whether a grant is `active`, `expired` or `revoked` now."""
    if record.revoked_at is not None:
        return "revoked"
    return "active" if record.expires_at > services.database.clock() else "expired"


def _models(
    services: Services, actor: Actor, model_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, str]:
    return {m: models.model(services.database, actor, m).name for m in set(model_ids)}


def _wish(form: Form) -> Wish:
    renews = form.text("renews_grant_id")
    return Wish(
        principal_id=an_id(form.text("principal_id"), "principal_id"),
        environment=form.text("environment"),
        purpose=form.text("purpose"),
        intended_use=form.text("intended_use"),
        quota_per_day=a_count(form.text("quota_per_day"), "quota_per_day"),
        quota_total=a_count(form.text("quota_total"), "quota_total"),
        valid_until=form.end_of_day("valid_until"),
        renews_grant_id=an_id(renews, "renews_grant_id") if renews else None,
    )


def _decision(text: str) -> AccessDecision:
    try:
        return AccessDecision(text)
    except ValueError as error:
        message = "choose whether you grant the access or decline it"
        raise InvalidInput(message, [{"pointer": "/decision", "detail": message}]) from error

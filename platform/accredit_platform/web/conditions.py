"""Conditions of approvals: what is owed, by whom, and the forms to show and to judge that it is."""

import uuid
from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.operations import conditions as operations
from accredit_governance.operations.reassignments import OWED_CONDITIONS, reassign_condition
from accredit_governance.questions import approvals as questions
from accredit_governance.registry.approval_records import ConditionRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import titles_of

router = APIRouter(prefix="/conditions")

_VIEWS = (
    ("mine", "Yours"),
    ("open", "Open"),
    ("met", "To confirm"),
    ("breached", "Breached"),
    ("all", "All"),
)


def owners_of(conditions: Iterable[ConditionRecord]) -> list[uuid.UUID | None]:
    """Everybody whom conditions name."""
    return [p for c in conditions for p in (c.owner_id, c.imposed_by, c.met_by, c.confirmed_by)]


@router.get("")
@needs(Permission.PROJECT_READ)
def register(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["mine", "open", "met", "breached", "all"] = "mine",
) -> Response:
    """Conditions of mine, those in a state, or all of them."""
    state = None if view in {"mine", "all"} else ConditionState(view)
    found = questions.conditions(services.database, actor, page, state=state, for_me=view == "mine")
    return render(
        request,
        "conditions.html",
        view=view,
        views=_VIEWS,
        items=found.items,
        next_page=found.next_page_token,
        titles=titles_of(services, actor, (c.model_version_id for c in found.items)),
        names=names_of(services, actor, owners_of(found.items)),
    )


@router.get("/{condition_id}")
@needs(Permission.PROJECT_READ)
def condition(
    request: Request, condition_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One condition, and what the caller can do about it."""
    record = questions.condition(services.database, actor, condition_id)
    is_owner = record.owner_id == actor.id
    judges = actor.may_itself(Permission.APPROVAL_SIGN, record.project_id)
    others: dict[uuid.UUID, str] = {}
    if judges and not is_owner and record.state in OWED_CONDITIONS:
        others = questions.builders_and_reviewers(services.database, actor, record.project_id)
    return render(
        request,
        "condition.html",
        record=record,
        title=titles_of(services, actor, [record.model_version_id])[record.model_version_id],
        may_meet=is_owner and "meet" in record.allowed_actions,
        may_judge=judges and not is_owner and "confirm" in record.allowed_actions,
        others=[(i, n) for i, n in others.items() if i not in {actor.id, record.owner_id}],
        names=names_of(services, actor, owners_of([record])),
    )


@router.post("/{condition_id}/fulfilments")
@needs(Permission.APPROVAL_DISCUSS)
def meet(
    condition_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say that it is met, and show it."""
    operations.meet_condition(
        services.database, actor, condition_id, evidence=form.text("evidence")
    )
    return done(f"/conditions/{condition_id}", "condition-met")


@router.post("/{condition_id}/confirmations")
@needs(Permission.APPROVAL_SIGN)
def confirm(
    condition_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Agree that it is met."""
    operations.confirm_condition(services.database, actor, condition_id)
    return done(f"/conditions/{condition_id}", "condition-confirmed")


@router.post("/{condition_id}/returns")
@needs(Permission.APPROVAL_SIGN)
def send_back(
    condition_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Find the evidence too thin."""
    operations.return_condition(services.database, actor, condition_id, reason=form.text("reason"))
    return done(f"/conditions/{condition_id}", "condition-returned")


@router.post("/{condition_id}/reassignments")
@needs(Permission.APPROVAL_SIGN)
def reassign(
    condition_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Give it another owner."""
    reassign_condition(
        services.database,
        actor,
        condition_id,
        owner_id=an_id(form.text("owner_id"), "owner_id"),
        reason=form.text("reason"),
    )
    return done(f"/conditions/{condition_id}", "reassigned")

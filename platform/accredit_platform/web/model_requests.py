"""Model requests: asking for a model, and what becomes of it."""

import uuid
from collections.abc import Callable
from typing import Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.model_requests import (
    LINKABLE,
    ModelRequestAction,
    ModelRequestState,
)
from accredit_governance.operations import model_requests as operations
from accredit_governance.questions import catalogue, intake
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.registry.database import Database
from accredit_governance.registry.intake_records import ModelNeed, ModelRequestRecord
from accredit_governance.registry.records import ProjectRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, a_day, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import titles_of
from accredit_platform.wiring import Services

router = APIRouter(prefix="/model-requests")

_VIEWS: Final = (
    ("all", "All"),
    ("mine", "Mine"),
    ("requested", "Requested"),
    ("triaged", "Triaged"),
    ("accepted", "Accepted"),
    ("delivered", "Delivered"),
    ("declined", "Declined"),
    ("withdrawn", "Withdrawn"),
)
View = Literal[
    "all", "mine", "requested", "triaged", "accepted", "delivered", "declined", "withdrawn"
]


@router.get("")
@needs(Permission.PROJECT_READ)
def all_requests(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: View = "all",
) -> Response:
    """Requests that the caller may see, and the form for a new one."""
    found = intake.model_requests(
        services.database,
        actor,
        page,
        state=None if view in {"all", "mine"} else ModelRequestState(view),
        is_mine=view == "mine",
    )
    return render(
        request,
        "model_requests.html",
        view=view,
        views=_VIEWS,
        items=found.items,
        next_page=found.next_page_token,
        projects=_projects_to_ask_in(services, actor),
        names=names_of(services, actor, (item.requested_by for item in found.items)),
    )


def _projects_to_ask_in(services: Services, actor: Actor) -> list[ProjectRecord]:
    if not actor.may_anywhere(Permission.MODEL_REQUEST_CREATE):
        return []
    seen = catalogue.projects(services.database, actor, Page(size=MAX_PAGE)).items
    return [p for p in seen if actor.may(Permission.MODEL_REQUEST_CREATE, p.id)]


@router.post("")
@needs(Permission.MODEL_REQUEST_CREATE)
def ask(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Ask for a model."""
    project_id = an_id(form.text("project_id"), "project_id")
    made = operations.request_model(services.database, actor, project_id, need=_need(form))
    return done(f"/model-requests/{made.id}", "need-stated")


def _need(form: Form) -> ModelNeed:
    written = {name: form.text(name) for name in ModelNeed.model_fields if name != "deadline"}
    deadline = form.text("deadline")
    try:
        return ModelNeed.model_validate(
            {**written, "deadline": a_day(deadline, "deadline") if deadline else None}
        )
    except ValidationError as error:
        problems = [
            {
                "pointer": f"/{problem['loc'][0]}",
                "detail": f"{str(problem['loc'][0]).replace('_', ' ')}: {problem['msg']}",
            }
            for problem in error.errors()
        ]
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems) from error


@router.get("/{request_id}")
@needs(Permission.PROJECT_READ)
def model_request(
    request: Request, request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One request: what is wanted, what became of it, and the forms of who may act."""
    database = services.database
    record = intake.model_request(database, actor, request_id)
    use_cases = catalogue.use_cases(database, actor, record.project_id, Page(size=MAX_PAGE)).items
    versions = [link.model_version_id for link in record.links if link.model_version_id]
    return render(
        request,
        "model_request.html",
        item=record,
        project=catalogue.project(database, actor, record.project_id),
        use_cases={case.id: case.terms.title for case in use_cases},
        may=_abilities(actor, record),
        titles=titles_of(services, actor, versions),
        names=names_of(
            services,
            actor,
            [record.requested_by, record.answered_by, *(k.linked_by for k in record.links)],
        ),
    )


def _abilities(actor: Actor, record: ModelRequestRecord) -> dict[str, bool]:
    """Which forms are drawn. Whether an act is done is decided by its operation alone."""
    decides = actor.may(Permission.MODEL_REQUEST_DECIDE, record.project_id)
    allowed = record.allowed_actions
    return {
        "triage": decides and ModelRequestAction.TRIAGE in allowed,
        "accept": decides and ModelRequestAction.ACCEPT in allowed,
        "deliver": decides and ModelRequestAction.DELIVER in allowed,
        "decline": decides and ModelRequestAction.DECLINE in allowed,
        "link": decides and record.state in LINKABLE,
        "withdraw": actor.id == record.requested_by and ModelRequestAction.WITHDRAW in allowed,
    }


@router.post("/{request_id}/triages")
@needs(Permission.MODEL_REQUEST_DECIDE)
def triage(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say which use case it belongs to."""
    operations.triage_model_request(
        services.database,
        actor,
        request_id,
        use_case_id=an_id(form.text("use_case_id"), "use_case_id"),
        answer=form.text("answer"),
    )
    return done(f"/model-requests/{request_id}", "request-moved")


@router.post("/{request_id}/links")
@needs(Permission.MODEL_REQUEST_DECIDE)
def link(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Name a run or a model version that answers it."""
    thing = an_id(form.text("thing_id"), "thing_id")
    is_run = form.text("kind") == "run"
    operations.link_model_request(
        services.database,
        actor,
        request_id,
        run_id=thing if is_run else None,
        model_version_id=None if is_run else thing,
    )
    return done(f"/model-requests/{request_id}", "linked")


@router.post("/{request_id}/answers")
@needs(Permission.MODEL_REQUEST_DECIDE)
def answer(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Accept, deliver or decline, with an answer."""
    acts: dict[str, Callable[[Database, Actor, uuid.UUID, str], ModelRequestRecord]] = {
        "accept": lambda d, a, i, text: operations.accept_model_request(d, a, i, answer=text),
        "deliver": lambda d, a, i, text: operations.deliver_model_request(d, a, i, answer=text),
        "decline": lambda d, a, i, text: operations.decline_model_request(d, a, i, answer=text),
    }
    act = acts.get(form.text("action"))
    if act is None:
        message = "choose what becomes of the request"
        raise InvalidInput(message, [{"pointer": "/action", "detail": message}])
    act(services.database, actor, request_id, form.text("answer"))
    return done(f"/model-requests/{request_id}", "request-moved")


@router.post("/{request_id}/withdrawals")
@needs(Permission.MODEL_REQUEST_CREATE)
def withdraw(
    request_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take one's own request back."""
    operations.withdraw_model_request(services.database, actor, request_id)
    return done(f"/model-requests/{request_id}", "request-withdrawn")

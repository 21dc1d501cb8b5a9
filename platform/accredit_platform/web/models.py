"""Models and their versions."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.questions import access, catalogue, history, intake, models
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.aliases import alias_facts
from accredit_platform.web.forms import an_instant
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/models")


@router.get("")
@needs(Permission.PROJECT_READ)
def all_models(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Models that the caller may see."""
    found = models.models(services.database, actor, page)
    projects = catalogue.projects(services.database, actor, Page(size=MAX_PAGE)).items
    return render(
        request,
        "models.html",
        items=found.items,
        next_page=found.next_page_token,
        projects={project.id: project for project in projects},
        names=names_of(services, actor, (m.created_by for m in found.items)),
    )


@router.get("/{model_id}")
@needs(Permission.PROJECT_READ)
def model(
    request: Request,
    model_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """One model: its purpose, its versions, and the names that they go by."""
    database = services.database
    record = models.model(database, actor, model_id)
    found = models.versions(database, actor, model_id, page)
    use_case = catalogue.use_case_of(database, actor, model_id)
    aliases = alias_facts(services, actor, record)
    return render(
        request,
        "model.html",
        model=record,
        use_case=use_case,
        assessment=intake.effective_for(database, actor, model_id),
        items=found.items,
        next_page=found.next_page_token,
        consumers=access.possible_consumers(database, actor, model_id)
        if actor.may(Permission.ACCESS_REQUEST_CREATE, record.project_id, record.id)
        else None,
        **aliases,
        may_bring=actor.may(Permission.MODEL_CREATE, record.project_id),
        names=names_of(
            services,
            actor,
            [
                use_case.owner_id,
                *(v.registered_by for v in found.items),
                *(a.set_by for a in aliases["timeline"]),
                *(a.assignment.set_by for a in aliases["named"].values() if a.assignment),
                *(asked.asked_by for asked in aliases["waiting"]),
            ],
        ),
    )


@router.get("/{model_id}/status")
@needs(Permission.PROJECT_READ)
def status(
    request: Request,
    model_id: uuid.UUID,
    actor: CurrentActor,
    services: WithServices,
    as_of: str = "",
) -> Response:
    """What was champion, approved and deployed at an instant; now when none is typed."""
    at = an_instant(as_of.strip(), "as_of") if as_of.strip() else None
    standing = history.model_standing(services.database, actor, model_id, as_of=at)
    return render(request, "model_status.html", standing=standing, asked=at is not None)

"""Models and their versions."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.questions import catalogue, models
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
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
    """One model: its purpose and its versions."""
    database = services.database
    record = models.model(database, actor, model_id)
    found = models.versions(database, actor, model_id, page)
    use_case = catalogue.use_case(database, actor, record.use_case_id)
    return render(
        request,
        "model.html",
        model=record,
        use_case=use_case,
        items=found.items,
        next_page=found.next_page_token,
        may_bring=actor.may(Permission.MODEL_CREATE, record.project_id),
        names=names_of(
            services, actor, [use_case.owner_id, *(v.registered_by for v in found.items)]
        ),
    )

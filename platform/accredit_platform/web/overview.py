"""The first page: what waits for the caller, and how things stand."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.questions import models, permissions, serving
from accredit_governance.questions.pages import Page
from accredit_governance.questions.tasks import TaskKind, tasks
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import titles_of
from accredit_platform.wiring import Services

router = APIRouter()

_SHOWN = 8
_PAGES: Final[Mapping[TaskKind, str]] = MappingProxyType(
    {
        TaskKind.APPROVAL_REQUEST: "/approval-requests/{id}",
        TaskKind.WAIVER: "/model-versions/{parent}#waivers",
        TaskKind.PROCEEDING: "/proceedings#p-{id}",
        TaskKind.ACCESS_REQUEST: "/access-requests/{id}",
        TaskKind.RISK_ASSESSMENT: "/use-cases/{parent}",
        TaskKind.MODEL_REQUEST: "/model-requests/{id}",
        TaskKind.FINDING: "/findings/{id}",
        TaskKind.RISK_ACCEPTANCE: "/findings/{parent}#risk",
        TaskKind.ATTESTATION: "/attestations/{id}",
        TaskKind.CONDITION: "/conditions/{id}",
    }
)
"""Where each kind of task is done."""


@router.get("/")
@needs(SIGNED_IN)
def overview(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """What waits for me."""
    mine = tasks(services.database, actor)
    reads = actor.may_anywhere(Permission.PROJECT_READ)
    watches = actor.may_anywhere(Permission.BREAK_GLASS_READ)
    glass = permissions.broken_glass(services.database, actor) if watches else ()
    return render(
        request,
        "overview.html",
        tasks=mine,
        pages=_PAGES if reads else {TaskKind.PROCEEDING: "/purges#p-{id}"},
        reads=reads,
        glass=glass,
        names=names_of(
            services, actor, [*(t.asked_by for t in mine), *(g.asked_by for g in glass)]
        ),
        **(_standing(services, actor) if reads else {}),
    )


def _standing(services: Services, actor: Actor) -> dict[str, Any]:  # whatever the template shows
    database, few = services.database, Page(size=_SHOWN)
    recent = models.recent_versions(database, actor, few).items
    deployments = serving.deployments(database, actor, few).items
    return {
        "alerts": serving.alerts(database, actor, few, state="open").items,
        "recent": recent,
        "deployments": deployments,
        "titles": titles_of(services, actor, (d.model_version_id for d in deployments)),
    }

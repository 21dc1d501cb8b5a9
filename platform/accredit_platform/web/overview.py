"""The first page: what waits for the caller, and how things stand."""

from typing import Any

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.attestations import AttestationState
from accredit_governance.questions import attestations, findings, models, serving, waivers
from accredit_governance.questions.pages import Page
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.titles import titles_of
from accredit_platform.wiring import Services

router = APIRouter()

_SHOWN = 8


@router.get("/")
@needs(SIGNED_IN)
def overview(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """What waits for me."""
    if not actor.may_anywhere(Permission.PROJECT_READ):
        return render(request, "overview.html", reads=False)
    return render(request, "overview.html", reads=True, **_standing(services, actor))


def _standing(services: Services, actor: Actor) -> dict[str, Any]:  # whatever the template shows
    database, few = services.database, Page(size=_SHOWN)
    mine = models.approval_requests(
        database, actor, Page(), state=RequestState.OPEN, for_me=True
    ).items
    proposed = waivers.waivers_to_confirm(database, actor, Page()).items
    attested = attestations.attestations(
        database, actor, Page(), state=AttestationState.DUE, for_me=True
    ).items
    recent = models.recent_versions(database, actor, few).items
    deployments = serving.deployments(database, actor, few).items
    return {
        "mine": mine,
        "waivers": proposed,
        "owed": findings.owed_by_me(database, actor, Page()).items,
        "to_close": findings.remediated_for_me(database, actor, Page()).items,
        "to_accept": findings.acceptances_to_confirm(database, actor, Page()).items,
        "to_attest": attested,
        "alerts": serving.alerts(database, actor, few, state="open").items,
        "recent": recent,
        "deployments": deployments,
        "titles": titles_of(
            services,
            actor,
            [
                *(w.model_version_id for w in proposed),
                *(a.model_version_id for a in attested),
                *(d.model_version_id for d in deployments),
            ],
        ),
        "names": names_of(
            services,
            actor,
            [*(m.submitted_by for m in mine), *(w.proposed_by for w in proposed)],
        ),
    }

"""Policies, readable: what is demanded, of what, by whom it is signed."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.policy.document import Policy
from accredit_governance.questions import catalogue
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/policies")


@router.get("")
@needs(Permission.PROJECT_LIST)
def all_policies(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """Policies in force."""
    found = catalogue.policies(services.database, actor)
    policies = [(record, Policy.model_validate(record.document)) for record in found.items]
    return render(request, "policies.html", items=policies)


@router.get("/{policy_version_id}")
@needs(Permission.PROJECT_LIST)
def policy(
    request: Request, policy_version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One policy version."""
    record = catalogue.policy(services.database, actor, policy_version_id)
    return render(
        request,
        "policy.html",
        record=record,
        policy=Policy.model_validate(record.document),
        names=names_of(services, actor, [record.authored_by, record.published_by]),
    )

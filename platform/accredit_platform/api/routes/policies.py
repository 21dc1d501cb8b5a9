"""Policies: drafting, publishing, and which one applies."""

import uuid
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.operations import policies
from accredit_governance.policy.demands import Task
from accredit_governance.questions import catalogue
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.questions.policies import (
    AskedFacts,
    PolicyResolution,
    policy_resolution,
)
from accredit_governance.registry.records import PolicyVersionRecord
from accredit_governance.registry.terms import Domain, Jurisdiction
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.guard import needs

router = APIRouter(tags=["policies"])


class NewPolicy(Body):
    """A policy as YAML text."""

    source: Annotated[str, Field(min_length=1, max_length=1_000_000)]


def _asked(
    use_case_id: uuid.UUID | None = None,
    tier: Annotated[int | None, Query(ge=1, le=4)] = None,
    jurisdiction: Annotated[tuple[Jurisdiction, ...], Query(max_length=50)] = (),
    task: Task | None = None,
    purpose: Domain | None = None,
    on: date | None = None,
) -> AskedFacts:
    return AskedFacts(
        use_case_id=use_case_id,
        tier=tier,
        jurisdictions=jurisdiction,
        task=task,
        purpose=purpose,
        on=on,
    )


@router.get("/policies", operation_id="list_policies")
@needs(Permission.PROJECT_LIST)
def list_policies(
    page: WantedPart,
    actor: CurrentActor,
    services: WithServices,
    state: Literal["published", "draft"] = "published",
) -> Listing[PolicyVersionRecord]:
    """Published policies, or with `state=draft` those that wait for it."""
    return part_of(catalogue.policies(services.database, actor, state=state), page)


@router.post("/policies", status_code=201, operation_id="draft_policy")
@needs(Permission.POLICY_DRAFT)
def draft_policy(
    body: NewPolicy, actor: CurrentActor, services: WithServices
) -> PolicyVersionRecord:
    """Store a policy that is not in force yet."""
    return policies.draft_policy(services.database, actor, source=body.source)


@router.get("/policies/{policy_version_id}", operation_id="get_policy")
@needs(Permission.PROJECT_LIST)
def get_policy(
    policy_version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PolicyVersionRecord:
    """One policy version."""
    return catalogue.policy(services.database, actor, policy_version_id)


@router.post(
    "/policies/{policy_version_id}/publications",
    status_code=201,
    operation_id="publish_policy",
)
@needs(Permission.POLICY_PUBLISH)
def publish_policy(
    policy_version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> PolicyVersionRecord:
    """Put a draft into force, as someone other than its author."""
    return policies.publish_policy(services.database, actor, policy_version_id)


@router.get("/policy-resolutions", operation_id="resolve_policy")
@needs(Permission.PROJECT_READ)
def resolve_policy(
    asked: Annotated[AskedFacts, Depends(_asked)], actor: CurrentActor, services: WithServices
) -> PolicyResolution:
    """Which policy applies to a use case or to given facts, and why no other one does."""
    return policy_resolution(services.database, actor, asked)

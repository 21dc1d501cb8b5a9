"""Policies, readable: what is demanded, what changed, whom it covers; and publishing one."""

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Json
from accredit_governance.errors import InvalidInput
from accredit_governance.operations import policies as operations
from accredit_governance.policy.demands import TASKS, CheckSpec
from accredit_governance.policy.diff import Change, diff
from accredit_governance.policy.document import ANY, Policy
from accredit_governance.questions import catalogue
from accredit_governance.questions.pages import Page
from accredit_governance.questions.policies import (
    AskedFacts,
    PolicyResolution,
    policy_resolution,
    policy_source,
)
from accredit_governance.registry.records import PolicyVersionRecord, UseCaseRecord
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, a_day, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.wiring import Services

router = APIRouter(prefix="/policies")

_FIELDS: Final = ("use_case_id", "tier", "jurisdictions", "task", "purpose", "on")
_TOLD_ELSEWHERE: Final = frozenset(
    {"check", "required", "waivable", "source", "min", "max", "warn"}
)
_MAX_PROJECTS: Final = 50


@router.get("")
@needs(Permission.PROJECT_LIST)
def all_policies(request: Request, actor: CurrentActor, services: WithServices) -> Response:
    """Policies in force, and drafts that wait for a second person."""
    found = catalogue.policies(services.database, actor)
    drafts = catalogue.policies(services.database, actor, state="draft")
    return render(
        request,
        "policies.html",
        items=_read(found.items),
        drafts=_read(drafts.items),
        may_simulate=actor.may(Permission.POLICY_SIMULATE, None),
        names=names_of(services, actor, (record.authored_by for record in drafts.items)),
    )


def _read(records: tuple[PolicyVersionRecord, ...]) -> list[tuple[PolicyVersionRecord, Policy]]:
    return [(record, Policy.model_validate(record.document)) for record in records]


@router.get("/applying")
@needs(Permission.PROJECT_READ)
def applying(
    request: Request,
    actor: CurrentActor,
    services: WithServices,
    use_case_id: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Which policy applies to a use case or to given facts, and why no other one does."""
    asked = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
    found: PolicyResolution | None = None
    if any(asked.values()):
        found = policy_resolution(services.database, actor, _facts(asked, use_case_id.strip()))
    known = _read(catalogue.policies(services.database, actor).items)
    return render(
        request,
        "applying.html",
        asked=asked,
        found=found,
        addresses={(policy.name, policy.version): record.id for record, policy in known},
        use_cases=_use_cases(services, actor),
        tasks=TASKS,
        purposes=_named(p for _, policy in known for p in policy.applies_to.purposes),
        jurisdictions=_named(j for _, policy in known for j in policy.applies_to.jurisdictions),
    )


def _named(words: Any) -> list[str]:  # any iterable of names
    return sorted({word for word in words if word != ANY})


def _facts(asked: dict[str, str], use_case_id: str) -> AskedFacts:
    """What was asked about.

    Raises:
        InvalidInput: a field cannot be read.
    """
    on = a_day(asked["on"], "on") if asked["on"] else None
    if use_case_id:
        return AskedFacts(use_case_id=an_id(use_case_id, "use_case_id"), on=on)
    places = asked["jurisdictions"].lower().replace(",", " ").split()
    try:
        return AskedFacts(
            tier=int(asked["tier"]) if asked["tier"] else None,
            jurisdictions=tuple(places),
            task=asked["task"] or None,
            purpose=asked["purpose"] or None,
            on=on,
        )
    except (ValueError, ValidationError) as error:
        message = "the tier is a number from 1 to 4"
        raise InvalidInput(message, [{"pointer": "/tier", "detail": message}]) from error


def _use_cases(services: Services, actor: Actor) -> list[UseCaseRecord]:
    """Use cases of the first projects that the caller may read."""
    database = services.database
    projects = catalogue.projects(database, actor, Page(size=_MAX_PROJECTS)).items
    return [
        use_case
        for project in projects
        if actor.may(Permission.PROJECT_READ, project.id)
        for use_case in catalogue.use_cases(database, actor, project.id, Page()).items
    ]


@router.get("/{policy_version_id}")
@needs(Permission.PROJECT_LIST)
def policy(
    request: Request, policy_version_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One policy version: what it demands, and what changed since the one before."""
    record = catalogue.policy(services.database, actor, policy_version_id)
    document = Policy.model_validate(record.document)
    before = _before(services, actor, record)
    changes = diff(before[1], document) if before else ()
    is_draft = record.state == "draft"
    may_publish = is_draft and actor.may(Permission.POLICY_PUBLISH, None)
    return render(
        request,
        "policy.html",
        record=record,
        policy=document,
        parameters={gate.check: _parameters(gate) for gate in document.gates},
        before=before[0] if before else None,
        changes=[(change, _place(change)) for change in changes],
        may_publish=may_publish and record.authored_by != actor.id,
        wrote_it=may_publish and record.authored_by == actor.id,
        may_simulate=is_draft and actor.may(Permission.POLICY_SIMULATE, None),
        source=policy_source(services.database, actor, policy_version_id),
        names=names_of(services, actor, [record.authored_by, record.published_by]),
    )


def _before(
    services: Services, actor: Actor, record: PolicyVersionRecord
) -> tuple[PolicyVersionRecord, Policy] | None:
    """The newest version in force of the same policy with a lower number."""
    older = [
        other
        for other in catalogue.policies(services.database, actor).items
        if other.name == record.name and other.version < record.version
    ]
    if not older:
        return None
    newest = max(older, key=lambda other: other.version)
    return newest, Policy.model_validate(newest.document)


def _parameters(gate: CheckSpec) -> list[tuple[str, Json]]:
    """What a check is told besides its limit; what is not set is left out."""
    return [
        (name, value)
        for name, value in gate.model_dump(mode="json").items()
        if name not in _TOLD_ELSEWHERE and value not in (None, [], {}, False)
    ]


def _place(change: Change) -> str:
    """`/gates/calibration/max` → `gates › calibration › max`."""
    parts = change.place.strip("/").split("/")
    return " › ".join(
        part.replace("~1", "/").replace("~0", "~").replace("_", " ") for part in parts
    )


@router.post("/{policy_version_id}/publications")
@needs(Permission.POLICY_PUBLISH)
def publish(
    policy_version_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Put a draft into force, as somebody other than its author."""
    operations.publish_policy(services.database, actor, policy_version_id)
    return done(f"/policies/{policy_version_id}", "published")

"""Waivers: two people accept, for a while, that a check has too little evidence."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypedDict

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.gates.promotion import may_be_waived
from accredit_governance.gates.results import CheckResult
from accredit_governance.lifecycle.meanings import CONFIRMED_WAIVER, PROPOSED_WAIVER
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.lifecycle.waivers import WaiverState
from accredit_governance.operations import waiver_ends
from accredit_governance.operations import waivers as operations
from accredit_governance.policy.document import Policy
from accredit_governance.questions import catalogue
from accredit_governance.questions import waivers as questions
from accredit_governance.registry.records import (
    GateEvaluationRecord,
    ModelVersionRecord,
    WaiverRecord,
)
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.signing import fresh_ticket
from accredit_platform.web.titles import titles_of
from accredit_platform.wiring import Services

router = APIRouter()

_MEANINGS: Mapping[str, str] = MappingProxyType(
    {"proposed": PROPOSED_WAIVER, "confirmed": CONFIRMED_WAIVER}
)
_OPEN = (WaiverState.PROPOSED, WaiverState.ACTIVE)
_VIEWS = (
    ("all", "All"),
    ("proposed", "Proposed"),
    ("active", "Active"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
    ("spent", "Spent"),
)


class WaiverFacts(TypedDict):
    """What a page shows about waivers of one version."""

    waivers: tuple[WaiverRecord, ...]
    blocking: list[str]
    refusals: dict[uuid.UUID, str | None]
    revocable: frozenset[uuid.UUID]
    waivable: list[CheckResult]
    max_days: int
    meanings: Mapping[str, str]


def waiver_facts(
    services: Services,
    actor: Actor,
    version: ModelVersionRecord,
    gates: GateEvaluationRecord | None,
) -> WaiverFacts:
    """Waivers of the newest judgement, and the checks that the caller may propose one for."""
    waivers = questions.waivers_of_version(services.database, actor, version.id).items
    refusals = {
        waiver.id: questions.why_not_confirm(services.database, actor, waiver.id)
        for waiver in waivers
        if waiver.state is WaiverState.PROPOSED
    }
    signs = actor.may(Permission.WAIVER_SIGN, version.project_id, version.model_id)
    policy = _policy(services, actor, gates)
    open_to_me = VersionAction.WAIVE in version.allowed_actions and signs
    taken = {waiver.check_key for waiver in waivers if waiver.state in _OPEN}
    waivable = (
        [
            result
            for result in gates.results
            if result.required and result.key not in taken and may_be_waived(policy, result)
        ]
        if gates and policy and open_to_me
        else []
    )
    max_days = policy.waivers.max_days if policy and policy.waivers else 0
    waived = {waiver.check_key for waiver in waivers if waiver.state is WaiverState.ACTIVE}
    blocking = [key for key in gates.blocking if key not in waived] if gates else []
    return WaiverFacts(
        waivers=waivers,
        blocking=blocking,
        refusals=refusals,
        revocable=frozenset(w.id for w in waivers if signs and w.state in _OPEN),
        waivable=waivable,
        max_days=max_days,
        meanings=_MEANINGS,
    )


def _policy(services: Services, actor: Actor, gates: GateEvaluationRecord | None) -> Policy | None:
    if gates is None:
        return None
    record = catalogue.policy(services.database, actor, gates.policy_version_id)
    return Policy.model_validate(record.document)


@router.get("/waivers")
@needs(Permission.PROJECT_READ)
def register(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["all", "proposed", "active", "expired", "revoked", "spent"] = "all",
) -> Response:
    """The register: who accepted what, until when; what has ended stays in it."""
    database = services.database
    state = None if view == "all" else WaiverState(view)
    found = questions.register(database, actor, page, state=state)
    now = database.clock()
    return render(
        request,
        "waivers.html",
        view=view,
        views=_VIEWS,
        items=[(waiver, _days_left(waiver, now)) for waiver in found.items],
        next_page=found.next_page_token,
        titles=titles_of(services, actor, (w.model_version_id for w in found.items)),
        names=names_of(services, actor, people_of(found.items)),
    )


def people_of(waivers: Iterable[WaiverRecord]) -> list[uuid.UUID | None]:
    """Everybody whom waivers name."""
    return [person for w in waivers for person in (w.proposed_by, w.confirmed_by, w.revoked_by)]


def _days_left(waiver: WaiverRecord, now: datetime) -> int | None:
    """Whole days until an open waiver expires; None for one that does not count any more."""
    return (waiver.expires_at - now).days if waiver.state in _OPEN else None


@router.post("/model-versions/{version_id}/waivers")
@needs(Permission.WAIVER_SIGN)
def propose(
    request: Request,
    version_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Propose, as the first of two people, with the password typed once more."""
    evaluation_id = an_id(form.text("evaluation_id"), "evaluation_id")
    expires_at = form.end_of_day("expires_on")
    operations.propose_waiver(
        services.database,
        actor,
        evaluation_id,
        check_key=form.text("check_key"),
        reason=form.text("reason"),
        obligation=form.text("obligation"),
        expires_at=expires_at,
        ticket=fresh_ticket(request, services, actor, form, form.text("report_digest")),
    )
    return done(f"/model-versions/{version_id}", "proposed")


@router.post("/model-versions/{version_id}/waivers/{waiver_id}/confirmations")
@needs(Permission.WAIVER_SIGN)
def confirm(
    request: Request,
    version_id: uuid.UUID,
    waiver_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Agree, as the second person, over what the page showed."""
    digest = form.text("subject_digest")
    ticket = fresh_ticket(request, services, actor, form, digest)
    operations.confirm_waiver(
        services.database, actor, waiver_id, subject_digest=digest, ticket=ticket
    )
    return done(f"/model-versions/{version_id}", "confirmed")


@router.post("/model-versions/{version_id}/waivers/{waiver_id}/revocations")
@needs(Permission.WAIVER_SIGN)
def revoke(
    version_id: uuid.UUID,
    waiver_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take a waiver back."""
    waiver_ends.revoke_waiver(services.database, actor, waiver_id, reason=form.text("reason"))
    return done(f"/model-versions/{version_id}", "waiver-revoked")

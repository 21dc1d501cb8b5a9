"""Waivers: two people accept, for a while, that a check has too little evidence."""

import uuid
from typing import TypedDict

from fastapi import APIRouter, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.gates.promotion import may_be_waived
from accredit_governance.gates.results import CheckResult
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations import waivers as operations
from accredit_governance.policy.document import Policy
from accredit_governance.questions import catalogue, models
from accredit_governance.registry.records import (
    GateEvaluationRecord,
    ModelVersionRecord,
    WaiverRecord,
)
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.wiring import Services

router = APIRouter(prefix="/model-versions/{version_id}/waivers")


class WaiverFacts(TypedDict):
    """What a page shows about waivers of one version."""

    waivers: tuple[WaiverRecord, ...]
    blocking: list[str]
    refusals: dict[uuid.UUID, str | None]
    waivable: list[CheckResult]
    max_days: int


def waiver_facts(
    services: Services,
    actor: Actor,
    version: ModelVersionRecord,
    gates: GateEvaluationRecord | None,
) -> WaiverFacts:
    """Waivers of the newest judgement, and the checks that the caller may propose one for."""
    waivers = models.waivers(services.database, actor, version.id).items
    refusals = {
        waiver.id: models.why_not_confirm(services.database, actor, waiver.id)
        for waiver in waivers
        if waiver.confirmed_by is None
    }
    policy = _policy(services, actor, gates)
    open_to_me = VersionAction.WAIVE in version.allowed_actions and actor.may(
        Permission.WAIVER_SIGN, version.project_id
    )
    taken = {waiver.check_key for waiver in waivers}
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
    waived = {waiver.check_key for waiver in waivers if waiver.confirmed_by is not None}
    blocking = [key for key in gates.blocking if key not in waived] if gates else []
    return WaiverFacts(
        waivers=waivers, blocking=blocking, refusals=refusals, waivable=waivable, max_days=max_days
    )


def _policy(services: Services, actor: Actor, gates: GateEvaluationRecord | None) -> Policy | None:
    if gates is None:
        return None
    record = catalogue.policy(services.database, actor, gates.policy_version_id)
    return Policy.model_validate(record.document)


@router.post("")
@needs(Permission.WAIVER_SIGN)
def propose(
    version_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Propose, as the first of two people."""
    operations.propose_waiver(
        services.database,
        actor,
        an_id(form.text("evaluation_id"), "evaluation_id"),
        check_key=form.text("check_key"),
        reason=form.text("reason"),
        obligation=form.text("obligation"),
        expires_at=form.end_of_day("expires_on"),
    )
    return done(f"/model-versions/{version_id}", "proposed")


@router.post("/{waiver_id}/confirmations")
@needs(Permission.WAIVER_SIGN)
def confirm(
    version_id: uuid.UUID,
    waiver_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Agree, as the second person."""
    operations.confirm_waiver(services.database, actor, waiver_id)
    return done(f"/model-versions/{version_id}", "confirmed")

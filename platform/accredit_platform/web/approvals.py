"""Approval requests: the queue, one request with its evidence, and the signature under it."""

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.approvals import Decision, RequestState
from accredit_governance.operations import approvals, trail
from accredit_governance.questions import catalogue, findings, models, waivers
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.checks import ordered
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.waivers import people_of

router = APIRouter(prefix="/approval-requests")


@router.get("")
@needs(Permission.PROJECT_READ)
def queue(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["mine", "all", "decided"] = "mine",
) -> Response:
    """Requests that wait for me, all of them, or those that are decided."""
    mine = view == "mine"
    found = models.approval_requests(
        services.database,
        actor,
        page,
        state=RequestState.OPEN if mine else None,
        for_me=mine,
    )
    items = [r for r in found.items if view != "decided" or r.state != RequestState.OPEN]
    return render(
        request,
        "approvals.html",
        view=view,
        items=items,
        next_page=found.next_page_token,
        names=names_of(services, actor, (r.submitted_by for r in items)),
    )


@router.get("/{request_id}")
@needs(Permission.PROJECT_READ)
def approval_request(
    request: Request, request_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One request: what is signed, what it rests on, who has signed, and the form to sign."""
    database = services.database
    record = models.approval_request(database, actor, request_id)
    gates = models.gates(database, actor, record.model_version_id)
    accepted = waivers.waivers_of_version(database, actor, record.model_version_id).items
    people = [record.trained_by, record.submitted_by, record.prepared_by]
    people += [signed.signer_id for signed in record.sign_offs]
    return render(
        request,
        "approval.html",
        record=record,
        gates=gates,
        results=ordered(gates.results),
        waivers=accepted,
        policy=catalogue.policy(database, actor, record.policy_version_id),
        refusal=models.why_not_sign(database, actor, request_id),
        in_the_way=findings.findings_in_the_way(database, actor, record.model_version_id).items,
        may_withdraw=record.submitted_by == actor.id and record.state == RequestState.OPEN,
        names=names_of(
            services,
            actor,
            [
                *people,
                *people_of(accepted),
            ],
        ),
    )


@router.post("/{request_id}/sign-offs")
@needs(Permission.APPROVAL_SIGN)
def sign_off(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Sign over the digest that the page showed; a checkpoint of the trail is signed at once."""
    approvals.sign_off(
        services.database,
        actor,
        request_id,
        decision=_decision(form.text("decision")),
        subject_digest=form.text("subject_digest"),
        comment=form.text("comment"),
    )
    trail.sign_now(services.database, services.key)
    return done(f"/approval-requests/{request_id}", "signed")


@router.post("/{request_id}/withdrawals")
@needs(Permission.VERSION_SUBMIT)
def withdraw(
    request_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Take one's own request back."""
    approvals.withdraw_request(services.database, actor, request_id)
    return done(f"/approval-requests/{request_id}", "withdrawn")


def _decision(text: str) -> Decision:
    try:
        return Decision(text)
    except ValueError as error:
        message = "choose whether you approve, ask for changes or reject"
        raise InvalidInput(message, [{"pointer": "/decision", "detail": message}]) from error

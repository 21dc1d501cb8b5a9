"""Approval requests: the queue, one request with its evidence, and the signature under it."""

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.approvals import Decision, RequestState
from accredit_governance.operations import approvals, comments, trail
from accredit_governance.operations.words import require_short
from accredit_governance.questions import approvals as questions
from accredit_governance.questions import catalogue, findings, models, waivers
from accredit_governance.registry.approval_records import NewCondition
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.checks import ordered
from accredit_platform.web.conditions import owners_of
from accredit_platform.web.forms import CheckedForm, Form, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.signing import fresh_ticket
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
    late = questions.escalated_requests(services.database, actor).items if mine else ()
    return render(
        request,
        "approvals.html",
        view=view,
        items=items,
        late=late,
        next_page=found.next_page_token,
        names=names_of(services, actor, (r.submitted_by for r in (*items, *late))),
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
    said = questions.comments(database, actor, request_id).items
    people = [record.trained_by, record.submitted_by, record.prepared_by]
    people += [
        person for s in record.sign_offs for person in (s.signer_id, s.on_behalf_of) if person
    ]
    people += [remark.author_id for remark in said]
    return render(
        request,
        "approval.html",
        record=record,
        gates=gates,
        results=ordered(gates.results),
        waivers=accepted,
        comments=said,
        policy=catalogue.policy(database, actor, record.policy_version_id),
        refusal=models.why_not_sign(database, actor, request_id),
        in_the_way=findings.findings_in_the_way(database, actor, record.model_version_id).items,
        may_withdraw=record.submitted_by == actor.id and record.state == RequestState.OPEN,
        may_discuss=actor.may(Permission.APPROVAL_DISCUSS, record.project_id),
        people=questions.builders_and_reviewers(database, actor, record.project_id),
        names=names_of(
            services,
            actor,
            [*people, *people_of(accepted), *owners_of(record.conditions)],
        ),
    )


@router.post("/{request_id}/comments")
@needs(Permission.APPROVAL_DISCUSS)
def comment(
    request_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Say something about a request."""
    comments.write_comment(services.database, actor, request_id, text=form.text("text"))
    return done(f"/approval-requests/{request_id}", "commented")


@router.post("/{request_id}/sign-offs")
@needs(Permission.APPROVAL_SIGN)
def sign_off(
    request: Request,
    request_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign over the digest that the page showed, with the password typed once more.

    A checkpoint of the trail is signed at once.
    """
    decision = _decision(form.text("decision"))
    conditions = _conditions(form)
    digest = form.text("subject_digest")
    ticket = fresh_ticket(request, services, actor, form, digest)
    approvals.sign_off(
        services.database,
        actor,
        request_id,
        decision=decision,
        subject_digest=digest,
        comment=form.text("comment"),
        ticket=ticket,
        conditions=conditions,
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


def _conditions(form: Form) -> tuple[NewCondition, ...]:
    """The condition of the form, if one was written; the API takes several."""
    text = form.text("condition")
    if not text:
        return ()
    require_short("/condition", text)
    owner_id = an_id(form.text("condition_owner_id"), "condition_owner_id")
    due_at = form.end_of_day("condition_due_on")
    return (NewCondition(text=text, due_at=due_at, owner_id=owner_id),)

"""Attestations: statements that people stand by from time to time."""

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.attestations import Answer, AttestationState
from accredit_governance.operations import attestations as operations
from accredit_governance.questions import attestations as questions
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.web.signing import fresh_ticket
from accredit_platform.web.titles import titles_of

router = APIRouter(prefix="/attestations")

_VIEWS = (("due", "Due"), ("mine", "Mine"), ("overdue", "Overdue"), ("all", "All"))


@router.get("")
@needs(Permission.PROJECT_READ)
def all_attestations(
    request: Request,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    view: Literal["due", "mine", "overdue", "all"] = "due",
) -> Response:
    """Attestations with their due day, newest first."""
    found = questions.attestations(
        services.database,
        actor,
        page,
        state=None if view == "all" else AttestationState.DUE,
        for_me=view == "mine",
        overdue=True if view == "overdue" else None,
    )
    return render(
        request,
        "attestations.html",
        view=view,
        views=_VIEWS,
        items=found.items,
        next_page=found.next_page_token,
        titles=titles_of(services, actor, (a.model_version_id for a in found.items)),
        names=names_of(services, actor, (a.answered_by for a in found.items)),
    )


@router.get("/{attestation_id}")
@needs(Permission.PROJECT_READ)
def attestation(
    request: Request, attestation_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One attestation, with the form for whom it waits for."""
    record = questions.attestation(services.database, actor, attestation_id)
    titles = titles_of(services, actor, [record.model_version_id])
    return render(
        request,
        "attestation.html",
        attestation=record,
        refusal=questions.why_not_answer(services.database, actor, attestation_id),
        title=titles[record.model_version_id],
        names=names_of(services, actor, [record.answered_by]),
    )


@router.post("/{attestation_id}/sign-offs")
@needs(Permission.ATTESTATION_SIGN)
def answer(
    request: Request,
    attestation_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Stand by the statement, or decline, with the password typed once more."""
    chosen, digest = _answer(form), form.text("card_digest")
    operations.answer_attestation(
        services.database,
        actor,
        attestation_id,
        answer=chosen,
        card_digest=digest,
        comment=form.text("comment"),
        ticket=fresh_ticket(request, services, actor, form, digest),
    )
    return done(f"/attestations/{attestation_id}", "attested")


def _answer(form: Form) -> Answer:
    try:
        return Answer(form.text("answer"))
    except ValueError as error:
        message = "choose whether you stand by the statement"
        raise InvalidInput(message, [{"pointer": "/answer", "detail": message}]) from error

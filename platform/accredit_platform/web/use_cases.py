"""Use cases: what they are for, how material they are, and who answers for them."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import InvalidInput
from accredit_governance.intake.questionnaire import BY_KEY, QUESTIONS, VERSION
from accredit_governance.lifecycle.assessments import AssessmentDecision, AssessmentState
from accredit_governance.operations import assessments, projects
from accredit_governance.questions import catalogue, intake
from accredit_governance.questions.pages import Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, an_id
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/use-cases")


@router.get("")
@needs(Permission.PROJECT_READ)
def all_use_cases(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """The inventory: every use case that the caller may see, with its tier and class."""
    database = services.database
    found = intake.all_use_cases(database, actor, page)
    return render(
        request,
        "use_cases.html",
        items=[(case, intake.effective(database, actor, case.id)) for case in found.items],
        waiting=intake.assessments_to_decide(database, actor, Page()).items,
        titles={case.id: case.terms.title for case in found.items},
        next_page=found.next_page_token,
        names=names_of(services, actor, (case.owner_id for case in found.items)),
    )


@router.get("/{use_case_id}")
@needs(Permission.PROJECT_READ)
def use_case(
    request: Request, use_case_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One use case: its terms, its assessments, and the forms of who may act."""
    database = services.database
    record = catalogue.use_case(database, actor, use_case_id)
    history = intake.assessments(database, actor, use_case_id).items
    waiting = next((a for a in history if a.state is AssessmentState.SUBMITTED), None)
    return render(
        request,
        "use_case.html",
        use_case=record,
        history=history,
        effective=next((a for a in history if a.is_effective), None),
        waiting=waiting,
        refusal=intake.why_not_decide(database, actor, waiting.id) if waiting else None,
        questions=QUESTIONS,
        by_key=BY_KEY,
        version=VERSION,
        may_fill_in=waiting is None
        and actor.kind == "user"
        and actor.may(Permission.RISK_ASSESSMENT_CREATE, record.project_id),
        may_transfer=actor.may(Permission.USE_CASE_TRANSFER, record.project_id),
        names=names_of(
            services,
            actor,
            [record.owner_id, *(p for a in history for p in (a.filled_by, a.decided_by))],
        ),
    )


@router.post("/{use_case_id}/risk-assessments")
@needs(Permission.RISK_ASSESSMENT_CREATE)
def fill_in(
    use_case_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Answer the questionnaire."""
    answers = {question.key: form.text(question.key) for question in QUESTIONS}
    assessments.fill_in_assessment(services.database, actor, use_case_id, answers=answers)
    return done(f"/use-cases/{use_case_id}", "assessed")


@router.post("/{use_case_id}/risk-assessments/{assessment_id}/decisions")
@needs(Permission.RISK_ASSESSMENT_DECIDE)
def decide(
    use_case_id: uuid.UUID,
    assessment_id: uuid.UUID,
    form: CheckedForm,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Approve or reject."""
    assessments.decide_assessment(
        services.database,
        actor,
        assessment_id,
        decision=_decision(form.text("decision")),
        comment=form.text("comment"),
    )
    return done(f"/use-cases/{use_case_id}", "assessment-decided")


def _decision(text: str) -> AssessmentDecision:
    if text not in set(AssessmentDecision):
        message = "choose whether you approve or reject"
        raise InvalidInput(message, [{"pointer": "/decision", "detail": message}])
    return AssessmentDecision(text)


@router.post("/{use_case_id}/owners")
@needs(Permission.USE_CASE_TRANSFER)
def change_owner(
    use_case_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Let somebody else answer for it."""
    owner_id = an_id(form.text("owner_id"), "owner_id")
    projects.change_use_case_owner(services.database, actor, use_case_id, owner_id=owner_id)
    return done(f"/use-cases/{use_case_id}", "owner-changed")

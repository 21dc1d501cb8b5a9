"""Risk assessments of use cases, and who answers for them."""

import uuid
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.intake.questionnaire import QUESTIONS, VERSION, Question
from accredit_governance.lifecycle.assessments import AssessmentDecision
from accredit_governance.operations import assessments, projects
from accredit_governance.questions import intake
from accredit_governance.questions.pages import Listing, part_of
from accredit_governance.registry.intake_records import RiskAssessmentRecord
from accredit_governance.registry.records import UseCaseRecord
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs

router = APIRouter(tags=["intake"])


class Questionnaire(Body):
    """The questions, with every answer that there is."""

    version: str
    questions: tuple[Question, ...]


class NewAssessment(Body):
    """Choice by question; every question is answered."""

    answers: Annotated[dict[str, str], Field(max_length=100)]


class NewDecision(Body):
    """What the second person says."""

    decision: AssessmentDecision
    comment: Annotated[str, Field(max_length=4000)]


class NewOwner(Body):
    """Who answers for the use case from now on."""

    owner_id: uuid.UUID


@router.get("/questionnaire", operation_id="get_questionnaire")
@needs(SIGNED_IN)
def get_questionnaire() -> Questionnaire:
    """The materiality questionnaire of today."""
    return Questionnaire(version=VERSION, questions=QUESTIONS)


@router.get("/use-cases/{use_case_id}/risk-assessments", operation_id="list_risk_assessments")
@needs(Permission.PROJECT_READ)
def list_risk_assessments(
    use_case_id: uuid.UUID, page: WantedPart, actor: CurrentActor, services: WithServices
) -> Listing[RiskAssessmentRecord]:
    """Every assessment of a use case, newest first; the effective one says so."""
    return part_of(intake.assessments(services.database, actor, use_case_id), page)


@router.post(
    "/use-cases/{use_case_id}/risk-assessments",
    status_code=201,
    operation_id="create_risk_assessment",
)
@needs(Permission.RISK_ASSESSMENT_CREATE)
def create_risk_assessment(
    use_case_id: uuid.UUID, body: NewAssessment, actor: CurrentActor, services: WithServices
) -> RiskAssessmentRecord:
    """Fill the questionnaire in; the rule makes a tier and a class of it."""
    return assessments.fill_in_assessment(
        services.database, actor, use_case_id, answers=body.answers
    )


@router.post(
    "/risk-assessments/{assessment_id}/decisions",
    status_code=201,
    operation_id="decide_risk_assessment",
)
@needs(Permission.RISK_ASSESSMENT_DECIDE)
def decide_risk_assessment(
    assessment_id: uuid.UUID, body: NewDecision, actor: CurrentActor, services: WithServices
) -> RiskAssessmentRecord:
    """Approve or reject, as somebody who neither filled it in nor owns the use case."""
    return assessments.decide_assessment(
        services.database, actor, assessment_id, decision=body.decision, comment=body.comment
    )


@router.post("/use-cases/{use_case_id}/owners", status_code=201, operation_id="change_owner")
@needs(Permission.USE_CASE_TRANSFER)
def change_owner(
    use_case_id: uuid.UUID, body: NewOwner, actor: CurrentActor, services: WithServices
) -> UseCaseRecord:
    """Let somebody else answer for a use case, as its present owner or as compliance."""
    return projects.change_use_case_owner(
        services.database, actor, use_case_id, owner_id=body.owner_id
    )

"""Documents of intake: risk assessments and model requests."""

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from accredit_governance.documents import Digest, Document
from accredit_governance.intake.rules import AiActClass, Materiality
from accredit_governance.lifecycle.assessments import AssessmentState
from accredit_governance.lifecycle.model_requests import ModelRequestAction, ModelRequestState
from accredit_governance.registry.records import Record
from accredit_governance.registry.terms import Domain, Text

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ModelNeed(Document):
    """What a team asks for."""

    title: Title
    purpose: Text = Field(description="what the model is to do, and for whom")
    domain: Domain = Field(description="what policies call the purpose, e.g. `consumer_credit`")
    data: Text = Field(description="which data there is, and who may use it")
    deadline: date | None = Field(default=None, description="last useful day; not in the past")
    constraints: str = Field(default="", max_length=4000)


class RiskAssessmentRecord(Record):
    """A filled-in questionnaire with what the rule makes of it, and who decided."""

    id: uuid.UUID
    project_id: uuid.UUID
    use_case_id: uuid.UUID
    number: int
    answers: dict[str, str]
    answers_digest: Digest
    terms_digest: Digest
    rule: str
    tier: int
    ai_act_class: AiActClass
    materiality: Materiality
    state: AssessmentState
    is_effective: bool
    filled_by: uuid.UUID
    created_at: datetime
    decided_by: uuid.UUID | None
    decided_role: str | None
    decided_at: datetime | None
    comment: str | None


class ModelRequestLinkRecord(Record):
    """A run or a version that answers a request."""

    id: uuid.UUID
    model_request_id: uuid.UUID
    run_id: uuid.UUID | None
    model_version_id: uuid.UUID | None
    linked_by: uuid.UUID
    created_at: datetime


class ModelRequestRecord(Record):
    """A request for a model, with what its state allows."""

    id: uuid.UUID
    project_id: uuid.UUID
    need: ModelNeed
    state: ModelRequestState
    allowed_actions: tuple[ModelRequestAction, ...]
    use_case_id: uuid.UUID | None
    requested_by: uuid.UUID
    created_at: datetime
    answer: str | None
    answered_by: uuid.UUID | None
    answered_at: datetime | None
    links: tuple[ModelRequestLinkRecord, ...]

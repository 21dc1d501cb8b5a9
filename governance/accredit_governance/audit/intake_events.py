"""Facts before a model is built: assessments, owners of use cases, requests for models."""

import uuid

from accredit_governance.audit.events import Fact
from accredit_governance.documents import Digest


class RiskAssessmentFilledIn(Fact):
    """Somebody answered the materiality questionnaire."""

    action = "risk_assessment.filled_in"
    use_case: uuid.UUID
    number: int
    rule: str
    answers_digest: Digest
    terms_digest: Digest
    tier: int
    ai_act_class: str


class RiskAssessmentDecided(Fact):
    """Somebody else approved or rejected what the rule makes of the answers."""

    action = "risk_assessment.decided"
    use_case: uuid.UUID
    decision: str
    rule: str
    answers_digest: Digest
    tier: int
    ai_act_class: str
    tier_before: int | None


class UseCaseOwnerChanged(Fact):
    """Somebody else answers for a use case from now on."""

    action = "use_case.owner_changed"
    before: uuid.UUID
    after: uuid.UUID


class ModelRequestMade(Fact):
    """A team asked for a model."""

    action = "model_request.made"
    need_digest: Digest


class ModelRequestMoved(Fact):
    """A model request went one step on."""

    action = "model_request.moved"
    before: str
    after: str
    use_case: uuid.UUID | None
    answer_digest: Digest | None = None


class ModelRequestLinked(Fact):
    """A run or a model version was named as an answer to a request."""

    action = "model_request.linked"
    run: uuid.UUID | None
    model_version: uuid.UUID | None

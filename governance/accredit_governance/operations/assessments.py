"""Risk assessments: filled in by one person, decided by another; the newest approved one counts.

A version keeps the assessment that it was submitted under; a later one changes nothing of it.
"""

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.intake_events import RiskAssessmentDecided, RiskAssessmentFilledIn
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    GovernanceError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.intake.questionnaire import check_answers
from accredit_governance.intake.rules import Materiality, assess
from accredit_governance.lifecycle.assessments import AssessmentDecision, AssessmentState, decided
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.words import require_short
from accredit_governance.registry.intake_records import RiskAssessmentRecord
from accredit_governance.registry.tables import RiskAssessmentRow, SubmissionRow, UseCaseRow
from accredit_governance.registry.terms import UseCaseTerms

DECIDERS = (Role.COMPLIANCE, Role.VALIDATOR)


class TierNotAssessed(GovernanceError):
    """The use case has no approved risk assessment, so nobody knows what to demand."""

    code = "tier_not_assessed"


@operation(Permission.RISK_ASSESSMENT_CREATE, records=RiskAssessmentFilledIn)
def fill_in_assessment(
    tx: Transaction, use_case_id: uuid.UUID, *, answers: Mapping[str, str]
) -> RiskAssessmentRecord:
    """Answer the materiality questionnaire; another person decides on what the rule makes of it.

    Raises:
        NotAllowed: a service account asks; a person answers for the answers.
        InvalidInput: a question is open or answered with what is no choice.
        ProhibitedPractice: no model may be made for this.
        Conflict: an earlier assessment waits for its decision.
    """
    if tx.actor.kind != "user":
        raise NotAllowed("a risk assessment is filled in by a person, not by a service account")
    use_case = tx.hold(UseCaseRow, use_case_id, noun="use case")
    terms = UseCaseTerms.model_validate(use_case.document)
    given = check_answers(answers)
    found = assess(given, domain=terms.domain)
    open_one = select(RiskAssessmentRow.id).where(
        RiskAssessmentRow.use_case_id == use_case_id,
        RiskAssessmentRow.state == AssessmentState.SUBMITTED,
    )
    if tx.session.execute(open_one).first():
        raise Conflict(
            "an assessment of this use case waits for its decision; it is decided before another "
            "one is filled in"
        )
    last = tx.session.execute(
        select(func.max(RiskAssessmentRow.number)).where(
            RiskAssessmentRow.use_case_id == use_case_id
        )
    ).scalar_one()
    row = tx.add(
        RiskAssessmentRow(
            project_id=use_case.project_id,
            use_case_id=use_case_id,
            number=(last or 0) + 1,
            answers=given,
            terms_digest=json_digest(use_case.document),
            rule=found.rule,
            tier=found.tier,
            ai_act_class=found.ai_act_class,
            document=found.model_dump(mode="json"),
            state=AssessmentState.SUBMITTED,
            filled_by=tx.actor.id,
            owner_id=use_case.owner_id,
            created_at=tx.now,
        )
    )
    tx.record(
        RiskAssessmentFilledIn(
            use_case=use_case_id,
            number=row.number,
            rule=row.rule,
            answers_digest=json_digest(row.answers),
            terms_digest=row.terms_digest,
            tier=row.tier,
            ai_act_class=row.ai_act_class,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return assessment_record(tx, row)


@operation(Permission.RISK_ASSESSMENT_DECIDE, records=RiskAssessmentDecided)
def decide_assessment(
    tx: Transaction, assessment_id: uuid.UUID, *, decision: AssessmentDecision, comment: str
) -> RiskAssessmentRecord:
    """Approve or reject an assessment that somebody else filled in. Approved, it counts at once.

    Raises:
        FourEyes: the actor filled it in, or owns the use case.
        IllegalTransition: it is decided already.
        InvalidInput: the decision has no comment.
    """
    row = tx.load(RiskAssessmentRow, assessment_id, noun="risk assessment")
    role = require_decidable(tx, row)
    following = decided(AssessmentState(row.state), decision)
    require_short("/comment", comment)
    if not comment.strip():
        message = "say what the decision rests on"
        raise InvalidInput(message, [{"pointer": "/comment", "detail": message}])
    before = effective_assessment(tx.session, row.use_case_id)
    moved = tx.session.execute(
        update(RiskAssessmentRow)
        .where(RiskAssessmentRow.id == row.id, RiskAssessmentRow.state == row.state)
        .values(
            state=following,
            decided_by=tx.actor.id,
            decided_role=role,
            decided_at=tx.now,
            comment=comment.strip(),
        )
        .execution_options(synchronize_session=False)
        .returning(RiskAssessmentRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("risk assessment", "decided already", decision, [])
    tx.session.refresh(row)
    tx.record(
        RiskAssessmentDecided(
            use_case=row.use_case_id,
            decision=decision,
            rule=row.rule,
            answers_digest=json_digest(row.answers),
            tier=row.tier,
            ai_act_class=row.ai_act_class,
            tier_before=before.tier if before else None,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return assessment_record(tx, row)


def require_decidable(view: View, row: RiskAssessmentRow) -> Role:
    """Role in which the actor may decide on an assessment, whatever its state.

    Raises:
        FourEyes: the actor filled it in, or owns the use case now or then.
        NotAllowed: the actor is neither compliance nor validator there.
    """
    use_case = view.session.get_one(UseCaseRow, row.use_case_id)
    if view.actor.id == row.filled_by:
        raise FourEyes("you filled this assessment in; another person decides on it")
    if view.actor.id in {row.owner_id, use_case.owner_id}:
        raise FourEyes("you answer for this use case; another person decides on its assessment")
    held = view.roles(row)
    for role in DECIDERS:
        if role in held:
            return role
    raise NotAllowed("a risk assessment is decided by compliance or a validator; you are neither")


def effective_assessment(session: Session, use_case_id: uuid.UUID) -> RiskAssessmentRow | None:
    """The newest approved assessment of a use case."""
    return session.execute(
        select(RiskAssessmentRow)
        .where(
            RiskAssessmentRow.use_case_id == use_case_id,
            RiskAssessmentRow.state == AssessmentState.APPROVED,
        )
        .order_by(RiskAssessmentRow.number.desc())
        .limit(1)
    ).scalar_one_or_none()


def require_assessment(session: Session, use_case_id: uuid.UUID) -> RiskAssessmentRow:
    """The newest approved assessment of a use case.

    Raises:
        TierNotAssessed: there is none.
    """
    found = effective_assessment(session, use_case_id)
    if found is None:
        raise TierNotAssessed(
            f"use case {use_case_id} has no approved risk assessment, so its tier is unknown; "
            "fill the questionnaire in and have it approved",
            use_case=str(use_case_id),
        )
    return found


def latest_submission(session: Session, version_id: uuid.UUID) -> SubmissionRow | None:
    """What a version was submitted under the last time."""
    return session.execute(
        select(SubmissionRow)
        .where(SubmissionRow.model_version_id == version_id)
        .order_by(SubmissionRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def pinned_assessment(session: Session, version_id: uuid.UUID) -> RiskAssessmentRow:
    """The assessment that a version was submitted under the last time.

    Raises:
        TierNotAssessed: it was never submitted, or before there were assessments.
    """
    found = latest_submission(session, version_id)
    if found is None:
        raise TierNotAssessed(
            f"model version {version_id} was submitted before use cases were assessed, so no "
            "review of it can begin; retire it and submit another version"
        )
    return session.get_one(RiskAssessmentRow, found.risk_assessment_id)


def subject_part(session: Session, version_id: uuid.UUID) -> dict[str, Json] | None:
    """What a signature over a version says of its use case: digests of the stored documents."""
    submission = latest_submission(session, version_id)
    if submission is None:
        return None
    row = session.get_one(RiskAssessmentRow, submission.risk_assessment_id)
    use_case = session.get_one(UseCaseRow, row.use_case_id)
    return {
        "terms": json_digest(use_case.document),
        "answers": json_digest(row.answers),
        "materiality": json_digest(row.document),
        "decided_by": str(row.decided_by),
    }


def assessment_record(view: View, row: RiskAssessmentRow) -> RiskAssessmentRecord:
    """Document of an assessment row."""
    effective = effective_assessment(view.session, row.use_case_id)
    return RiskAssessmentRecord.of(
        row,
        answers_digest=json_digest(row.answers),
        materiality=Materiality.model_validate(row.document),
        is_effective=effective is not None and effective.id == row.id,
    )

"""Model versions: registering, describing, submitting, suspending."""

import uuid

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.access.separation import Makers, require_independent
from accredit_governance.audit.building_events import (
    ModelCreated,
    VersionDescribed,
    VersionMoved,
    VersionRegistered,
    VersionSubmitted,
)
from accredit_governance.documents import json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
)
from accredit_governance.gates.results import Verdict
from accredit_governance.lifecycle.versions import (
    VersionAction,
    VersionState,
    after,
    allowed_actions,
)
from accredit_governance.operations.assessments import pinned_assessment, require_assessment
from accredit_governance.operations.consequences import settle
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.policies import resolve_policy
from accredit_governance.operations.tokens import issued_token_of
from accredit_governance.operations.words import require_short
from accredit_governance.operations.work import enqueue
from accredit_governance.policy.document import Policy
from accredit_governance.registry.records import ModelRecord, ModelVersionRecord
from accredit_governance.registry.tables import (
    CheckResultRow,
    DatasetVersionRow,
    GateEvaluationRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    RecertificationRow,
    RiskAssessmentRow,
    RunRow,
    SubmissionRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import CardStatements


@operation(Permission.MODEL_CREATE, records=ModelCreated)
def create_model(tx: Transaction, use_case_id: uuid.UUID, *, name: str) -> ModelRecord:
    """Name a model of a use case.

    Raises:
        Conflict: the name is taken in this project.
    """
    check_name(name)
    use_case = tx.load(UseCaseRow, use_case_id, noun="use case")
    taken = select(ModelRow.id).where(
        ModelRow.project_id == use_case.project_id, ModelRow.name == name
    )
    if tx.session.execute(taken).first():
        raise Conflict(f"this project has a model {name} already", name=name)
    row = tx.add(
        ModelRow(
            project_id=use_case.project_id,
            use_case_id=use_case_id,
            name=name,
            created_at=tx.now,
            created_by=tx.actor.id,
        )
    )
    tx.record(
        ModelCreated(name=name, use_case=use_case_id), resource=row.id, project=row.project_id
    )
    return ModelRecord.of(row)


@operation(Permission.MODEL_CREATE, records=VersionRegistered)
def register_version(
    tx: Transaction, model_id: uuid.UUID, *, run_id: uuid.UUID
) -> ModelVersionRecord:
    """Make a finished run's bundle a version of a model.

    Raises:
        Conflict: the run has no bundle, or is a version already.
        InvalidInput: the run was for another use case.
    """
    model = tx.hold(ModelRow, model_id, noun="model")
    run = tx.load(RunRow, run_id, noun="run")
    if run.state != "finished" or run.bundle_digest is None:
        raise Conflict(f"run {run_id} is {run.state}; only a finished one has a bundle")
    if run.use_case_id != model.use_case_id:
        raise InvalidInput("the run was made for another use case than the model")
    if tx.session.execute(
        select(ModelVersionRow.id).where(ModelVersionRow.run_id == run_id)
    ).first():
        raise Conflict(f"run {run_id} is a model version already")
    last = tx.session.execute(
        select(func.max(ModelVersionRow.number)).where(ModelVersionRow.model_id == model_id)
    ).scalar_one()
    row = tx.add(
        ModelVersionRow(
            project_id=model.project_id,
            model_id=model_id,
            number=(last or 0) + 1,
            run_id=run_id,
            state=VersionState.DRAFT,
            bundle_digest=run.bundle_digest,
            registered_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    tx.record(
        VersionRegistered(
            model=model_id, number=row.number, run=run_id, bundle_digest=run.bundle_digest
        ),
        resource=row.id,
        project=row.project_id,
    )
    return version_record(tx, row)


@operation(Permission.VERSION_SUBMIT, records=VersionDescribed)
def describe_version(
    tx: Transaction, version_id: uuid.UUID, *, statements: CardStatements
) -> ModelVersionRecord:
    """Write what only people can say; this makes a draft a candidate."""
    row = tx.load(ModelVersionRow, version_id, noun="model version")
    move(tx, row, VersionAction.DESCRIBE, cause="describe")
    row.statements = statements.model_dump(mode="json")
    tx.record(
        VersionDescribed(statements_digest=statements.digest()),
        resource=row.id,
        project=row.project_id,
    )
    return version_record(tx, row)


@operation(Permission.VERSION_SUBMIT, records=VersionSubmitted)
def submit_version(tx: Transaction, version_id: uuid.UUID) -> ModelVersionRecord:
    """Freeze a candidate, pin the policy that applies today, and hand it to the gates.

    Raises:
        NotAllowed: a service account asks; a person answers for what is submitted.
        IllegalTransition: the version is not a candidate.
        TierNotAssessed: the use case has no approved risk assessment.
        NoPolicyApplies: no published policy covers the use case.
    """
    return submit(tx, version_id)


def submit(tx: Transaction, version_id: uuid.UUID) -> ModelVersionRecord:
    """Submit a version, as part of an operation.

    Raises:
        NotAllowed, IllegalTransition, TierNotAssessed, NoPolicyApplies: as for `submit_version`.
    """
    if tx.actor.kind != "user":
        raise NotAllowed("a service account may train and register; a person submits")
    row = tx.load(ModelVersionRow, version_id, noun="model version")
    move(tx, row, VersionAction.SUBMIT, cause="submit")
    model = tx.load(ModelRow, row.model_id, noun="model")
    use_case = tx.session.get_one(UseCaseRow, model.use_case_id)
    policy_row, policy, assessment = pin(tx, row, use_case)
    job_id = enqueue(tx, "gates", row.id, row.project_id)
    tx.record(
        VersionSubmitted(
            policy_version=policy_row.id,
            policy_digest=policy.digest(),
            terms_digest=json_digest(use_case.document),
            risk_assessment=assessment.id,
            tier=assessment.tier,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return version_record(tx, row, job_id=job_id)


def pin(
    tx: Transaction, version: ModelVersionRow, use_case: UseCaseRow
) -> tuple[PolicyVersionRow, Policy, RiskAssessmentRow]:
    """Pin to a version what applies today: terms, risk assessment, and the policy of its tier.

    Raises:
        TierNotAssessed: the use case has no approved risk assessment.
        NoPolicyApplies: no published policy covers the use case.
    """
    assessment = require_assessment(tx.session, use_case.id)
    policy_row, policy = resolve_policy(tx, use_case, tier=assessment.tier)
    tx.add(
        SubmissionRow(
            model_version_id=version.id,
            project_id=version.project_id,
            risk_assessment_id=assessment.id,
            terms_digest=json_digest(use_case.document),
            created_at=tx.now,
        )
    )
    version.policy_version_id = policy_row.id
    version.submitted_by, version.submitted_at = tx.actor.id, tx.now
    return policy_row, policy, assessment


@operation(Permission.VERSION_SUBMIT, records=VersionMoved)
def repeat_gates(tx: Transaction, version_id: uuid.UUID) -> ModelVersionRecord:
    """Evaluate the gates once more, because something broke the last time.

    Verdicts are not rolled again: only an evaluation that ended in an error is repeated, under the
    policy that was pinned when the version was submitted.

    Raises:
        Conflict: the last evaluation has no error in it.
        TierNotAssessed: it was submitted before there were risk assessments.
        IllegalTransition: the gates of this version did not fail.
    """
    row = tx.hold(ModelVersionRow, version_id, noun="model version")
    last = tx.session.execute(judgements_of(version_id).limit(1)).scalar_one_or_none()
    broken = select(CheckResultRow.key).where(
        CheckResultRow.gate_evaluation_id == (None if last is None else last.id),
        CheckResultRow.required,
        CheckResultRow.verdict == Verdict.ERROR,
    )
    if last is not None and tx.session.execute(broken).first() is None:
        raise Conflict(
            "no required check ended in an error, so the verdicts stand; train another version"
        )
    if row.state == VersionState.GATE_FAILED:
        pinned_assessment(tx.session, row.id)
    move(tx, row, VersionAction.REPEAT_GATES, cause="repeat")
    job_id = enqueue(tx, "gates", row.id, row.project_id)
    return version_record(tx, row, job_id=job_id)


@operation(Permission.VERSION_SUSPEND, records=VersionMoved)
def suspend_version(tx: Transaction, version_id: uuid.UUID, *, reason: str) -> ModelVersionRecord:
    """Take an approved version out of service at once; one person is enough."""
    require_short("/reason", reason)
    if not reason.strip():
        message = "say why the version is suspended"
        raise InvalidInput(message, [{"pointer": "/reason", "detail": message}])
    row = tx.load(ModelVersionRow, version_id, noun="model version")
    move(tx, row, VersionAction.SUSPEND, cause="suspend", reason=reason)
    return version_record(tx, row)


def move(
    tx: Transaction,
    row: ModelVersionRow,
    action: VersionAction,
    *,
    cause: str,
    reason: str | None = None,
) -> None:
    """Take a version one step on: by the table, and only from the state that was read.

    The update is conditional on the state in the database, so of two racing actions one wins.
    Whoever approves sets `valid_until` first: the event tells it.

    Raises:
        IllegalTransition: the table has no such step, or someone else was first.
    """
    before = VersionState(row.state)
    following = after(before, action)
    moved = tx.session.execute(
        update(ModelVersionRow)
        .where(ModelVersionRow.id == row.id, ModelVersionRow.state == before)
        .values(state=following)
        .execution_options(synchronize_session="fetch", moves=row.id)
        .returning(ModelVersionRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("model version", "moved on", action, allowed_actions(before))
    tx.session.refresh(row)
    if following is before:
        return
    tx.record(
        VersionMoved(
            before=before,
            after=following,
            cause=cause,
            reason=reason,
            valid_until=row.valid_until if following is VersionState.APPROVED else None,
        ),
        resource=row.id,
        project=row.project_id,
    )
    settle(tx, row)


def require_other_hands(
    view: View, makers: Makers, *, act: str, delegator_id: uuid.UUID | None = None
) -> None:
    """Refuse a judge who has a hand in the subject, their own or that of a robot of theirs.

    Args:
        view: of the actor.
        makers: who has a hand in it.
        act: what is to be done, as a verb.
        delegator_id: look at the person whom the actor acts for, not at the actor.

    Raises:
        FourEyes: the judge trained, submitted or prepared it, or issued a token of the service
            account that did.
    """
    judge_id = delegator_id or view.actor.id
    require_independent(judge_id, makers, act=act, is_delegator=delegator_id is not None)
    if issued_token_of(
        view, makers.trained_by, makers.submitted_by, makers.prepared_by, issuer_id=judge_id
    ):
        who = "you" if delegator_id is None else "the person whom you act for"
        raise FourEyes(
            f"you may not {act} this model version because a service account whose token {who} "
            "issued had a hand in it; another person has to",
            act=act,
        )


def makers_of(view: View, version: ModelVersionRow) -> Makers:
    """Who trained, submitted and prepared the data of a submitted version.

    Of a re-certified one it is who submitted it last, and who prepared the rows it is judged on.

    Raises:
        Conflict: it was never submitted.
    """
    run = view.session.get_one(RunRow, version.run_id)
    anew = latest_recertification(view.session, version.id)
    judged_on = anew.dataset_version_id if anew is not None else None
    data = view.session.get_one(DatasetVersionRow, judged_on or run.dataset_version_id)
    if version.submitted_by is None:
        raise Conflict("the version was never submitted")
    return Makers(
        trained_by=run.created_by, submitted_by=version.submitted_by, prepared_by=data.prepared_by
    )


def judgements_of(version_id: uuid.UUID) -> Select[GateEvaluationRow]:
    """Judgements of a version since it was submitted last, by its pinned policy, newest first."""
    return (
        select(GateEvaluationRow)
        .join(ModelVersionRow, ModelVersionRow.id == GateEvaluationRow.model_version_id)
        .where(
            GateEvaluationRow.model_version_id == version_id,
            GateEvaluationRow.policy_version_id == ModelVersionRow.policy_version_id,
            GateEvaluationRow.created_at >= ModelVersionRow.submitted_at,
        )
        .order_by(GateEvaluationRow.created_at.desc(), GateEvaluationRow.id.desc())
    )


def latest_recertification(session: Session, version_id: uuid.UUID) -> RecertificationRow | None:
    """The newest re-certification of a version."""
    return session.execute(
        select(RecertificationRow)
        .where(RecertificationRow.model_version_id == version_id)
        .order_by(RecertificationRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def version_record(
    view: View, row: ModelVersionRow, *, job_id: uuid.UUID | None = None
) -> ModelVersionRecord:
    """Document of a version row."""
    model = view.session.get_one(ModelRow, row.model_id)
    return ModelVersionRecord.of_version(row, model_name=model.name, job_id=job_id)

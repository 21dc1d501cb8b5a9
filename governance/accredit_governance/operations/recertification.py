"""Re-certification: a version whose approval ran out is judged anew and reviewed in full.

The risk assessment and the policy that apply today are pinned, not those of then. The gates ask
about the hold-out of the run, or about the rows of a newer version of the same dataset that the
training did not see.
"""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.aftercare_events import RecertificationRequested, ReviewWidened
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.versions import VersionAction
from accredit_governance.operations.approvals import close_request
from accredit_governance.operations.change_plans import use_of
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.reviews import open_review
from accredit_governance.operations.subjects import pinned_policy
from accredit_governance.operations.versions import move, pin
from accredit_governance.operations.work import enqueue
from accredit_governance.registry.aftercare_records import RecertificationRecord
from accredit_governance.registry.database import Database
from accredit_governance.registry.external_records import AT_THE_VENDOR
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    ChangePlanRow,
    ChangePlanUseRow,
    DatasetVersionRow,
    ExternalVersionRow,
    GateEvaluationRow,
    ModelRow,
    ModelVersionRow,
    RecertificationRow,
    RunRow,
    UseCaseRow,
)

DUE_AT_ONCE = 100


@operation(Permission.VERSION_SUBMIT, records=RecertificationRequested)
def recertify(
    tx: Transaction, version_id: uuid.UUID, *, dataset_version_id: uuid.UUID | None = None
) -> RecertificationRecord:
    """Hand an expired version to the gates of the policy of today.

    Raises:
        NotAllowed: a service account asks; a person answers for what is submitted.
        IllegalTransition: the version is not expired.
        InvalidInput: the rows are not of a later, readable version of its dataset.
        TierNotAssessed: the use case has no approved risk assessment.
        NoPolicyApplies: no published policy covers the use case.
    """
    if tx.actor.kind != "user":
        raise NotAllowed("a service account may train and register; a person submits")
    row = tx.hold(ModelVersionRow, version_id, noun="model version")
    before = row.submitted_by
    if before is None:
        raise Conflict("the version was never submitted")
    move(tx, row, VersionAction.RECERTIFY, cause="recertify")
    if dataset_version_id is not None:
        _check_rows(tx, row, dataset_version_id)
    model = tx.load(ModelRow, row.model_id, noun="model")
    use_case = tx.session.get_one(UseCaseRow, model.use_case_id)
    policy_row, policy, assessment = pin(tx, row, use_case)
    asked = tx.add(
        RecertificationRow(
            project_id=row.project_id,
            model_version_id=row.id,
            dataset_version_id=dataset_version_id,
            policy_version_id=policy_row.id,
            submitted_before_by=before,
            asked_by=tx.actor.id,
            asked_at=tx.now,
        )
    )
    job_id = enqueue(tx, "gates", row.id, row.project_id)
    tx.record(
        RecertificationRequested(
            policy_version=policy_row.id,
            policy_digest=policy.digest(),
            risk_assessment=assessment.id,
            tier=assessment.tier,
            dataset_version=dataset_version_id,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return RecertificationRecord.of(asked, job_id=job_id)


def _check_rows(tx: Transaction, version: ModelVersionRow, dataset_version_id: uuid.UUID) -> None:
    """Refuse rows that say nothing new about a version."""
    data = tx.load(DatasetVersionRow, dataset_version_id, noun="dataset version")
    run = tx.session.get_one(RunRow, version.run_id)
    trained = tx.session.get_one(DatasetVersionRow, run.dataset_version_id)
    names = {column["name"] for column in (data.profile or {}).get("columns", ())}
    wanted = [column["name"] for column in run.record["contract"]["columns"]]
    missing = sorted(name for name in wanted if name not in names)
    kind = tx.session.execute(
        select(ExternalVersionRow.kind).where(ExternalVersionRow.run_id == run.id)
    ).scalar_one_or_none()
    message = None
    if kind in AT_THE_VENDOR:
        message = "the model stays with its vendor; what it answers to newer rows is a new version"
    elif data.dataset_id != trained.dataset_id:
        message = "the rows are of another dataset than the version was trained on"
    elif data.number <= trained.number:
        message = (
            f"version {data.number} of the dataset is not later than version {trained.number}, "
            "which the model was trained on"
        )
    elif data.artifact is None:
        message = f"dataset version {data.number} is {data.state}; it has no rows"
    elif missing:
        message = f"the rows lack columns that the model takes: {', '.join(missing[:5])}"
    if message is not None:
        raise InvalidInput(message, [{"pointer": "/dataset_version_id", "detail": message}])


@operation(Permission.SYSTEM_RECORD, records=ReviewWidened)
def widen_review(tx: Transaction, request_id: uuid.UUID) -> None:
    """Open a review on the short path anew with every stage, because its plan has ended.

    Raises:
        Conflict: it is decided already, or its plan holds.
    """
    request = tx.hold(ApprovalRequestRow, request_id, noun="approval request")
    use = use_of(tx.session, request.model_version_id)
    if request.state != RequestState.OPEN or use is None or use.outcome != "inside":
        raise Conflict("the request is not open on the short path")
    plan = tx.session.get_one(ChangePlanRow, use.change_plan_id)
    tx.session.refresh(plan)
    if plan.ended_at is None:
        raise Conflict("the change plan holds")
    close_request(tx, request, RequestState.LAPSED)
    version = tx.session.get_one(ModelVersionRow, request.model_version_id)
    evaluation = tx.session.get_one(GateEvaluationRow, request.gate_evaluation_id)
    _, policy = pinned_policy(tx, version)
    tx.session.flush()
    open_review(tx, version, evaluation, policy)
    tx.record(
        ReviewWidened(model_version=version.id, change_plan=plan.id),
        resource=request.id,
        project=request.project_id,
    )


def due_widenings(database: Database) -> list[uuid.UUID]:
    """Open requests on the short path whose plan has ended, the oldest first."""
    with database.reading() as session:
        return list(
            session.execute(
                select(ApprovalRequestRow.id)
                .join(
                    ChangePlanUseRow,
                    ChangePlanUseRow.model_version_id == ApprovalRequestRow.model_version_id,
                )
                .join(ChangePlanRow, ChangePlanRow.id == ChangePlanUseRow.change_plan_id)
                .where(
                    ApprovalRequestRow.state == RequestState.OPEN,
                    ChangePlanUseRow.outcome == "inside",
                    ChangePlanRow.ended_at.is_not(None),
                )
                .order_by(ApprovalRequestRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )

"""Runs, models, versions, gates, cards, approval requests."""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.cards.card import ModelCard
from accredit_governance.errors import GovernanceError, NotFound
from accredit_governance.gates.results import CheckResult
from accredit_governance.lifecycle.approvals import RequestState
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.approvals import (
    approval_record,
    require_signable,
)
from accredit_governance.operations.door import View, question
from accredit_governance.operations.runs import run_record
from accredit_governance.operations.subjects import (
    card_of,
    latest_card,
    latest_evaluation,
)
from accredit_governance.operations.versions import version_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.approval_records import ApprovalRequestRecord
from accredit_governance.registry.records import (
    GateEvaluationRecord,
    ModelRecord,
    ModelVersionRecord,
    RunRecord,
    TrialRecord,
)
from accredit_governance.registry.tables import (
    ApprovalRequestRow,
    CheckResultRow,
    GateEvaluationRow,
    JobRow,
    ModelRow,
    ModelVersionRow,
    RunRow,
    TrialRow,
)


def _job_of(view: View, subject_id: uuid.UUID) -> uuid.UUID | None:
    """Newest job on a subject."""
    return view.session.execute(
        select(JobRow.id).where(JobRow.subject_id == subject_id).order_by(JobRow.id.desc()).limit(1)
    ).scalar_one_or_none()


@question(Permission.PROJECT_READ)
def runs(view: View, page: Page, *, use_case_id: uuid.UUID | None = None) -> Listing[RunRecord]:
    """Runs, newest first."""
    where = [] if use_case_id is None else [RunRow.use_case_id == use_case_id]
    rows, token = visible_rows(view, RunRow, page, *where)
    return Listing(items=tuple(run_record(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def run(view: View, run_id: uuid.UUID) -> RunRecord:
    """One run."""
    return run_record(view.load(RunRow, run_id, noun="run"), job_id=_job_of(view, run_id))


@question(Permission.PROJECT_READ)
def run_details(view: View, run_id: uuid.UUID) -> dict[str, object]:
    """The run's whole record: settings, findings, folds, blend, contract, hold-out.

    Raises:
        NotFound: the run has no record yet.
    """
    row = view.load(RunRow, run_id, noun="run")
    if row.record is None:
        raise NotFound(f"run {run_id} is {row.state}; it has no record yet")
    return dict(row.record)


@question(Permission.PROJECT_READ)
def trials(view: View, run_id: uuid.UUID) -> Listing[TrialRecord]:
    """Trials of a run in the order they were made."""
    view.load(RunRow, run_id, noun="run")
    rows = view.session.execute(
        select(TrialRow).where(TrialRow.run_id == run_id).order_by(TrialRow.number)
    ).scalars()
    return Listing(items=tuple(TrialRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def models(view: View, page: Page) -> Listing[ModelRecord]:
    """Models, newest first."""
    rows, token = visible_rows(view, ModelRow, page)
    return Listing(items=tuple(ModelRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def model(view: View, model_id: uuid.UUID) -> ModelRecord:
    """One model."""
    return ModelRecord.of(view.load(ModelRow, model_id, noun="model"))


@question(Permission.PROJECT_READ)
def versions(view: View, model_id: uuid.UUID, page: Page) -> Listing[ModelVersionRecord]:
    """Versions of a model, newest first."""
    view.load(ModelRow, model_id, noun="model")
    rows, token = visible_rows(view, ModelVersionRow, page, ModelVersionRow.model_id == model_id)
    return Listing(items=tuple(version_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def version(view: View, version_id: uuid.UUID) -> ModelVersionRecord:
    """One model version."""
    row = view.load(ModelVersionRow, version_id, noun="model version")
    return version_record(view, row, job_id=_job_of(view, version_id))


@question(Permission.PROJECT_READ)
def gates(view: View, version_id: uuid.UUID) -> GateEvaluationRecord:
    """The newest judgement of a version, check by check.

    Raises:
        NotFound: it was not judged yet.
    """
    row = view.load(ModelVersionRow, version_id, noun="model version")
    evaluation = latest_evaluation(view.session, row.id)
    if evaluation is None:
        raise NotFound(f"model version {version_id} was not judged yet")
    return _evaluation_record(view, evaluation)


def _evaluation_record(view: View, evaluation: GateEvaluationRow) -> GateEvaluationRecord:
    documents = view.session.execute(
        select(CheckResultRow.document)
        .where(CheckResultRow.gate_evaluation_id == evaluation.id)
        .order_by(CheckResultRow.position)
    ).scalars()
    results = tuple(CheckResult.model_validate(document) for document in documents)
    return GateEvaluationRecord.of(
        evaluation,
        report_digest=evaluation.digest,
        results=results,
        blocking=tuple(r.key for r in results if r.required and not r.verdict.lets_through),
    )


@question(Permission.PROJECT_READ)
def card(view: View, version_id: uuid.UUID) -> ModelCard:
    """The newest card of a version.

    Raises:
        NotFound: it has none yet; the gates make it.
    """
    row = view.load(ModelVersionRow, version_id, noun="model version")
    found = latest_card(view.session, row.id)
    if found is None:
        raise NotFound(f"model version {version_id} has no card yet; it is made with the gates")
    return card_of(found)


@question(Permission.PROJECT_READ)
def approval_request(view: View, request_id: uuid.UUID) -> ApprovalRequestRecord:
    """One approval request with its signatures."""
    return approval_record(view, view.load(ApprovalRequestRow, request_id, noun="approval request"))


@question(Permission.PROJECT_READ)
def approval_requests(
    view: View,
    page: Page,
    *,
    state: RequestState | None = None,
    model_version_id: uuid.UUID | None = None,
    for_me: bool = False,
) -> Listing[ApprovalRequestRecord]:
    """Approval requests, newest first; `for_me` keeps those that the caller could sign now."""
    where = []
    if state is not None:
        where.append(ApprovalRequestRow.state == state)
    if model_version_id is not None:
        where.append(ApprovalRequestRow.model_version_id == model_version_id)
    rows, token = visible_rows(view, ApprovalRequestRow, page, *where)
    shown = [row for row in rows if not for_me or _signable(view, row)]
    return Listing(items=tuple(approval_record(view, row) for row in shown), next_page_token=token)


def _signable(view: View, row: ApprovalRequestRow) -> bool:
    return _refusal_to_sign(view, row) is None


def _refusal_to_sign(view: View, row: ApprovalRequestRow) -> str | None:
    try:
        require_signable(view, row)
    except GovernanceError as error:
        return error.message
    if not view.may(Permission.APPROVAL_SIGN, row):
        return f"it needs the permission {Permission.APPROVAL_SIGN}"
    return None


@question(Permission.PROJECT_READ)
def why_not_sign(view: View, request_id: uuid.UUID) -> str | None:
    """Why the caller cannot sign a request now; None when they can."""
    return _refusal_to_sign(
        view, view.load(ApprovalRequestRow, request_id, noun="approval request")
    )


@question(Permission.PROJECT_READ)
def recent_versions(
    view: View, page: Page, *, state: VersionState | None = None
) -> Listing[ModelVersionRecord]:
    """Versions of all models, newest first."""
    where = [] if state is None else [ModelVersionRow.state == state]
    rows, token = visible_rows(view, ModelVersionRow, page, *where)
    return Listing(items=tuple(version_record(view, row) for row in rows), next_page_token=token)

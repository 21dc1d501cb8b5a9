"""Asking for AutoML runs, and recording what came out."""

import uuid
from collections.abc import Sequence

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.building_events import (
    RunCancelled,
    RunFailed,
    RunFinished,
    RunRequested,
)
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.records import RunRecord, TrialRecord
from accredit_governance.registry.tables import DatasetVersionRow, RunRow, TrialRow, UseCaseRow
from accredit_governance.registry.terms import RunSpec, UseCaseTerms


@operation(Permission.RUN_CREATE, records=RunRequested)
def request_run(
    tx: Transaction, *, use_case_id: uuid.UUID, dataset_version_id: uuid.UUID, spec: RunSpec
) -> RunRecord:
    """Queue an AutoML run for a use case on a dataset version.

    Raises:
        Conflict: the dataset version was not read yet, or refused.
        InvalidInput: the dataset lacks the target or a column that the request names.
    """
    use_case = tx.load(UseCaseRow, use_case_id, noun="use case")
    data = tx.load(DatasetVersionRow, dataset_version_id, noun="dataset version")
    if data.project_id != use_case.project_id:
        raise InvalidInput("the use case and the dataset belong to different projects")
    if data.state != "ready":
        raise Conflict(
            f"dataset version {data.number} is {data.state}; a run needs one that is ready",
            current_state=data.state,
        )
    _check_columns(UseCaseTerms.model_validate(use_case.document), spec, data)
    row = tx.add(
        RunRow(
            project_id=use_case.project_id,
            use_case_id=use_case_id,
            dataset_version_id=dataset_version_id,
            state="queued",
            spec=spec.model_dump(mode="json"),
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    job_id = enqueue(tx, "train", row.id, row.project_id)
    tx.record(
        RunRequested(
            use_case=use_case_id, dataset_version=dataset_version_id, spec_digest=spec.digest()
        ),
        resource=row.id,
        project=row.project_id,
    )
    return run_record(row, job_id=job_id)


def _check_columns(terms: UseCaseTerms, spec: RunSpec, data: DatasetVersionRow) -> None:
    columns = {str(column["name"]) for column in data.profile["columns"]}
    wanted = [("target", terms.target)]
    wanted += [("sensitive feature", f.column) for f in terms.sensitive_features]
    wanted += [("excluded column", column) for column in spec.exclude]
    problems = [
        {"pointer": "/spec", "detail": f"the {role} {column!r} is not a column of the dataset"}
        for role, column in wanted
        if column not in columns
    ]
    declared = {f.column for f in terms.sensitive_features}
    mitigated = () if spec.mitigation is None else spec.mitigation.features
    problems += [
        {
            "pointer": "/spec/mitigation/sensitive_feature",
            "detail": f"{feature!r} is no sensitive feature of the use case; it declares "
            f"{', '.join(sorted(declared)) or 'none'}",
        }
        for feature in mitigated
        if feature not in declared
    ]
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


@operation(Permission.SYSTEM_RECORD, records=RunFinished)
def finish_run(
    tx: Transaction,
    job_id: uuid.UUID,
    fence: int,
    *,
    record: dict[str, Json],
    bundle_digest: str,
    evidence_digest: str,
    trials: Sequence[TrialRecord],
) -> None:
    """Record the bundle, the record and every trial of a run.

    Raises:
        Conflict: the run has ended already.
    """
    job = complete(tx, job_id, fence)
    row = _unfinished(tx, job.subject_id)
    row.state, row.finished_at = "finished", tx.now
    row.record, row.record_digest = record, json_digest(record)
    row.bundle_digest, row.evidence_digest = bundle_digest, evidence_digest
    tx.session.add_all(TrialRow(run_id=row.id, **trial.model_dump()) for trial in trials)
    tx.record(
        RunFinished(
            record_digest=row.record_digest, bundle_digest=bundle_digest, trials=len(trials)
        ),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=RunFailed)
def fail_run(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record why a run has no bundle.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: the run has ended already.
    """
    row = _unfinished(tx, conclude(tx, job_id).subject_id)
    row.state, row.error, row.finished_at = "failed", error, tx.now
    tx.record(
        RunFailed(code=str(error.get("code", "unknown"))),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=RunCancelled)
def cancel_run(tx: Transaction, job_id: uuid.UUID) -> None:
    """Record that a run was stopped.

    Raises:
        Superseded: the end of this job was told before.
        Conflict: the run has ended already.
    """
    row = _unfinished(tx, conclude(tx, job_id).subject_id)
    row.state, row.finished_at = "cancelled", tx.now
    tx.record(RunCancelled(), resource=row.id, project=row.project_id)


def _unfinished(tx: Transaction, run_id: uuid.UUID) -> RunRow:
    """A run whose result may still be told: how a run ended does not change."""
    row = tx.hold(RunRow, run_id, noun="run")
    if row.state not in {"queued", "running"}:
        raise Conflict(f"run {run_id} is {row.state} already", current_state=row.state)
    return row


def run_record(row: RunRow, *, job_id: uuid.UUID | None = None) -> RunRecord:
    """Document of a run row."""
    return RunRecord.of(row, spec=RunSpec.model_validate(row.spec), job_id=job_id)

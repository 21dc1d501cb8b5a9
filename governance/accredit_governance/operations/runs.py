"""Asking for AutoML runs, and recording what came out."""

import uuid
from collections.abc import Iterator, Sequence, Set

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
from accredit_governance.registry.choices import METRICS
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
        InvalidInput: the dataset lacks the target or a column that the request names, or what is
            asked does not suit the use case.
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
    _check(UseCaseTerms.model_validate(use_case.document), spec, data)
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


def _check(terms: UseCaseTerms, spec: RunSpec, data: DatasetVersionRow) -> None:
    columns = {str(column["name"]) for column in data.profile["columns"]}
    problems = [
        *_unfit_for(terms, spec),
        *_unknown(terms, spec, columns),
        *_not_inputs(terms, spec),
    ]
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


def _unfit_for(terms: UseCaseTerms, spec: RunSpec) -> Iterator[dict[str, str]]:
    """What does not suit the task or the sensitive features of the use case."""
    usable = METRICS[terms.task]
    if spec.metric is not None and spec.metric not in usable:
        known = spec.metric in set().union(*METRICS.values())
        said = f"does not suit {terms.task}" if known else "is unknown"
        detail = f"the metric {spec.metric!r} {said}; use {', '.join(sorted(usable))}"
        yield {"pointer": "/spec/metric", "detail": detail}
    if spec.class_weight is not None and terms.task == "regression":
        detail = "class_weight weighs classes; a regression has none"
        yield {"pointer": "/spec/class_weight", "detail": detail}
    if spec.mitigation is None:
        return
    if terms.task != "binary":
        detail = f"mitigation compares favourable decisions; {terms.task} has none"
        yield {"pointer": "/spec/mitigation", "detail": detail}
    declared = {f.column for f in terms.sensitive_features}
    for feature in spec.mitigation.features:
        if feature not in declared:
            yield {
                "pointer": "/spec/mitigation/sensitive_feature",
                "detail": f"{feature!r} is no sensitive feature of the use case; it declares "
                f"{', '.join(sorted(declared)) or 'none'}",
            }


def _unknown(terms: UseCaseTerms, spec: RunSpec, columns: Set[str]) -> Iterator[dict[str, str]]:
    """Columns that are named and not there."""
    wanted = [("target", terms.target, "/spec")]
    wanted += [("sensitive feature", f.column, "/spec") for f in terms.sensitive_features]
    wanted += [("excluded column", name, "/spec/exclude") for name in spec.exclude]
    wanted += [
        ("column with a stated kind", name, "/spec/column_kinds") for name in spec.column_kinds
    ]
    wanted += [("monotone column", name, "/spec/monotone") for name in spec.monotone]
    if spec.groups is not None:
        wanted.append(("groups column", spec.groups, "/spec/groups"))
    if spec.time is not None:
        wanted.append(("time column", spec.time, "/spec/time"))
    for role, name, pointer in wanted:
        if name not in columns:
            detail = f"the {role} {name!r} is not a column of the dataset"
            yield {"pointer": pointer, "detail": detail}


def _not_inputs(terms: UseCaseTerms, spec: RunSpec) -> Iterator[dict[str, str]]:
    """Columns that are given a part which they cannot play."""
    kept_out = {terms.target, spec.groups, *spec.exclude}
    kept_out |= {feature.column for feature in terms.sensitive_features}
    for name in spec.monotone:
        if name in kept_out:
            detail = f"the monotone column {name!r} is no input of the model"
            yield {"pointer": "/spec/monotone", "detail": detail}
    for role, column in (("groups", spec.groups), ("time", spec.time)):
        if column == terms.target:
            yield {"pointer": f"/spec/{role}", "detail": f"{role} names the target {column!r}"}


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

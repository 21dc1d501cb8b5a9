"""Models built elsewhere: receiving their files, and making them model versions.

A model that was trained here comes from a run. One that was built elsewhere comes from an import,
which is a run without a search: it has a person behind it, who counts as the one who trained the
model; rows that the model is judged on; a record; and a bundle.
"""

import uuid
from pathlib import Path

from sqlalchemy import func, select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.building_events import VersionRegistered
from accredit_governance.audit.external_events import (
    ExternalVersionRefused,
    ExternalVersionRequested,
    ExternalVersionVerified,
    ModelFileReceived,
)
from accredit_governance.documents import Json, json_digest
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.same_file import refuse_another_try, versions_of_file
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.external_records import (
    SUFFIXES,
    ExternalTerms,
    ExternalVersionRecord,
    ModelFileRecord,
)
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    ExternalVersionRow,
    JobRow,
    ModelFileRow,
    ModelRow,
    ModelVersionRow,
    RunRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import RunSpec, UseCaseTerms


@operation(Permission.MODEL_CREATE, records=ModelFileReceived)
def receive_model_file(
    tx: Transaction, model_id: uuid.UUID, *, name: str, digest: str, size: int
) -> ModelFileRecord:
    """Note that the file of a model arrived; nothing reads it before a version is asked for."""
    model = tx.load(ModelRow, model_id, noun="model")
    row = tx.add(
        ModelFileRow(
            project_id=model.project_id,
            model_id=model_id,
            name=name[:255],
            file_digest=digest,
            bytes=size,
            uploaded_by=tx.actor.id,
            uploaded_at=tx.now,
        )
    )
    tx.record(
        ModelFileReceived(model=model_id, file_digest=digest, bytes=size),
        resource=row.id,
        project=row.project_id,
    )
    return ModelFileRecord.of(row)


@operation(Permission.MODEL_CREATE, records=ExternalVersionRequested)
def request_external_version(
    tx: Transaction,
    model_id: uuid.UUID,
    *,
    terms: ExternalTerms,
    model_file_id: uuid.UUID | None,
    dataset_version_id: uuid.UUID,
    training_version_id: uuid.UUID | None = None,
) -> ExternalVersionRecord:
    """Have a worker read an uploaded model and make it a version of a model.

    Args:
        tx: of the actor, who counts as the one who trained the model.
        model_id: what it becomes a version of.
        terms: what is stated about it.
        model_file_id: its file; None of a model that stays with its vendor.
        dataset_version_id: rows with known outcomes that it is judged on, all of them.
        training_version_id: rows that it was trained on; None when nobody has them, and then
            whatever needs them is not shown.

    Raises:
        Conflict: a dataset version is not ready, or the same file failed on its dataset.
        InvalidInput: the file, a dataset version or the contract does not belong to this model.
    """
    model = tx.load(ModelRow, model_id, noun="model")
    file = (
        None if model_file_id is None else tx.load(ModelFileRow, model_file_id, noun="model file")
    )
    for paper in terms.documents:
        if tx.load(ModelFileRow, paper, noun="document").model_id != model_id:
            raise InvalidInput("a document was uploaded for another model")
    use_case = tx.session.get_one(UseCaseRow, model.use_case_id)
    judged = _table(tx, model, dataset_version_id)
    trained = None if training_version_id is None else _table(tx, model, training_version_id)
    _refuse_misfits(
        UseCaseTerms.model_validate(use_case.document), terms, model, file, judged, trained
    )
    if file is not None:
        refuse_another_try(tx, model_id, file, judged)
    run = tx.add(
        RunRow(
            project_id=model.project_id,
            use_case_id=use_case.id,
            dataset_version_id=dataset_version_id,
            state="queued",
            spec=RunSpec().model_dump(mode="json"),
            created_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    row = tx.add(
        ExternalVersionRow(
            project_id=model.project_id,
            model_id=model_id,
            run_id=run.id,
            model_file_id=None if file is None else file.id,
            training_version_id=training_version_id,
            kind=terms.kind,
            terms=terms.model_dump(mode="json"),
        )
    )
    job_id = enqueue(tx, "import", run.id, run.project_id)
    tx.record(
        ExternalVersionRequested(
            model=model_id,
            kind=terms.kind,
            file_digest=None if file is None else file.file_digest,
            terms_digest=terms.digest(),
            dataset_version=dataset_version_id,
            training_version=training_version_id,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return external_version_record(tx, row, job_id=job_id)


@operation(Permission.SYSTEM_RECORD, records=VersionRegistered)
def finish_import(
    tx: Transaction, job_id: uuid.UUID, fence: int, *, record: dict[str, Json], bundle_digest: str
) -> None:
    """Record the bundle of an import, and register it as a version in the same transaction.

    Raises:
        Conflict: the import has ended already.
    """
    job = complete(tx, job_id, fence)
    run, row = _unfinished(tx, job.subject_id)
    run.state, run.finished_at = "finished", tx.now
    run.record, run.record_digest = record, json_digest(record)
    run.bundle_digest = bundle_digest
    tx.record(
        ExternalVersionVerified(record_digest=run.record_digest, bundle_digest=bundle_digest),
        resource=row.id,
        project=row.project_id,
    )
    tx.hold(ModelRow, row.model_id, noun="model")
    last = tx.session.execute(
        select(func.max(ModelVersionRow.number)).where(ModelVersionRow.model_id == row.model_id)
    ).scalar_one()
    version = tx.add(
        ModelVersionRow(
            project_id=row.project_id,
            model_id=row.model_id,
            number=(last or 0) + 1,
            run_id=run.id,
            state=VersionState.DRAFT,
            bundle_digest=bundle_digest,
            registered_by=run.created_by,
            created_at=tx.now,
        )
    )
    tx.record(
        VersionRegistered(
            model=row.model_id, number=version.number, run=run.id, bundle_digest=bundle_digest
        ),
        resource=version.id,
        project=version.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=ExternalVersionRefused)
def fail_import(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record why a file cannot be a model version.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: the import has ended already.
    """
    run, row = _unfinished(tx, conclude(tx, job_id).subject_id)
    run.state, run.error, run.finished_at = "failed", error, tx.now
    tx.record(
        ExternalVersionRefused(code=str(error.get("code", "unknown"))),
        resource=row.id,
        project=row.project_id,
    )


def external_version_record(
    view: View, row: ExternalVersionRow, *, job_id: uuid.UUID | None = None
) -> ExternalVersionRecord:
    """Document of an import with what became of it."""
    run = view.session.get_one(RunRow, row.run_id)
    file = (
        None if row.model_file_id is None else view.session.get_one(ModelFileRow, row.model_file_id)
    )
    version_id = view.session.execute(
        select(ModelVersionRow.id).where(ModelVersionRow.run_id == row.run_id)
    ).scalar_one_or_none()
    newest_job = (
        select(JobRow.id).where(JobRow.subject_id == run.id).order_by(JobRow.id.desc()).limit(1)
    )
    return ExternalVersionRecord.of(
        row,
        state=run.state,
        terms=ExternalTerms.model_validate(row.terms),
        file_name=None if file is None else file.name,
        file_digest=None if file is None else file.file_digest,
        dataset_version_id=run.dataset_version_id,
        model_version_id=version_id,
        error=run.error,
        created_by=run.created_by,
        created_at=run.created_at,
        same_file=()
        if file is None
        else tuple(
            other
            for other in versions_of_file(view, file.file_digest, row.project_id)
            if other.model_version_id != version_id
        ),
        job_id=job_id or view.session.execute(newest_job).scalar_one_or_none(),
    )


def _table(tx: Transaction, model: ModelRow, version_id: uuid.UUID) -> DatasetVersionRow:
    data = tx.load(DatasetVersionRow, version_id, noun="dataset version")
    if data.project_id != model.project_id:
        raise InvalidInput("the model and the dataset belong to different projects")
    if data.state != "ready":
        raise Conflict(
            f"dataset version {data.number} is {data.state}; a model is compared with one that is "
            "ready",
            current_state=data.state,
        )
    return data


def _refuse_misfits(
    use_case: UseCaseTerms,
    terms: ExternalTerms,
    model: ModelRow,
    file: ModelFileRow | None,
    judged: DatasetVersionRow,
    trained: DatasetVersionRow | None,
) -> None:
    """Refuse what is known to be wrong before anything is read.

    Raises:
        InvalidInput: all problems are named.
    """
    problems = [
        *_file_problems(terms, model, file),
        *_contract_problems(use_case, terms),
        *_column_problems(use_case, terms, judged, "/dataset_version_id"),
    ]
    if trained is not None:
        problems += _column_problems(use_case, terms, trained, "/training_version_id")
    if trained is judged:
        problems.append(
            {
                "pointer": "/training_version_id",
                "detail": "a model is not judged on the rows that it was trained on",
            }
        )
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems), problems)


def _file_problems(
    terms: ExternalTerms, model: ModelRow, file: ModelFileRow | None
) -> list[dict[str, str]]:
    if terms.is_at_the_vendor or file is None:
        detail = "name the file of the model"
        if terms.is_at_the_vendor:
            detail = "a model that stays with its vendor has no file here; name its documents"
        wrong = terms.is_at_the_vendor != (file is None)
        return [{"pointer": "/model_file_id", "detail": detail}] if wrong else []
    if file.model_id != model.id:
        detail = "the file was uploaded for another model"
        return [{"pointer": "/model_file_id", "detail": detail}]
    if SUFFIXES.get(Path(file.name).suffix.lower()) != terms.kind:
        detail = f"the file {file.name!r} is not called as a {terms.kind} model is"
        return [{"pointer": "/terms/kind", "detail": detail}]
    return []


def _contract_problems(use_case: UseCaseTerms, terms: ExternalTerms) -> list[dict[str, str]]:
    stated = terms.contract
    if stated is None:
        return _answer_problems(use_case, terms)
    classes = {str(label) for label in stated.classes}
    wanted = {"binary": len(classes) == 2, "multiclass": len(classes) > 2}
    found = {
        "/terms/contract/classes": (
            f"a {use_case.task} use case needs "
            + {"binary": "two classes", "multiclass": "three classes or more"}.get(
                use_case.task, "no classes"
            )
            if not wanted.get(use_case.task, not classes)
            else ""
        ),
        "/terms/contract/threshold": (
            "state the threshold that decides"
            if use_case.task == "binary" and stated.threshold is None
            else "only a binary model has a threshold"
            if use_case.task != "binary" and stated.threshold is not None
            else ""
        ),
    }
    if use_case.task == "binary" and not use_case.favourable_labels:
        found["/terms/contract"] = "the use case does not say which class is favourable"
    lacking = [str(label) for label in use_case.favourable_labels if str(label) not in classes]
    if lacking and use_case.task != "regression":
        found["/terms/contract/classes"] = (
            f"the favourable class {lacking[0]!r} of the use case is none of the classes"
        )
    return [{"pointer": at, "detail": detail} for at, detail in found.items() if detail]


def _answer_problems(use_case: UseCaseTerms, terms: ExternalTerms) -> list[dict[str, str]]:
    """What is wrong with the answers that a vendor reports."""
    answers = terms.answers
    if answers is None:
        return []
    detail = ""
    if use_case.task == "multiclass":
        detail = "reported answers are judged for two classes or an amount, not for several classes"
    elif (use_case.task == "binary") != (answers.threshold is not None):
        detail = "a binary use case, and no other, needs the threshold that decides"
    elif use_case.task == "binary" and not use_case.favourable_labels:
        detail = "the use case does not say which class is favourable"
    return [{"pointer": "/terms/answers", "detail": detail}] if detail else []


def _column_problems(
    use_case: UseCaseTerms, terms: ExternalTerms, data: DatasetVersionRow, pointer: str
) -> list[dict[str, str]]:
    there = {str(column["name"]) for column in data.profile["columns"]}
    named = [] if terms.contract is None else [column.name for column in terms.contract.columns]
    named += [] if terms.answers is None else [terms.answers.score]
    found = [f"dataset version {data.number} has no column {n!r}" for n in named if n not in there]
    if use_case.target not in there:
        found.append(f"dataset version {data.number} has no target {use_case.target!r}")
    if use_case.target in named:
        found.append(f"the target {use_case.target!r} cannot be an input")
    return [{"pointer": pointer, "detail": detail} for detail in found[:20]]


def _unfinished(tx: Transaction, run_id: uuid.UUID) -> tuple[RunRow, ExternalVersionRow]:
    """An import whose result may still be told."""
    run = tx.hold(RunRow, run_id, noun="run")
    if run.state not in {"queued", "running"}:
        raise Conflict(f"import {run_id} is {run.state} already", current_state=run.state)
    row = tx.session.execute(
        select(ExternalVersionRow).where(ExternalVersionRow.run_id == run_id)
    ).scalar_one()
    return run, row

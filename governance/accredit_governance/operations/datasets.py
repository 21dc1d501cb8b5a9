"""Naming datasets, receiving uploads, and what became of them."""

import uuid

from sqlalchemy import func, select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import (
    DatasetCreated,
    DatasetVersionReady,
    DatasetVersionReceived,
    DatasetVersionRefused,
)
from accredit_governance.documents import Json
from accredit_governance.errors import Conflict
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import check_name
from accredit_governance.operations.work import complete, conclude, enqueue
from accredit_governance.registry.records import DatasetRecord, DatasetVersionRecord
from accredit_governance.registry.tables import DatasetRow, DatasetVersionRow, ProjectRow


@operation(Permission.DATASET_CREATE, records=DatasetCreated)
def create_dataset(
    tx: Transaction, project_id: uuid.UUID, *, name: str, title: str
) -> DatasetRecord:
    """Name a source of rows.

    Raises:
        Conflict: the name is taken in this project.
    """
    check_name(name)
    project = tx.load(ProjectRow, project_id, noun="project")
    taken = select(DatasetRow.id).where(
        DatasetRow.project_id == project_id, DatasetRow.name == name
    )
    if tx.session.execute(taken).first():
        raise Conflict(f"project {project.name} has a dataset {name} already", name=name)
    row = tx.add(
        DatasetRow(
            project_id=project_id,
            name=name,
            title=title,
            created_at=tx.now,
            created_by=tx.actor.id,
        )
    )
    tx.record(DatasetCreated(name=name), resource=row.id, project=project_id)
    return DatasetRecord.of(row)


@operation(Permission.DATASET_CREATE, records=DatasetVersionReceived)
def receive_upload(
    tx: Transaction,
    dataset_id: uuid.UUID,
    *,
    upload_name: str,
    upload_digest: str,
    upload_bytes: int,
) -> DatasetVersionRecord:
    """Note that bytes arrived; a worker will read them."""
    dataset = tx.hold(DatasetRow, dataset_id, noun="dataset")
    last = tx.session.execute(
        select(func.max(DatasetVersionRow.number)).where(DatasetVersionRow.dataset_id == dataset_id)
    ).scalar_one()
    row = tx.add(
        DatasetVersionRow(
            project_id=dataset.project_id,
            dataset_id=dataset_id,
            number=(last or 0) + 1,
            state="received",
            upload_name=upload_name[:255],
            upload_digest=upload_digest,
            upload_bytes=upload_bytes,
            prepared_by=tx.actor.id,
            created_at=tx.now,
        )
    )
    job_id = enqueue(tx, "ingest", row.id, row.project_id)
    tx.record(
        DatasetVersionReceived(
            dataset=dataset_id,
            number=row.number,
            upload_digest=upload_digest,
            upload_bytes=upload_bytes,
        ),
        resource=row.id,
        project=row.project_id,
    )
    return DatasetVersionRecord.of(row, job_id=job_id)


@operation(Permission.SYSTEM_RECORD, records=DatasetVersionReady)
def accept_upload(
    tx: Transaction,
    job_id: uuid.UUID,
    fence: int,
    *,
    artifact: str,
    frame_digest: str,
    rows: int,
    profile: Json,
) -> None:
    """Record what was read from an upload.

    Raises:
        Conflict: it was read or refused before.
    """
    job = complete(tx, job_id, fence)
    row = _unread(tx, job.subject_id)
    row.state = "ready"
    row.artifact, row.frame_digest, row.rows, row.profile = artifact, frame_digest, rows, profile
    tx.record(
        DatasetVersionReady(
            dataset=row.dataset_id,
            number=row.number,
            frame_digest=frame_digest,
            artifact=artifact,
            rows=rows,
        ),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=DatasetVersionRefused)
def refuse_upload(tx: Transaction, job_id: uuid.UUID, *, error: dict[str, Json]) -> None:
    """Record why an upload cannot be used. Its number is not given again.

    Raises:
        Superseded: the failure of this job was told before.
        Conflict: it was read or refused before.
    """
    row = _unread(tx, conclude(tx, job_id).subject_id)
    row.state, row.error = "refused", error
    tx.record(
        DatasetVersionRefused(
            dataset=row.dataset_id, number=row.number, code=str(error.get("code", "unknown"))
        ),
        resource=row.id,
        project=row.project_id,
    )


def _unread(tx: Transaction, version_id: uuid.UUID) -> DatasetVersionRow:
    """An upload that may still be accepted or refused: what a run may rest on does not change."""
    row = tx.hold(DatasetVersionRow, version_id, noun="dataset version")
    if row.state != "received":
        raise Conflict(
            f"dataset version {row.number} is {row.state} already", current_state=row.state
        )
    return row

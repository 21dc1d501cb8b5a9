"""Which files of the store belong to a version, and who else refers to them."""

import uuid
from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from accredit_governance.registry.aftercare_records import KeptArtifact
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    DeploymentRow,
    DriftReportRow,
    ExternalVersionRow,
    GateEvaluationRow,
    ModelFileRow,
    ModelVersionRow,
    RunRow,
)

_PURGED = "purged"
_NEVER_A_VERSION = ("failed", "cancelled")


def artifacts_of(session: Session, version: ModelVersionRow) -> tuple[KeptArtifact, ...]:
    """The bundle of a version, what it was read from, and every file with rows or answers of it."""
    return tuple({artifact.sha256: artifact for artifact in _named(session, version)}.values())


def files_of(external: ExternalVersionRow) -> tuple[uuid.UUID, ...]:
    """Uploaded files of a model built elsewhere: the model, then its documents."""
    papers = [uuid.UUID(key) for key in external.terms["documents"]]
    return tuple(([] if external.model_file_id is None else [external.model_file_id]) + papers)


def _named(session: Session, version: ModelVersionRow) -> Iterator[KeptArtifact]:
    yield KeptArtifact(kind="bundle", sha256=version.bundle_digest, folder=True)
    run = session.get_one(RunRow, version.run_id)
    if run.evidence_digest is not None:
        yield KeptArtifact(kind="out-of-fold", sha256=run.evidence_digest, folder=False)
    external = session.execute(
        select(ExternalVersionRow).where(ExternalVersionRow.run_id == run.id)
    ).scalar_one_or_none()
    for file_id in () if external is None else files_of(external):
        uploaded = session.get_one(ModelFileRow, file_id).file_digest
        yield KeptArtifact(kind="uploaded file", sha256=uploaded, folder=False)
    probes = session.execute(
        select(GateEvaluationRow.probes_digest)
        .where(GateEvaluationRow.model_version_id == version.id)
        .order_by(GateEvaluationRow.id)
    ).scalars()
    for digest in probes:
        if digest is not None:
            yield KeptArtifact(kind="probes", sha256=digest, folder=False)
    reports = session.execute(
        select(DriftReportRow.html_artifact, DriftReportRow.json_artifact)
        .join(DeploymentRow, DeploymentRow.id == DriftReportRow.deployment_id)
        .where(DeploymentRow.model_version_id == version.id)
        .order_by(DriftReportRow.id)
    )
    for digest in (found for row in reports for found in row):
        if digest is not None:
            yield KeptArtifact(kind="drift report", sha256=digest, folder=False)


def is_shared(session: Session, artifact: KeptArtifact, version: ModelVersionRow) -> bool:
    """Whether something else that was not purged refers to the same bytes."""
    gone = select(ModelVersionRow.id).where(ModelVersionRow.state == _PURGED)
    gone_runs = select(ModelVersionRow.run_id).where(ModelVersionRow.state == _PURGED)
    digest = artifact.sha256
    elsewhere: tuple[tuple[type, ColumnElement[bool]], ...] = (
        (
            ModelVersionRow,
            (ModelVersionRow.bundle_digest == digest)
            & (ModelVersionRow.id != version.id)
            & ModelVersionRow.id.not_in(gone),
        ),
        (
            RunRow,
            ((RunRow.bundle_digest == digest) | (RunRow.evidence_digest == digest))
            & (RunRow.id != version.run_id)
            & RunRow.id.not_in(gone_runs),
        ),
        (
            GateEvaluationRow,
            (GateEvaluationRow.probes_digest == digest)
            & (GateEvaluationRow.model_version_id != version.id)
            & GateEvaluationRow.model_version_id.not_in(gone),
        ),
        (
            DriftReportRow,
            ((DriftReportRow.html_artifact == digest) | (DriftReportRow.json_artifact == digest))
            & DriftReportRow.deployment_id.not_in(
                select(DeploymentRow.id).where(DeploymentRow.model_version_id.in_(gone))
            ),
        ),
        (
            DatasetVersionRow,
            (DatasetVersionRow.artifact == digest) | (DatasetVersionRow.upload_digest == digest),
        ),
    )
    return _is_uploaded_elsewhere(session, digest, version) or any(
        session.execute(select(table.id).where(where).limit(1)).first() is not None  # type: ignore[attr-defined] # every table here is Identified
        for table, where in elsewhere
    )


def _is_uploaded_elsewhere(session: Session, digest: str, version: ModelVersionRow) -> bool:
    """Whether another model built elsewhere, or one that is being read, was made of the bytes."""
    gone = select(ModelVersionRow.run_id).where(ModelVersionRow.state == _PURGED)
    same = {
        row.id: row.model_id
        for row in session.execute(
            select(ModelFileRow).where(ModelFileRow.file_digest == digest)
        ).scalars()
    }
    others = session.execute(
        select(ExternalVersionRow)
        .join(RunRow, RunRow.id == ExternalVersionRow.run_id)
        .where(
            ExternalVersionRow.model_id.in_(set(same.values())),
            ExternalVersionRow.run_id != version.run_id,
            ExternalVersionRow.run_id.not_in(gone),
            RunRow.state.not_in(_NEVER_A_VERSION),
        )
    ).scalars()
    return any(not same.keys().isdisjoint(files_of(other)) for other in others)

"""Versions that were made of one and the same file: verdicts are not rolled again with other rows.

A file with one byte changed is another file, so what a refusal cannot stop is at least shown: every
version says which others its file became, and what the gates said of them.
"""

import uuid

from sqlalchemy import select

from accredit_governance.errors import Conflict
from accredit_governance.gates.results import Verdict
from accredit_governance.operations.door import Transaction, View
from accredit_governance.registry.external_records import SameFileRecord
from accredit_governance.registry.tables import (
    CheckResultRow,
    DatasetVersionRow,
    ExternalVersionRow,
    GateEvaluationRow,
    ModelFileRow,
    ModelVersionRow,
    RunRow,
)


def versions_of_file(
    view: View, file_digest: str, project_id: uuid.UUID
) -> tuple[SameFileRecord, ...]:
    """Every version of a project that a file became, the oldest first."""
    rows = view.session.execute(
        select(ModelVersionRow, RunRow.dataset_version_id)
        .join(RunRow, RunRow.id == ModelVersionRow.run_id)
        .join(ExternalVersionRow, ExternalVersionRow.run_id == RunRow.id)
        .join(ModelFileRow, ModelFileRow.id == ExternalVersionRow.model_file_id)
        .where(
            ModelFileRow.file_digest == file_digest,
            ExternalVersionRow.project_id == project_id,
        )
        .order_by(ModelVersionRow.created_at, ModelVersionRow.id)
    ).all()
    return tuple(
        SameFileRecord(
            model_version_id=version.id,
            model_id=version.model_id,
            number=version.number,
            state=version.state,
            dataset_version_id=dataset_version_id,
            failed=_failed(view, version.id),
        )
        for version, dataset_version_id in rows
    )


def refuse_another_try(
    tx: Transaction, model_id: uuid.UUID, file: ModelFileRow, judged: DatasetVersionRow
) -> None:
    """Refuse to judge a file on other rows of the dataset on which it failed.

    Raises:
        Conflict: a version of the same model is of this file, and failed a required check there.
    """
    for version in versions_of_file(tx, file.file_digest, file.project_id):
        data = tx.session.get_one(DatasetVersionRow, version.dataset_version_id)
        if version.model_id == model_id and version.failed and data.dataset_id == judged.dataset_id:
            raise Conflict(
                f"version {version.number} is of the same file and failed {version.failed[0]} on "
                f"rows of the same dataset; its verdicts stand, bring another model",
                current_state=version.state,
            )


def _failed(view: View, version_id: uuid.UUID) -> tuple[str, ...]:
    """Required checks that a version ever failed on a verdict."""
    keys = view.session.execute(
        select(CheckResultRow.key)
        .join(GateEvaluationRow, GateEvaluationRow.id == CheckResultRow.gate_evaluation_id)
        .where(
            GateEvaluationRow.model_version_id == version_id,
            CheckResultRow.required,
            CheckResultRow.verdict == Verdict.FAIL,
        )
        .distinct()
        .order_by(CheckResultRow.key)
    ).scalars()
    return tuple(keys)

"""Models built elsewhere: what was brought, what is stated about it, what became of it."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import Conflict
from accredit_governance.operations.door import View, question
from accredit_governance.operations.external import external_version_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.external_records import (
    ExternalTerms,
    ExternalVersionRecord,
    ModelFileRecord,
)
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    ExternalVersionRow,
    ModelFileRow,
    ModelRow,
    ModelVersionRow,
    RunRow,
    UseCaseRow,
)
from accredit_governance.registry.terms import UseCaseTerms


class ImportFacts(Document):
    """A model that waits to be read, and the rows that it is compared with.

    Attributes:
        documents: digest → name of each paper of a model that stays with its vendor.
    """

    terms: ExternalTerms
    use_case: UseCaseTerms
    file_digest: str | None
    documents: dict[str, str]
    data_artifact: str
    training_artifact: str | None


@question(Permission.PROJECT_READ)
def model_files(view: View, model_id: uuid.UUID, page: Page) -> Listing[ModelFileRecord]:
    """Files that were uploaded for a model, newest first."""
    view.load(ModelRow, model_id, noun="model")
    rows, token = visible_rows(view, ModelFileRow, page, ModelFileRow.model_id == model_id)
    return Listing(items=tuple(ModelFileRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def external_versions(
    view: View, model_id: uuid.UUID, page: Page
) -> Listing[ExternalVersionRecord]:
    """Models built elsewhere that were brought to a model, newest first."""
    view.load(ModelRow, model_id, noun="model")
    rows, token = visible_rows(
        view, ExternalVersionRow, page, ExternalVersionRow.model_id == model_id
    )
    return Listing(
        items=tuple(external_version_record(view, row) for row in rows), next_page_token=token
    )


@question(Permission.PROJECT_READ)
def external_version(view: View, external_version_id: uuid.UUID) -> ExternalVersionRecord:
    """One model that was built elsewhere."""
    row = view.load(ExternalVersionRow, external_version_id, noun="external version")
    return external_version_record(view, row)


@question(Permission.PROJECT_READ)
def origin_of(view: View, version_id: uuid.UUID) -> ExternalVersionRecord | None:
    """Where a model version comes from; None when it was trained here."""
    version = view.load(ModelVersionRow, version_id, noun="model version")
    rows: Sequence[Any] = (
        view.session.execute(
            select(ExternalVersionRow).where(ExternalVersionRow.run_id == version.run_id)
        )
        .scalars()
        .all()
    )
    return external_version_record(view, rows[0]) if rows else None


@question(Permission.SYSTEM_RECORD)
def import_facts(view: View, run_id: uuid.UUID) -> ImportFacts:
    """What a worker needs to read a model."""
    run = view.load(RunRow, run_id, noun="run")
    row = view.session.execute(
        select(ExternalVersionRow).where(ExternalVersionRow.run_id == run_id)
    ).scalar_one()
    use_case = view.session.get_one(UseCaseRow, run.use_case_id)
    trained, file_id = row.training_version_id, row.model_file_id
    terms = ExternalTerms.model_validate(row.terms)
    papers = [view.session.get_one(ModelFileRow, paper) for paper in terms.documents]
    return ImportFacts(
        terms=terms,
        use_case=UseCaseTerms.model_validate(use_case.document),
        file_digest=None
        if file_id is None
        else view.session.get_one(ModelFileRow, file_id).file_digest,
        documents={paper.file_digest: paper.name for paper in papers},
        data_artifact=_artifact(view, run.dataset_version_id),
        training_artifact=None if trained is None else _artifact(view, trained),
    )


def _artifact(view: View, version_id: uuid.UUID) -> str:
    data = view.session.get_one(DatasetVersionRow, version_id)
    if data.artifact is None:
        raise Conflict(f"dataset version {data.number} is {data.state}; it has no rows")
    return data.artifact

"""Projects, use cases, datasets, policies, principals, jobs."""

import uuid
from typing import Literal

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotFound
from accredit_governance.operations.door import View, question
from accredit_governance.operations.policies import policy_record, with_state
from accredit_governance.operations.projects import use_case_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.records import (
    DatasetRecord,
    DatasetVersionRecord,
    JobRecord,
    PolicyVersionRecord,
    PrincipalRecord,
    ProjectRecord,
    UseCaseRecord,
)
from accredit_governance.registry.tables import (
    DatasetRow,
    DatasetVersionRow,
    JobRow,
    ModelRow,
    PolicyVersionRow,
    PrincipalRow,
    ProjectRow,
    RunRow,
    UseCaseRow,
)


@question(Permission.PROJECT_LIST)
def projects(view: View, page: Page) -> Listing[ProjectRecord]:
    """Projects that the caller may see."""
    rows, token = visible_rows(view, ProjectRow, page)
    return Listing(items=tuple(ProjectRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def project(view: View, project_id: uuid.UUID) -> ProjectRecord:
    """One project."""
    return ProjectRecord.of(view.load(ProjectRow, project_id, noun="project"))


@question(Permission.PROJECT_READ)
def use_cases(view: View, project_id: uuid.UUID, page: Page) -> Listing[UseCaseRecord]:
    """Use cases of a project."""
    view.load(ProjectRow, project_id, noun="project")
    rows, token = visible_rows(view, UseCaseRow, page, UseCaseRow.project_id == project_id)
    return Listing(items=tuple(use_case_record(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def use_case(view: View, use_case_id: uuid.UUID) -> UseCaseRecord:
    """One use case."""
    return use_case_record(view.load(UseCaseRow, use_case_id, noun="use case"))


@question(Permission.PROJECT_READ)
def use_case_of(view: View, model_id: uuid.UUID) -> UseCaseRecord:
    """What a model is for: its card says so too, so whoever reads the model may read it."""
    model = view.load(ModelRow, model_id, noun="model")
    return use_case_record(view.session.get_one(UseCaseRow, model.use_case_id))


@question(Permission.PROJECT_READ)
def use_case_of_run(view: View, run_id: uuid.UUID) -> UseCaseRecord:
    """What a run is for, for whoever reads the run."""
    run = view.load(RunRow, run_id, noun="run")
    return use_case_record(view.session.get_one(UseCaseRow, run.use_case_id))


@question(Permission.PROJECT_READ)
def data_of_run(view: View, run_id: uuid.UUID) -> DatasetVersionRecord:
    """The rows that a run learned from, as they are described, for whoever reads the run."""
    run = view.load(RunRow, run_id, noun="run")
    return DatasetVersionRecord.of(view.session.get_one(DatasetVersionRow, run.dataset_version_id))


@question(Permission.PROJECT_READ)
def datasets(view: View, project_id: uuid.UUID, page: Page) -> Listing[DatasetRecord]:
    """Datasets of a project."""
    view.load(ProjectRow, project_id, noun="project")
    rows, token = visible_rows(view, DatasetRow, page, DatasetRow.project_id == project_id)
    return Listing(items=tuple(DatasetRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def dataset_versions(
    view: View, dataset_id: uuid.UUID, page: Page
) -> Listing[DatasetVersionRecord]:
    """Versions of a dataset."""
    view.load(DatasetRow, dataset_id, noun="dataset")
    rows, token = visible_rows(
        view, DatasetVersionRow, page, DatasetVersionRow.dataset_id == dataset_id
    )
    return Listing(items=tuple(DatasetVersionRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def dataset_version(view: View, version_id: uuid.UUID) -> DatasetVersionRecord:
    """One dataset version."""
    return DatasetVersionRecord.of(view.load(DatasetVersionRow, version_id, noun="dataset version"))


@question(Permission.PROJECT_LIST)
def policies(
    view: View, *, state: Literal["published", "draft"] = "published"
) -> Listing[PolicyVersionRecord]:
    """Policies in a state, by name and version.

    They belong to no project, so everyone who sees a project sees them.
    """
    view.visible_projects()
    rows = with_state(view.session, state)
    return Listing(items=tuple(policy_record(row) for row in rows))


@question(Permission.PROJECT_LIST)
def policy(view: View, policy_version_id: uuid.UUID) -> PolicyVersionRecord:
    """One policy version."""
    view.visible_projects()
    row = view.session.get(PolicyVersionRow, policy_version_id)
    if row is None:
        raise NotFound(f"there is no policy version {policy_version_id}")
    return policy_record(row)


@question(Permission.PROJECT_READ)
def job(view: View, job_id: uuid.UUID) -> JobRecord:
    """One piece of long work."""
    return JobRecord.of(view.load(JobRow, job_id, noun="job"))


@question(Permission.IDENTITY_MANAGE)
def principals(view: View) -> Listing[PrincipalRecord]:
    """People and service accounts, by name."""
    rows = view.session.execute(select(PrincipalRow).order_by(PrincipalRow.name).limit(1000))
    return Listing(items=tuple(PrincipalRecord.of(row) for row in rows.scalars()))


@question(Permission.PROJECT_LIST)
def names(view: View, ids: frozenset[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Display names of principals, for pages; unknown ones are left out."""
    view.visible_projects()
    rows = view.session.execute(
        select(PrincipalRow.id, PrincipalRow.title).where(PrincipalRow.id.in_(list(ids)[:500]))
    )
    return {row.id: row.title for row in rows}


@question(Permission.DATASET_CREATE)
def dataset(view: View, dataset_id: uuid.UUID) -> DatasetRecord:
    """One dataset, for someone who may add to it."""
    return DatasetRecord.of(view.load(DatasetRow, dataset_id, noun="dataset"))

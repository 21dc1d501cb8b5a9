"""Further hands that a version went through: they do not judge it either.

A request names the makers of its own submission, and the database keeps those from signing. Who
submitted the version before it was re-certified, or prepared the rows it was judged on then, is
found here; and who uploaded a model built elsewhere, its documents, or prepared its training rows.
"""

import uuid

from sqlalchemy import select

from accredit_governance.access.separation import Makers
from accredit_governance.operations.door import View
from accredit_governance.operations.versions import require_other_hands
from accredit_governance.registry.references import files_of
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    ExternalVersionRow,
    ModelFileRow,
    ModelVersionRow,
    RecertificationRow,
    RunRow,
)


def require_no_earlier_hand(
    view: View, version_id: uuid.UUID, *, act: str, delegator_id: uuid.UUID | None = None
) -> None:
    """Refuse a judge who had a hand in an earlier submission of a version, or in its files.

    Args:
        view: of the actor.
        version_id: what is judged.
        act: what is to be done, as a verb.
        delegator_id: look at the person whom the actor acts for, not at the actor.

    Raises:
        FourEyes: the judge submitted it then, prepared rows that it was judged or trained on, or
            uploaded the model or a document of it.
    """
    for makers in _earlier_makers(view, version_id):
        require_other_hands(view, makers, act=act, delegator_id=delegator_id)


def _earlier_makers(view: View, version_id: uuid.UUID) -> list[Makers]:
    rows = view.session.execute(
        select(RecertificationRow).where(RecertificationRow.model_version_id == version_id)
    ).scalars()
    version = view.session.get_one(ModelVersionRow, version_id)
    run = view.session.get_one(RunRow, version.run_id)
    first = view.session.get_one(DatasetVersionRow, run.dataset_version_id).prepared_by
    found = _makers_elsewhere(view, run)
    for row in rows.all():
        found.append(
            Makers(
                trained_by=run.created_by,
                submitted_by=row.submitted_before_by,
                prepared_by=first,
            )
        )
        if row.dataset_version_id is not None:
            newer = view.session.get_one(DatasetVersionRow, row.dataset_version_id)
            found.append(
                Makers(
                    trained_by=run.created_by,
                    submitted_by=row.asked_by,
                    prepared_by=newer.prepared_by,
                )
            )
    return found


def _makers_elsewhere(view: View, run: RunRow) -> list[Makers]:
    """Whoever uploaded a file of a model built elsewhere counts as one who trained it."""
    external = view.session.execute(
        select(ExternalVersionRow).where(ExternalVersionRow.run_id == run.id)
    ).scalar_one_or_none()
    if external is None:
        return []
    uploaders = {view.session.get_one(ModelFileRow, key).uploaded_by for key in files_of(external)}
    learned = external.training_version_id or run.dataset_version_id
    prepared_by = view.session.get_one(DatasetVersionRow, learned).prepared_by
    return [
        Makers(trained_by=uploader, submitted_by=run.created_by, prepared_by=prepared_by)
        for uploader in uploaders
    ]

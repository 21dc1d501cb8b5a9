"""Hands that a version went through before it was re-certified: they do not judge it either.

A request names the makers of its own submission, and the database keeps those from signing. Who
submitted the version the first time, or prepared the rows it was judged on then, is found here.
"""

import uuid

from sqlalchemy import select

from accredit_governance.access.separation import Makers
from accredit_governance.operations.door import View
from accredit_governance.operations.versions import require_other_hands
from accredit_governance.registry.tables import (
    DatasetVersionRow,
    ModelVersionRow,
    RecertificationRow,
    RunRow,
)


def require_no_earlier_hand(
    view: View, version_id: uuid.UUID, *, act: str, delegator_id: uuid.UUID | None = None
) -> None:
    """Refuse a judge who had a hand in an earlier submission of a version.

    Args:
        view: of the actor.
        version_id: what is judged.
        act: what is to be done, as a verb.
        delegator_id: look at the person whom the actor acts for, not at the actor.

    Raises:
        FourEyes: the judge submitted it then, or prepared rows that it was judged on.
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
    found = []
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

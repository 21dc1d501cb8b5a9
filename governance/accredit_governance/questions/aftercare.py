"""Proceedings, change plans, legal holds, re-certifications and tombstones."""

import uuid

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import GovernanceError, NotFound
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState
from accredit_governance.operations.door import View, question
from accredit_governance.operations.legal_holds import holds_on
from accredit_governance.operations.proceedings import proceeding_record, require_signable
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.aftercare_records import (
    ChangePlanRecord,
    ChangePlanUseRecord,
    LegalHoldRecord,
    ProceedingRecord,
    TombstoneRecord,
)
from accredit_governance.registry.tables import (
    ChangePlanRow,
    ChangePlanUseRow,
    LegalHoldRow,
    ModelVersionRow,
    ProceedingRow,
    TombstoneRow,
)


@question(Permission.PROJECT_READ)
def proceeding(view: View, proceeding_id: uuid.UUID) -> ProceedingRecord:
    """One proceeding with its signatures."""
    return proceeding_record(view, view.load(ProceedingRow, proceeding_id, noun="proceeding"))


@question(Permission.PROJECT_READ)
def proceedings(
    view: View,
    page: Page,
    *,
    state: ProceedingState | None = None,
    kind: ProceedingKind | None = None,
    model_version_id: uuid.UUID | None = None,
    for_me: bool = False,
) -> Listing[ProceedingRecord]:
    """Proceedings, newest first; `for_me` keeps those that the caller could sign now."""
    return _listed(view, page, state, kind, model_version_id, for_me=for_me)


@question(Permission.VERSION_PURGE)
def purges(
    view: View, page: Page, *, state: ProceedingState | None = None
) -> Listing[ProceedingRecord]:
    """Purges, newest first, for those who may agree to them without reading anything else."""
    return _listed(view, page, state, ProceedingKind.PURGE, None, for_me=False)


def _listed(
    view: View,
    page: Page,
    state: ProceedingState | None,
    kind: ProceedingKind | None,
    model_version_id: uuid.UUID | None,
    *,
    for_me: bool,
) -> Listing[ProceedingRecord]:
    where = []
    if state is not None:
        where.append(ProceedingRow.state == state)
    if kind is not None:
        where.append(ProceedingRow.kind == kind)
    if model_version_id is not None:
        where.append(ProceedingRow.model_version_id == model_version_id)
    rows, token = visible_rows(view, ProceedingRow, page, *where)
    shown = [row for row in rows if not for_me or refusal_to_sign(view, row) is None]
    return Listing(
        items=tuple(proceeding_record(view, row) for row in shown), next_page_token=token
    )


@question(Permission.PROJECT_LIST)
def why_not_sign_proceedings(
    view: View, proceeding_ids: tuple[uuid.UUID, ...]
) -> dict[uuid.UUID, str | None]:
    """Why the caller cannot sign each of some proceedings now; None where they can."""
    view.visible_projects()
    rows = (view.session.get(ProceedingRow, each) for each in proceeding_ids)
    return {row.id: refusal_to_sign(view, row) for row in rows if row is not None}


def refusal_to_sign(view: View, row: ProceedingRow) -> str | None:
    """Why the actor cannot sign a proceeding now; None when they can."""
    try:
        require_signable(view, row)
    except GovernanceError as error:
        return error.message
    return None


@question(Permission.PROJECT_READ)
def legal_holds(
    view: View, page: Page, *, in_force: bool | None = None
) -> Listing[LegalHoldRecord]:
    """Holds, newest first; `in_force` keeps those that were not lifted, or those that were."""
    where = []
    if in_force is not None:
        lifted = LegalHoldRow.lifted_at
        where.append(lifted.is_(None) if in_force else lifted.is_not(None))
    rows, token = visible_rows(view, LegalHoldRow, page, *where)
    return Listing(items=tuple(LegalHoldRecord.of(row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def legal_hold(view: View, hold_id: uuid.UUID) -> LegalHoldRecord:
    """One hold."""
    return LegalHoldRecord.of(view.load(LegalHoldRow, hold_id, noun="legal hold"))


@question(Permission.PROJECT_READ)
def holds_of_version(view: View, version_id: uuid.UUID) -> Listing[LegalHoldRecord]:
    """Holds in force that cover a version."""
    version = view.load(ModelVersionRow, version_id, noun="model version")
    rows = holds_on(view.session, version)
    return Listing(items=tuple(LegalHoldRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def tombstone(view: View, version_id: uuid.UUID) -> TombstoneRecord:
    """What was taken away with a purged version.

    Raises:
        NotFound: it was not purged.
    """
    version = view.load(ModelVersionRow, version_id, noun="model version")
    row = view.session.execute(
        select(TombstoneRow).where(TombstoneRow.model_version_id == version.id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("the version was not purged")
    return TombstoneRecord.of(row)


@question(Permission.PROJECT_READ)
def change_plans(
    view: View,
    page: Page,
    *,
    model_version_id: uuid.UUID | None = None,
    model_id: uuid.UUID | None = None,
    in_force: bool | None = None,
) -> Listing[ChangePlanRecord]:
    """Signed plans, newest first, with their uses."""
    where = []
    if model_version_id is not None:
        where.append(ChangePlanRow.model_version_id == model_version_id)
    if model_id is not None:
        versions = select(ModelVersionRow.id).where(ModelVersionRow.model_id == model_id)
        where.append(ChangePlanRow.model_version_id.in_(versions))
    if in_force is not None:
        ended = ChangePlanRow.ended_at
        where.append(ended.is_(None) if in_force else ended.is_not(None))
    rows, token = visible_rows(view, ChangePlanRow, page, *where)
    return Listing(items=tuple(_plan(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def change_plan(view: View, plan_id: uuid.UUID) -> ChangePlanRecord:
    """One signed plan with its uses."""
    return _plan(view, view.load(ChangePlanRow, plan_id, noun="change plan"))


def _plan(view: View, row: ChangePlanRow) -> ChangePlanRecord:
    version = view.session.get_one(ModelVersionRow, row.model_version_id)
    uses = view.session.execute(
        select(ChangePlanUseRow)
        .where(ChangePlanUseRow.change_plan_id == row.id)
        .order_by(ChangePlanUseRow.number)
    ).scalars()
    return ChangePlanRecord.of(
        row,
        model_id=version.model_id,
        uses=tuple(ChangePlanUseRecord.of(use) for use in uses),
    )

"""Waivers: those of a version, those that wait for somebody, and the register of all of them."""

import uuid
from datetime import datetime

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.waivers import WaiverState
from accredit_governance.operations.door import View, question
from accredit_governance.operations.subjects import latest_evaluation
from accredit_governance.operations.waivers import require_confirmable, stands, waiver_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.records import WaiverRecord
from accredit_governance.registry.tables import ModelVersionRow, WaiverRow


@question(Permission.PROJECT_READ)
def waivers_of_version(view: View, version_id: uuid.UUID) -> Listing[WaiverRecord]:
    """Waivers of the newest judgement of a version by check, those that have ended included."""
    row = view.load(ModelVersionRow, version_id, noun="model version")
    evaluation = latest_evaluation(view.session, row.id)
    if evaluation is None:
        return Listing(items=())
    found = view.session.execute(
        select(WaiverRow)
        .where(WaiverRow.gate_evaluation_id == evaluation.id)
        .order_by(WaiverRow.check_key, WaiverRow.id)
    ).scalars()
    return Listing(items=tuple(waiver_record(view, waiver) for waiver in found))


@question(Permission.PROJECT_READ)
def register(
    view: View,
    page: Page,
    *,
    state: WaiverState | None = None,
    model_version_id: uuid.UUID | None = None,
    expires_before: datetime | None = None,
) -> Listing[WaiverRecord]:
    """Every waiver that the caller may see, newest first. None is ever taken off the register."""
    where = []
    if state is not None:
        where.append(stands(state, view.now))
    if model_version_id is not None:
        where.append(WaiverRow.model_version_id == model_version_id)
    if expires_before is not None:
        where.append(WaiverRow.expires_at < expires_before)
    rows, token = visible_rows(view, WaiverRow, page, *where)
    return Listing(items=tuple(waiver_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def waiver(view: View, waiver_id: uuid.UUID) -> WaiverRecord:
    """One waiver."""
    return waiver_record(view, view.load(WaiverRow, waiver_id, noun="waiver"))


@question(Permission.PROJECT_READ)
def waivers_to_confirm(view: View, page: Page) -> Listing[WaiverRecord]:
    """Proposed waivers that the caller could confirm now, newest first."""
    open_ones = stands(WaiverState.PROPOSED, view.now)
    rows, token = visible_rows(view, WaiverRow, page, open_ones)
    mine = tuple(waiver_record(view, row) for row in rows if _refusal_to_confirm(view, row) is None)
    return Listing(items=mine, next_page_token=token)


@question(Permission.PROJECT_READ)
def why_not_confirm(view: View, waiver_id: uuid.UUID) -> str | None:
    """Why the caller cannot confirm a proposed waiver now; None when they can."""
    return _refusal_to_confirm(view, view.load(WaiverRow, waiver_id, noun="waiver"))


def _refusal_to_confirm(view: View, row: WaiverRow) -> str | None:
    version = view.session.get_one(ModelVersionRow, row.model_version_id)
    try:
        require_confirmable(view, row, version)
    except GovernanceError as error:
        return error.message
    return None

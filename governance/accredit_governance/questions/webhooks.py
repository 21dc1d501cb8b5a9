"""Webhooks and what was sent to them, for those who manage them."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select, tuple_

from accredit_governance.access.permissions import Permission
from accredit_governance.lifecycle.webhooks import DeliveryState, WebhookState
from accredit_governance.operations.door import View, question
from accredit_governance.operations.webhooks import webhook_record
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.tables import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from accredit_governance.registry.webhook_records import (
    AttemptRecord,
    DeliveryLog,
    DeliveryRecord,
    WebhookRecord,
)


@question(Permission.WEBHOOK_MANAGE)
def webhooks(
    view: View, page: Page, *, state: WebhookState | None = None
) -> Listing[WebhookRecord]:
    """Webhooks, newest first; those of the whole organisation for who manages all of it."""
    where = [] if state is None else [WebhookRow.state == state]
    if not view.actor.may_throughout(Permission.WEBHOOK_MANAGE):
        where.append(WebhookRow.project_id.is_not(None))
    rows, token = visible_rows(view, WebhookRow, page, *where)
    return Listing(items=tuple(webhook_record(view, row) for row in rows), next_page_token=token)


@question(Permission.WEBHOOK_MANAGE)
def webhook(view: View, webhook_id: uuid.UUID) -> WebhookRecord:
    """One webhook."""
    return webhook_record(view, _loaded(view, webhook_id))


@question(Permission.WEBHOOK_MANAGE)
def deliveries(
    view: View, webhook_id: uuid.UUID, page: Page, *, state: DeliveryState | None = None
) -> Listing[DeliveryRecord]:
    """What was sent to a webhook or is on its way, newest first."""
    _loaded(view, webhook_id)
    where = [WebhookDeliveryRow.webhook_id == webhook_id]
    if state is not None:
        where.append(WebhookDeliveryRow.state == state)
    rows, token = visible_rows(view, WebhookDeliveryRow, page, *where)
    last = _last_attempts(view, rows)
    return Listing(
        items=tuple(
            DeliveryRecord.of(row, due_at=_due_at(row), last=last.get(row.id)) for row in rows
        ),
        next_page_token=token,
    )


@question(Permission.WEBHOOK_MANAGE)
def delivery(view: View, delivery_id: uuid.UUID) -> DeliveryLog:
    """One delivery with every attempt at it."""
    row = view.load(WebhookDeliveryRow, delivery_id, noun="webhook delivery")
    _loaded(view, row.webhook_id)
    found = view.session.execute(
        select(WebhookAttemptRow)
        .where(WebhookAttemptRow.delivery_id == delivery_id)
        .order_by(WebhookAttemptRow.number)
    ).scalars()
    tried = tuple(AttemptRecord.of(attempt) for attempt in found)
    return DeliveryLog.of(row, due_at=_due_at(row), last=tried[-1] if tried else None, tried=tried)


def _loaded(view: View, webhook_id: uuid.UUID) -> WebhookRow:
    """A webhook; one of the whole organisation is for who manages every project."""
    row = view.load(WebhookRow, webhook_id, noun="webhook")
    if row.project_id is None:
        view.require_throughout(noun="webhook")
    return row


def _due_at(row: WebhookDeliveryRow) -> object:
    return row.due_at if row.state == DeliveryState.PENDING else None


def _last_attempts(
    view: View, rows: Sequence[WebhookDeliveryRow]
) -> dict[uuid.UUID, AttemptRecord]:
    attempt = WebhookAttemptRow
    wanted = [(row.id, row.attempts) for row in rows if row.attempts]
    if not wanted:
        return {}
    found = view.session.execute(
        select(attempt).where(tuple_(attempt.delivery_id, attempt.number).in_(wanted))
    ).scalars()
    return {row.delivery_id: AttemptRecord.of(row) for row in found}

"""The outbox: events become deliveries, and deliveries become attempts.

The audit trail is the outbox itself: it is written in the transaction of each change, and its
numbers have no gaps. Several workers do this at once:

1. `post` locks a webhook's cursor, makes deliveries of the events behind it and moves it, in one
   transaction. An event is delivered to a webhook once, as a unique key.
2. `claim` begins attempts by conditional updates. A claim ends by itself: of a worker that was
   killed the delivery is due again after a minute, under the same identifier.
3. `settle` counts only for whoever holds the newest claim.

So nothing is lost, and a receiver may get an event twice.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from accredit_governance.audit.catalogue import told
from accredit_governance.audit.webhook_events import WebhookTested
from accredit_governance.lifecycle.webhooks import (
    DISABLED_AFTER,
    DeliveryState,
    WebhookKind,
    WebhookState,
    wait_after,
)
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    AuditEventRow,
    AuditHeadRow,
    WebhookAttemptRow,
    WebhookCursorRow,
    WebhookDeliveryRow,
    WebhookRow,
)

CLAIM_ENDS_AFTER: Final = timedelta(seconds=60)
AT_ONCE: Final = 20
EACH: Final = 4
_PAGE: Final = 500
MAX_ERROR: Final = 500
MAX_ANSWER: Final = 1024


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that was begun: what is sent, where, and under which claim.

    Attributes:
        number: of the attempt; `settle` names it.
        event: what the webhook is told of the event, as plain JSON data.
        sealed_secrets: the newest one first.
    """

    delivery_id: uuid.UUID
    webhook_id: uuid.UUID
    number: int
    tries: int
    kind: WebhookKind
    target: str
    event: Mapping[str, Any] = field(repr=False)
    sealed_url: bytes | None = field(repr=False)
    sealed_secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        error: why it does not count as delivered; None: it does.
        is_gone: the receiver says that it will never take anything again.
        asked_wait: how long it wants to be left alone.
    """

    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None
    is_gone: bool = False
    asked_wait: timedelta | None = None


def post(database: Database) -> int:
    """Make deliveries of all events that active webhooks were not told of yet.

    Returns:
        How many were made.
    """
    with database.reading() as session:
        waiting = session.execute(
            select(WebhookCursorRow.webhook_id)
            .join(WebhookRow, WebhookRow.id == WebhookCursorRow.webhook_id)
            .join(AuditHeadRow, AuditHeadRow.size > WebhookCursorRow.next_seq)
            .where(WebhookRow.state == WebhookState.ACTIVE)
            .order_by(WebhookCursorRow.webhook_id)
        ).scalars()
        webhooks = list(waiting)
    made = 0
    for webhook_id in webhooks:
        with database.writing() as session:
            made += _post_page(session, webhook_id, now=database.clock())
    return made


def _post_page(session: Session, webhook_id: uuid.UUID, *, now: datetime) -> int:
    cursor = session.get_one(WebhookCursorRow, webhook_id, with_for_update=True)
    webhook = session.get_one(WebhookRow, webhook_id)
    # The size first: what is appended after it is looked at next time, not skipped.
    size = session.execute(select(AuditHeadRow.size)).scalar_one()
    if webhook.state != WebhookState.ACTIVE or cursor.next_seq >= size:
        return 0
    found = session.execute(
        select(AuditEventRow.seq, AuditEventRow.action, AuditEventRow.occurred_at)
        .where(AuditEventRow.seq >= cursor.next_seq, AuditEventRow.seq < size, _is_told_of(webhook))
        .order_by(AuditEventRow.seq)
        .limit(_PAGE)
    ).all()
    for seq, action, occurred_at in found:
        session.add(
            WebhookDeliveryRow(
                webhook_id=webhook_id,
                project_id=webhook.project_id,
                seq=seq,
                action=action,
                occurred_at=occurred_at,
                state=DeliveryState.PENDING,
                due_at=now,
                attempts=0,
                tries=0,
                created_at=now,
            )
        )
    cursor.next_seq = found[-1].seq + 1 if len(found) == _PAGE else size
    return len(found)


def _is_told_of(webhook: WebhookRow) -> ColumnElement[bool]:
    """Events of its project that it is subscribed to, and its own test."""
    event = AuditEventRow
    wanted = or_(
        false(),
        *(
            true()
            if pattern == "*"
            else event.action.startswith(pattern[:-1], autoescape=True)
            if pattern.endswith(".*")
            else event.action == pattern
            for pattern in webhook.actions
        ),
    )
    if webhook.outcome is not None:
        wanted &= event.outcome == webhook.outcome
    if webhook.project_id is not None:
        wanted &= event.project_id == webhook.project_id
    own_test = (event.action == WebhookTested.action) & (event.resource_id == webhook.id)
    # Tests of others are nobody's business.
    return own_test | (wanted & (event.action != WebhookTested.action))


def claim(database: Database, *, failing: bool) -> list[Claimed]:
    """Begin attempts at what is due: few of each webhook at once, the longest due ones first.

    Args:
        database: the records.
        failing: of webhooks that took nothing lately, or of the others: whoever does not answer
            makes nobody wait but their like.
    """
    now = database.clock()
    with database.reading() as session:
        if not _due(session, now, failing=failing):
            return []
    with database.writing() as session:
        return [
            claimed
            for delivery_id in _due(session, now, failing=failing)
            if (claimed := _begin(session, delivery_id, now)) is not None
        ]


def _due(session: Session, now: datetime, *, failing: bool) -> Sequence[uuid.UUID]:
    standing = (
        WebhookCursorRow.failing_since.is_not(None)
        if failing
        else WebhookCursorRow.failing_since.is_(None)
    )
    ranked = (
        select(
            WebhookDeliveryRow.id,
            WebhookDeliveryRow.due_at,
            func.row_number()
            .over(
                partition_by=WebhookDeliveryRow.webhook_id,
                order_by=(WebhookDeliveryRow.due_at, WebhookDeliveryRow.seq),
            )
            .label("place"),
        )
        .join(WebhookRow, WebhookRow.id == WebhookDeliveryRow.webhook_id)
        .join(WebhookCursorRow, WebhookCursorRow.webhook_id == WebhookDeliveryRow.webhook_id)
        .where(
            WebhookDeliveryRow.state == DeliveryState.PENDING,
            WebhookDeliveryRow.due_at <= now,
            WebhookRow.state == WebhookState.ACTIVE,
            standing,
        )
        .subquery()
    )
    return (
        session.execute(
            select(ranked.c.id)
            .where(ranked.c.place <= EACH)
            .order_by(ranked.c.due_at, ranked.c.id)
            .limit(AT_ONCE)
        )
        .scalars()
        .all()
    )


def _begin(session: Session, delivery_id: uuid.UUID, now: datetime) -> Claimed | None:
    taken = session.execute(
        update(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.id == delivery_id,
            WebhookDeliveryRow.state == DeliveryState.PENDING,
            WebhookDeliveryRow.due_at <= now,
        )
        .values(
            attempts=WebhookDeliveryRow.attempts + 1,
            tries=WebhookDeliveryRow.tries + 1,
            due_at=now + CLAIM_ENDS_AFTER,
        )
        .execution_options(synchronize_session=False)
        .returning(
            WebhookDeliveryRow.webhook_id,
            WebhookDeliveryRow.seq,
            WebhookDeliveryRow.attempts,
            WebhookDeliveryRow.tries,
        )
    ).one_or_none()
    if taken is None:
        return None
    session.add(WebhookAttemptRow(delivery_id=delivery_id, number=taken.attempts, begun_at=now))
    webhook = session.get_one(WebhookRow, taken.webhook_id)
    body = session.execute(
        select(AuditEventRow.body).where(AuditEventRow.seq == taken.seq)
    ).scalar_one()
    event = json.loads(body)
    secrets = [webhook.sealed_secret]
    if webhook.previous_until is not None and webhook.previous_until > now:
        secrets.append(webhook.sealed_previous_secret)
    return Claimed(
        delivery_id=delivery_id,
        webhook_id=webhook.id,
        number=taken.attempts,
        tries=taken.tries,
        kind=WebhookKind(webhook.kind),
        target=webhook.target,
        event={**event, "fact": told(event["fact"])},
        sealed_url=webhook.sealed_url,
        sealed_secrets=tuple(secret for secret in secrets if secret is not None),
    )


def settle(database: Database, claimed: Claimed, outcome: Outcome, *, chance: float) -> str | None:
    """Write down how an attempt ended, and when the next one is due.

    Args:
        database: the records.
        claimed: the attempt.
        outcome: how it ended.
        chance: random number in [0, 1), by which waits differ.

    Returns:
        Why the webhook is to be disabled, if it is: `gone` or `failing`.
    """
    now = database.clock()
    wait = wait_after(claimed.tries, chance=chance, asked=outcome.asked_wait)
    if outcome.error is None:
        values: dict[str, object] = {"state": DeliveryState.DELIVERED, "ended_at": now}
    elif outcome.is_gone or wait is None:
        values = {"state": DeliveryState.FAILED, "ended_at": now}
    else:
        values = {"due_at": now + wait}
    with database.writing() as session:
        _end_attempt(session, claimed, outcome, now)
        held = session.execute(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.id == claimed.delivery_id,
                WebhookDeliveryRow.state == DeliveryState.PENDING,
                WebhookDeliveryRow.attempts == claimed.number,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
            .returning(WebhookDeliveryRow.id)
        ).first()
        if held is None:
            return None
        return _note_health(session, claimed.webhook_id, outcome, now)


def _end_attempt(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    attempt = session.get_one(WebhookAttemptRow, (claimed.delivery_id, claimed.number))
    attempt.ended_at = now
    attempt.duration_ms = outcome.duration_ms
    attempt.status = outcome.status
    attempt.error = outcome.error[:MAX_ERROR] if outcome.error else None
    attempt.answer = outcome.answer[:MAX_ANSWER] if outcome.answer else None


def _note_health(
    session: Session, webhook_id: uuid.UUID, outcome: Outcome, now: datetime
) -> str | None:
    cursor = session.get_one(WebhookCursorRow, webhook_id, with_for_update=True)
    if outcome.error is None:
        cursor.failing_since = None
        return None
    cursor.failing_since = cursor.failing_since or now
    if outcome.is_gone:
        return "gone"
    return "failing" if now - cursor.failing_since >= DISABLED_AFTER else None

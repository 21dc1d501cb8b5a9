"""Webhooks: who is told of events, decided by those who answer for a project or administer all.

A webhook is never changed: another one takes its place, so that the trail says at each moment who
was told of what. What it is told are references, so it needs no right to read anything.
"""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.catalogue import PATTERNS
from accredit_governance.audit.events import Fact
from accredit_governance.audit.webhook_events import (
    DeliveriesReplayed,
    WebhookCreated,
    WebhookDisabled,
    WebhookPaused,
    WebhookResumed,
    WebhookRevoked,
    WebhookSecretRotated,
    WebhookTested,
)
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.lifecycle.webhooks import (
    DeliveryState,
    WebhookAction,
    WebhookKind,
    WebhookState,
    after,
    allowed_actions,
)
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.words import MAX_TITLE, require_short
from accredit_governance.registry.sealing import SealingKey
from accredit_governance.registry.tables import (
    AuditHeadRow,
    ProjectRow,
    WebhookCursorRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from accredit_governance.registry.webhook_records import (
    IssuedWebhook,
    ReplayRecord,
    WebhookRecord,
)

MAX_WEBHOOKS: Final = 50
MAX_PATTERNS: Final = 100
OVERLAP: Final = timedelta(hours=24)
"""How long the secret before the present one signs as well."""


@operation(Permission.WEBHOOK_MANAGE, records=WebhookCreated)
def create_webhook(
    tx: Transaction,
    *,
    project_id: uuid.UUID | None,
    kind: WebhookKind,
    title: str,
    target: str,
    url: str | None,
    secret: str | None,
    actions: tuple[str, ...],
    outcome: str | None,
    key: SealingKey,
) -> IssuedWebhook:
    """Let somebody be told of what happens from now on.

    Args:
        tx: the change.
        project_id: whose events; None: all of the organisation.
        kind: how they are told.
        title: what people call it.
        target: what people may see of where it leads; the caller has checked that it may.
        url: the whole address; None for mail.
        secret: what signs, for the kind that is signed.
        actions: patterns out of `PATTERNS`.
        outcome: `ok` or `denied`; None: both.
        key: seals address and secret.

    Raises:
        NotFound, NotAllowed: the project is not the actor's; without one it takes the permission
            in all projects, denied in none.
        InvalidInput: no title, or a pattern that is none.
        Conflict: there are 50 already.
    """
    if project_id is None:
        tx.require_throughout(noun="organisation")
    else:
        tx.load(ProjectRow, project_id, noun="project")
    _check(title, actions)
    _check_number(tx, project_id)
    webhook = WebhookRow(
        project_id=project_id,
        kind=kind,
        title=title.strip(),
        state=WebhookState.ACTIVE,
        target=target,
        actions=sorted(set(actions)),
        outcome=outcome,
        created_by=tx.actor.id,
        created_at=tx.now,
    )
    tx.add(webhook)
    webhook.sealed_url = key.seal(url, context=_place(webhook.id)) if url else None
    webhook.sealed_secret = key.seal(secret, context=_place(webhook.id)) if secret else None
    begin = tx.session.execute(select(AuditHeadRow.size)).scalar_one()
    tx.add(WebhookCursorRow(webhook_id=webhook.id, next_seq=begin))
    tx.record(
        WebhookCreated(
            kind=kind,
            actions=tuple(webhook.actions),
            outcome=outcome,
            target_digest=hashlib.sha256((url or target).encode()).hexdigest(),
        ),
        resource=webhook.id,
        project=project_id,
    )
    return IssuedWebhook.of(webhook, **_more(tx, webhook), secret=secret)


@operation(Permission.WEBHOOK_MANAGE, records=WebhookPaused)
def pause_webhook(tx: Transaction, webhook_id: uuid.UUID) -> WebhookRecord:
    """Send nothing until it is resumed; nothing is missed.

    Raises:
        IllegalTransition: it is not active.
    """
    return _move(tx, _held(tx, webhook_id), WebhookAction.PAUSE, WebhookPaused())


@operation(Permission.WEBHOOK_MANAGE, records=WebhookResumed)
def resume_webhook(tx: Transaction, webhook_id: uuid.UUID) -> WebhookRecord:
    """Send again, what has happened in the meantime first.

    Raises:
        IllegalTransition: it is active, or revoked.
    """
    webhook = _held(tx, webhook_id)
    webhook.disabled_cause = None
    _hold_cursor(tx, webhook_id).failing_since = None
    return _move(tx, webhook, WebhookAction.RESUME, WebhookResumed())


@operation(Permission.WEBHOOK_MANAGE, records=WebhookRevoked)
def revoke_webhook(tx: Transaction, webhook_id: uuid.UUID) -> WebhookRecord:
    """End a webhook for good; its log stays, its address and secrets go.

    Raises:
        IllegalTransition: it is revoked already.
    """
    webhook = _held(tx, webhook_id)
    webhook.sealed_url = webhook.sealed_secret = webhook.sealed_previous_secret = None
    webhook.previous_until = None
    return _move(tx, webhook, WebhookAction.REVOKE, WebhookRevoked())


@operation(Permission.SYSTEM_RECORD, records=WebhookDisabled)
def disable_webhook(tx: Transaction, webhook_id: uuid.UUID, *, cause: str) -> WebhookRecord:
    """Stop sending to a receiver that is gone, or takes nothing; people resume it.

    Raises:
        IllegalTransition: it is not active any more.
    """
    webhook = _held(tx, webhook_id)
    webhook.disabled_cause = cause
    return _move(tx, webhook, WebhookAction.DISABLE, WebhookDisabled(cause=cause))


@operation(Permission.WEBHOOK_MANAGE, records=WebhookSecretRotated)
def rotate_secret(
    tx: Transaction, webhook_id: uuid.UUID, *, secret: str, key: SealingKey
) -> IssuedWebhook:
    """Sign with a new secret; the one before signs as well for a day.

    Raises:
        Conflict: it is revoked, or not of the kind that is signed.
    """
    webhook = _held(tx, webhook_id)
    if webhook.sealed_secret is None:
        raise Conflict("this webhook has no secret: it is revoked, or of a kind that is not signed")
    webhook.sealed_previous_secret = webhook.sealed_secret
    webhook.previous_until = tx.now + OVERLAP
    webhook.sealed_secret = key.seal(secret, context=_place(webhook_id))
    tx.record(
        WebhookSecretRotated(previous_until=webhook.previous_until),
        resource=webhook_id,
        project=webhook.project_id,
    )
    return IssuedWebhook.of(webhook, **_more(tx, webhook), secret=secret)


@operation(Permission.WEBHOOK_MANAGE, records=WebhookTested)
def send_test(tx: Transaction, webhook_id: uuid.UUID) -> WebhookRecord:
    """Send the event that it was tested, whatever the webhook is subscribed to.

    Raises:
        Conflict: it is not active.
    """
    webhook = _held(tx, webhook_id)
    _require_active(webhook)
    tx.record(WebhookTested(), resource=webhook_id, project=webhook.project_id)
    return webhook_record(tx, webhook)


@operation(Permission.WEBHOOK_MANAGE, records=DeliveriesReplayed)
def replay_delivery(tx: Transaction, delivery_id: uuid.UUID) -> ReplayRecord:
    """Send one event once more, under the same identifier.

    Raises:
        NotFound, NotAllowed: it is not the actor's.
        Conflict: it is still on its way, or its webhook is not active.
    """
    delivery = tx.load(WebhookDeliveryRow, delivery_id, noun="webhook delivery")
    webhook = _held(tx, delivery.webhook_id)
    _require_active(webhook)
    replayed = _replay(tx, webhook, since=None, delivery_id=delivery_id)
    if not replayed.deliveries:
        raise Conflict("the delivery has not ended yet")
    return replayed


@operation(Permission.WEBHOOK_MANAGE, records=DeliveriesReplayed)
def replay_since(tx: Transaction, webhook_id: uuid.UUID, *, since: datetime) -> ReplayRecord:
    """Send all events since a time once more that were delivered to it or given up.

    Raises:
        Conflict: the webhook is not active.
    """
    webhook = _held(tx, webhook_id)
    _require_active(webhook)
    return _replay(tx, webhook, since=since, delivery_id=None)


def webhook_record(view: View, webhook: WebhookRow) -> WebhookRecord:
    """Document of a webhook row."""
    return WebhookRecord.of(webhook, **_more(view, webhook))


def _check(title: str, actions: tuple[str, ...]) -> None:
    require_short("/title", title, most=MAX_TITLE)
    problems = []
    if not title.strip():
        problems.append({"pointer": "/title", "detail": "a webhook needs a title"})
    if not 1 <= len(actions) <= MAX_PATTERNS:
        detail = f"name 1 to {MAX_PATTERNS} actions, or `*` for all"
        problems.append({"pointer": "/actions", "detail": detail})
    problems += [
        {
            "pointer": f"/actions/{place}",
            "detail": "this is no action of the audit trail, such as `finding.opened`, "
            "`finding.*` or `*`",
        }
        for place, pattern in enumerate(actions)
        if pattern not in PATTERNS
    ]
    if problems:
        raise InvalidInput("; ".join(p["detail"] for p in problems[:3]), problems)


def _check_number(tx: Transaction, project_id: uuid.UUID | None) -> None:
    present = tx.session.execute(
        select(func.count()).where(
            WebhookRow.project_id.is_not_distinct_from(project_id),
            WebhookRow.state != WebhookState.REVOKED,
        )
    ).scalar_one()
    if present >= MAX_WEBHOOKS:
        raise Conflict(f"there are {present} webhooks here already; revoke one that nobody needs")


def _place(webhook_id: uuid.UUID) -> str:
    """What a sealed text of a webhook is bound to."""
    return f"webhook/{webhook_id}"


def open_sealed(key: SealingKey, webhook_id: uuid.UUID, sealed: bytes) -> str:
    """Address or secret of a webhook.

    Raises:
        SealBroken: it was sealed by another key, or for another webhook.
    """
    return key.open(sealed, context=_place(webhook_id))


def _held(tx: Transaction, webhook_id: uuid.UUID) -> WebhookRow:
    webhook = tx.hold(WebhookRow, webhook_id, noun="webhook")
    if webhook.project_id is None:
        tx.require_throughout(noun="webhook")
    return webhook


def _hold_cursor(view: View, webhook_id: uuid.UUID) -> WebhookCursorRow:
    return view.session.get_one(WebhookCursorRow, webhook_id, with_for_update=True)


def _require_active(webhook: WebhookRow) -> None:
    if webhook.state != WebhookState.ACTIVE:
        raise Conflict(f"the webhook is {webhook.state}; resume it first")


def _move(tx: Transaction, webhook: WebhookRow, action: WebhookAction, fact: Fact) -> WebhookRecord:
    webhook.state = after(WebhookState(webhook.state), action)
    tx.record(fact, resource=webhook.id, project=webhook.project_id)
    return webhook_record(tx, webhook)


def _more(view: View, webhook: WebhookRow) -> dict[str, object]:
    cursor = view.session.get_one(WebhookCursorRow, webhook.id)
    return {
        "allowed_actions": tuple(
            action
            for action in allowed_actions(WebhookState(webhook.state))
            if action is not WebhookAction.DISABLE
        ),
        "actions": tuple(webhook.actions),
        "failing_since": cursor.failing_since,
    }


def _replay(
    tx: Transaction,
    webhook: WebhookRow,
    *,
    since: datetime | None,
    delivery_id: uuid.UUID | None,
) -> ReplayRecord:
    wanted = (
        WebhookDeliveryRow.id == delivery_id
        if since is None
        else WebhookDeliveryRow.occurred_at >= since
    )
    again = tx.session.execute(
        update(WebhookDeliveryRow)
        .where(
            wanted,
            WebhookDeliveryRow.webhook_id == webhook.id,
            WebhookDeliveryRow.state != DeliveryState.PENDING,
        )
        .values(state=DeliveryState.PENDING, due_at=tx.now, tries=0, ended_at=None)
        .execution_options(synchronize_session=False)
        .returning(WebhookDeliveryRow.id)
    )
    count = len(again.all())
    tx.record(
        DeliveriesReplayed(deliveries=count, since=since),
        resource=webhook.id,
        project=webhook.project_id,
    )
    return ReplayRecord(deliveries=count)

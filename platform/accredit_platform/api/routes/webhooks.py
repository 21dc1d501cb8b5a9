"""Webhooks: who is told of events, what was sent to them, and sending it once more."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Moment
from accredit_governance.lifecycle.webhooks import DeliveryState, WebhookKind, WebhookState
from accredit_governance.operations import notifications, webhooks
from accredit_governance.operations.words import MAX_TITLE
from accredit_governance.questions import webhooks as questions
from accredit_governance.questions.notifications import notification_preferences
from accredit_governance.questions.pages import Listing
from accredit_governance.registry.webhook_records import (
    DeliveryLog,
    DeliveryRecord,
    IssuedWebhook,
    NotificationPreferences,
    ReplayRecord,
    WebhookRecord,
)
from accredit_platform.api.bodies import Body
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.webhooks.admission import MAX_ADDRESSES, admit
from accredit_platform.webhooks.signing import new_secret
from accredit_platform.webhooks.targets import MAX_URL

router = APIRouter(tags=["webhooks"])


class NewWebhook(Body):
    """Who is to be told of what."""

    kind: WebhookKind
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
    project_id: Annotated[
        uuid.UUID | None,
        Field(description="whose events; left out: all, which takes an admin of all projects"),
    ] = None
    url: Annotated[
        str | None, Field(max_length=MAX_URL, description="of `webhook` and `slack`")
    ] = None
    addresses: Annotated[
        tuple[Annotated[str, Field(max_length=320)], ...],
        Field(max_length=MAX_ADDRESSES, description="of `email`"),
    ] = ()
    actions: Annotated[
        tuple[Annotated[str, Field(max_length=63)], ...],
        Field(
            min_length=1,
            max_length=webhooks.MAX_PATTERNS,
            description="`model_version.moved`, `finding.*` or `*`",
        ),
    ]
    outcome: Literal["ok", "denied"] | None = "ok"


class Replay(Body):
    """From when on everything is sent once more."""

    since: Moment


class Preferences(Body):
    """What the caller wants to be told."""

    tasks_by_mail: bool


@router.get("/me/notification-preferences", operation_id="get_notification_preferences")
@needs(Permission.PROJECT_READ)
def get_notification_preferences(
    actor: CurrentActor, services: WithServices
) -> NotificationPreferences:
    """Whether the caller is told by mail of what waits for them."""
    return notification_preferences(services.database, actor)


@router.put("/me/notification-preferences", operation_id="set_notification_preferences")
@needs(Permission.PROJECT_READ)
def set_notification_preferences(
    body: Preferences, actor: CurrentActor, services: WithServices
) -> NotificationPreferences:
    """Ask for a mail when something new waits, or for none."""
    return notifications.prefer(services.database, actor, tasks_by_mail=body.tasks_by_mail)


@router.get("/webhooks", operation_id="list_webhooks")
@needs(Permission.WEBHOOK_MANAGE)
def list_webhooks(
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: WebhookState | None = None,
) -> Listing[WebhookRecord]:
    """Webhooks that the caller manages."""
    return questions.webhooks(services.database, actor, page, state=state)


@router.post("/webhooks", status_code=201, operation_id="create_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def create_webhook(body: NewWebhook, actor: CurrentActor, services: WithServices) -> IssuedWebhook:
    """Let somebody be told of events from now on; the secret that signs is shown this once."""
    target = admit(
        services,
        actor,
        kind=body.kind,
        url=body.url,
        addresses=body.addresses,
        project_id=body.project_id,
    )
    return webhooks.create_webhook(
        services.database,
        actor,
        project_id=body.project_id,
        kind=body.kind,
        title=body.title,
        target=target.shown,
        url=target.url,
        secret=new_secret() if body.kind is WebhookKind.WEBHOOK else None,
        actions=body.actions,
        outcome=body.outcome,
        key=services.sealing,
    )


@router.get("/webhooks/{webhook_id}", operation_id="get_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def get_webhook(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> WebhookRecord:
    """One webhook."""
    return questions.webhook(services.database, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/pauses", status_code=201, operation_id="pause_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def pause_webhook(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> WebhookRecord:
    """Send nothing until it is resumed; nothing is missed."""
    return webhooks.pause_webhook(services.database, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/resumptions", status_code=201, operation_id="resume_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def resume_webhook(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> WebhookRecord:
    """Send again what was paused or disabled, what has happened in the meantime first."""
    return webhooks.resume_webhook(services.database, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/revocations", status_code=201, operation_id="revoke_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def revoke_webhook(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> WebhookRecord:
    """End a webhook for good; its log stays."""
    return webhooks.revoke_webhook(services.database, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/secrets", status_code=201, operation_id="rotate_secret")
@needs(Permission.WEBHOOK_MANAGE)
def rotate_secret(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> IssuedWebhook:
    """Sign with a new secret, shown this once; the one before signs as well for 24 hours."""
    return webhooks.rotate_secret(
        services.database, actor, webhook_id, secret=new_secret(), key=services.sealing
    )


@router.post("/webhooks/{webhook_id}/tests", status_code=201, operation_id="send_webhook_test")
@needs(Permission.WEBHOOK_MANAGE)
def send_webhook_test(
    webhook_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> WebhookRecord:
    """Send the event `webhook.tested`, to this webhook alone."""
    return webhooks.send_test(services.database, actor, webhook_id)


@router.post("/webhooks/{webhook_id}/replays", status_code=201, operation_id="replay_webhook")
@needs(Permission.WEBHOOK_MANAGE)
def replay_webhook(
    webhook_id: uuid.UUID, body: Replay, actor: CurrentActor, services: WithServices
) -> ReplayRecord:
    """Send everything since a time once more, under the same identifiers."""
    return webhooks.replay_since(services.database, actor, webhook_id, since=body.since)


@router.get("/webhooks/{webhook_id}/deliveries", operation_id="list_webhook_deliveries")
@needs(Permission.WEBHOOK_MANAGE)
def list_webhook_deliveries(
    webhook_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
    state: DeliveryState | None = None,
) -> Listing[DeliveryRecord]:
    """What was sent to a webhook or is on its way, with the latest attempt."""
    return questions.deliveries(services.database, actor, webhook_id, page, state=state)


@router.get("/webhook-deliveries/{delivery_id}", operation_id="get_webhook_delivery")
@needs(Permission.WEBHOOK_MANAGE)
def get_webhook_delivery(
    delivery_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> DeliveryLog:
    """One delivery with every attempt at it."""
    return questions.delivery(services.database, actor, delivery_id)


@router.post(
    "/webhook-deliveries/{delivery_id}/replays",
    status_code=201,
    operation_id="replay_webhook_delivery",
)
@needs(Permission.WEBHOOK_MANAGE)
def replay_webhook_delivery(
    delivery_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> ReplayRecord:
    """Send one event once more, under the same identifier."""
    return webhooks.replay_delivery(services.database, actor, delivery_id)

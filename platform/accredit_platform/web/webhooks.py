"""Webhooks: who is told of what, what was sent to them, and the secret shown once."""

import uuid

from fastapi import APIRouter, Request, Response

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.catalogue import PATTERNS
from accredit_governance.errors import InvalidInput
from accredit_governance.lifecycle.webhooks import WebhookKind
from accredit_governance.operations import webhooks as operations
from accredit_governance.questions import catalogue
from accredit_governance.questions import webhooks as questions
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.api.dependencies import CurrentActor, WantedPage, WithServices
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, Form, an_id, an_instant
from accredit_platform.web.notices import done
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render
from accredit_platform.webhooks.admission import admit
from accredit_platform.webhooks.signing import new_secret
from accredit_platform.wiring import Services

router = APIRouter()

_OUTCOMES = {"ok": "ok", "denied": "denied", "any": None}


@router.get("/webhooks")
@needs(Permission.WEBHOOK_MANAGE)
def webhooks(
    request: Request, page: WantedPage, actor: CurrentActor, services: WithServices
) -> Response:
    """Webhooks that one manages, and the form to make another one."""
    found = questions.webhooks(services.database, actor, page)
    titles = _projects(services, actor)
    return render(
        request,
        "webhooks.html",
        items=found.items,
        next_page=found.next_page_token,
        projects=titles,
        mine={i: t for i, t in titles.items() if actor.may(Permission.WEBHOOK_MANAGE, i)},
        everywhere=actor.may_throughout(Permission.WEBHOOK_MANAGE),
        mails=services.settings.smtp_host is not None,
        kinds=sorted(pattern for pattern in PATTERNS if pattern.endswith(".*")),
    )


@router.post("/webhooks")
@needs(Permission.WEBHOOK_MANAGE)
def create(
    request: Request, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Make a webhook; what signs is shown on the page that comes back, and never again."""
    kind, project = _kind(form), form.text("project_id")
    project_id = an_id(project, "project_id") if project else None
    target = admit(
        services,
        actor,
        kind=kind,
        url=form.text("url") or None,
        addresses=form.text("addresses").split(),
        project_id=project_id,
    )
    made = operations.create_webhook(
        services.database,
        actor,
        project_id=project_id,
        kind=kind,
        title=form.text("title"),
        target=target.shown,
        url=target.url,
        secret=new_secret() if kind is WebhookKind.WEBHOOK else None,
        actions=tuple(form.text("actions").split()),
        outcome=_OUTCOMES.get(form.text("outcome"), "ok"),
        key=services.sealing,
    )
    if made.secret is None:
        return done(f"/webhooks/{made.id}", "webhook-made")
    return render(request, "webhook_secret.html", status=201, item=made)


@router.get("/webhooks/{webhook_id}")
@needs(Permission.WEBHOOK_MANAGE)
def webhook(
    request: Request,
    webhook_id: uuid.UUID,
    page: WantedPage,
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """One webhook with its latest deliveries."""
    database = services.database
    item = questions.webhook(database, actor, webhook_id)
    sent = questions.deliveries(
        database, actor, webhook_id, page.model_copy(update={"size": min(page.size, 25)})
    )
    return render(
        request,
        "webhook.html",
        item=item,
        deliveries=sent.items,
        next_page=sent.next_page_token,
        projects=_projects(services, actor),
        names=names_of(services, actor, [item.created_by])
        if actor.may_anywhere(Permission.PROJECT_READ)
        else {},
    )


@router.get("/webhook-deliveries/{delivery_id}")
@needs(Permission.WEBHOOK_MANAGE)
def delivery(
    request: Request, delivery_id: uuid.UUID, actor: CurrentActor, services: WithServices
) -> Response:
    """One delivery with every attempt at it."""
    item = questions.delivery(services.database, actor, delivery_id)
    of = questions.webhook(services.database, actor, item.webhook_id)
    return render(request, "webhook_delivery.html", item=item, webhook=of)


@router.post("/webhooks/{webhook_id}/pauses")
@needs(Permission.WEBHOOK_MANAGE)
def pause(
    webhook_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Send nothing for a while."""
    operations.pause_webhook(services.database, actor, webhook_id)
    return done(f"/webhooks/{webhook_id}", "webhook-paused")


@router.post("/webhooks/{webhook_id}/resumptions")
@needs(Permission.WEBHOOK_MANAGE)
def resume(
    webhook_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Send again."""
    operations.resume_webhook(services.database, actor, webhook_id)
    return done(f"/webhooks/{webhook_id}", "webhook-resumed")


@router.post("/webhooks/{webhook_id}/revocations")
@needs(Permission.WEBHOOK_MANAGE)
def revoke(
    webhook_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """End it for good."""
    operations.revoke_webhook(services.database, actor, webhook_id)
    return done(f"/webhooks/{webhook_id}", "webhook-revoked")


@router.post("/webhooks/{webhook_id}/secrets")
@needs(Permission.WEBHOOK_MANAGE)
def rotate(
    request: Request,
    webhook_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Sign with a new secret, which is shown on the page that comes back, and never again."""
    made = operations.rotate_secret(
        services.database, actor, webhook_id, secret=new_secret(), key=services.sealing
    )
    return render(request, "webhook_secret.html", status=201, item=made)


@router.post("/webhooks/{webhook_id}/tests")
@needs(Permission.WEBHOOK_MANAGE)
def test(
    webhook_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Send an event that says nothing."""
    operations.send_test(services.database, actor, webhook_id)
    return done(f"/webhooks/{webhook_id}", "webhook-tested")


@router.post("/webhooks/{webhook_id}/replays")
@needs(Permission.WEBHOOK_MANAGE)
def replay_since(
    webhook_id: uuid.UUID, form: CheckedForm, actor: CurrentActor, services: WithServices
) -> Response:
    """Send everything since a time once more."""
    since = an_instant(form.text("since"), "since")
    operations.replay_since(services.database, actor, webhook_id, since=since)
    return done(f"/webhooks/{webhook_id}", "replayed")


@router.post("/webhook-deliveries/{delivery_id}/replays")
@needs(Permission.WEBHOOK_MANAGE)
def replay(
    delivery_id: uuid.UUID,
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """Send one event once more."""
    operations.replay_delivery(services.database, actor, delivery_id)
    return done(f"/webhook-deliveries/{delivery_id}", "replayed")


def _projects(services: Services, actor: Actor) -> dict[uuid.UUID, str]:
    found = catalogue.projects(services.database, actor, Page(size=MAX_PAGE)).items
    return {project.id: project.title for project in found}


def _kind(form: Form) -> WebhookKind:
    try:
        return WebhookKind(form.text("kind"))
    except ValueError as error:
        message = "choose how somebody is told"
        raise InvalidInput(message, [{"pointer": "/kind", "detail": message}]) from error

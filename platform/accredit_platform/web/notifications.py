"""Asking for mails about what waits; the form is on the overview."""

from fastapi import APIRouter, Response

from accredit_governance.access.actors import Actor
from accredit_governance.operations import notifications as operations
from accredit_governance.questions.notifications import notification_preferences
from accredit_governance.registry.webhook_records import NotificationPreferences
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.auth.guard import SIGNED_IN, needs
from accredit_platform.web.forms import CheckedForm
from accredit_platform.web.notices import done
from accredit_platform.wiring import Services

router = APIRouter()


def wishes_of(services: Services, actor: Actor) -> NotificationPreferences | None:
    """What the caller wants to be told; None where there is nothing to choose."""
    if services.settings.smtp_host is None:
        return None
    return notification_preferences(services.database, actor)


@router.post("/me/notification-preferences")
@needs(SIGNED_IN)
def prefer(form: CheckedForm, actor: CurrentActor, services: WithServices) -> Response:
    """Ask for a mail when something new waits, or for none."""
    wanted = form.text("tasks_by_mail") == "yes"
    operations.prefer(services.database, actor, tasks_by_mail=wanted)
    return done("/", "mails-on" if wanted else "mails-off")

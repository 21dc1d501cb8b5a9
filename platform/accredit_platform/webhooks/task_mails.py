"""Mails that say that something waits: how much, and where to look."""

import logging
import smtplib
import uuid
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from accredit_governance.documents import EMAIL_FORM
from accredit_governance.operations.identity import actor_of_principal
from accredit_governance.operations.notifications import (
    Thing,
    claim_notices,
    readers,
    settle_notices,
)
from accredit_governance.questions.tasks import tasks
from accredit_platform.webhooks.mailing import send_mail
from accredit_platform.wiring import Services

_LOG: Final = logging.getLogger(__name__)


def tell_of_tasks(services: Services) -> None:
    """Write to everybody who wants it and for whom something new waits."""
    if services.settings.smtp_host is None:
        return
    database = services.database
    for reader in readers(database):
        actor = actor_of_principal(database, reader.principal_id, request_id=None)
        if actor is None:
            continue
        waiting = [(task.kind.value, task.id) for task in tasks(database, actor)]
        new = claim_notices(database, reader.principal_id, list(dict.fromkeys(waiting)))
        if not new:
            continue
        try:
            send_mail(services.settings, _mail(services, reader.email, new, len(set(waiting))))
        except (smtplib.SMTPException, OSError, ValueError) as failure:
            # Not settled, so it is tried again in some minutes.
            _LOG.warning("a mail about tasks was not taken: %s", type(failure).__name__)
        else:
            settle_notices(database, reader.principal_id, new)


def _mail(services: Services, to: str, new: Sequence[Thing], waiting: int) -> EmailMessage:
    if not EMAIL_FORM.fullmatch(to):
        # Of a directory, or of earlier days: a header might not hold it, or read it as several.
        raise ValueError("the address of a person is no mail address")
    settings = services.settings
    message = EmailMessage()
    one = len(new) == 1
    message["Subject"] = (
        f"[Accredit] {len(new)} new {'task waits' if one else 'tasks wait'} for you"
    )
    message["From"] = settings.smtp_sender
    message["To"] = to
    message["Date"] = format_datetime(services.database.clock())
    message["Message-ID"] = f"<{uuid.uuid4()}@{settings.smtp_sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    counts = Counter(kind for kind, _ in new)
    about = "".join(
        f"{count} × {kind.replace('_', ' ')}\n" for kind, count in sorted(counts.items())
    )
    message.set_content(
        f"New for you:\n\n{about}\nIn all, {waiting} wait for you: {settings.resolved_public_url}/"
        "\n\nYou asked for these mails; you can turn them off on that page.\n"
    )
    return message

"""Whether a new webhook may lead where somebody wants; that it may not is recorded."""

import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

from accredit_governance.access.actors import Actor
from accredit_governance.documents import EMAIL_FORM
from accredit_governance.errors import GovernanceError, InvalidInput
from accredit_governance.lifecycle.webhooks import WebhookKind
from accredit_governance.operations.door import record_refusal
from accredit_platform.webhooks.targets import (
    Rules,
    read_address,
    resolve,
)
from accredit_platform.wiring import Services

MAX_ADDRESSES: Final = 20


class Target(NamedTuple):
    """Where a webhook leads: what people may see of it, and the whole address if it has one."""

    shown: str
    url: str | None


def admit(
    services: Services,
    actor: Actor,
    *,
    kind: WebhookKind,
    url: str | None,
    addresses: Sequence[str],
    project_id: uuid.UUID | None,
) -> Target:
    """Where a new webhook will lead.

    Raises:
        InvalidInput: the address or the mail addresses do not fit the kind.
        TargetRefused: no webhook may lead there.
    """
    try:
        if kind is WebhookKind.EMAIL:
            return _mailboxes(services, url, addresses)
        return _address(services, url, addresses)
    except GovernanceError as error:
        given = (project_id,) if project_id is not None else ()
        record_refusal(services.database, actor, "create_webhook", error, given)
        raise


def _address(services: Services, url: str | None, addresses: Sequence[str]) -> Target:
    if url is None or addresses:
        raise _unfit("/url", "a webhook of this kind has a url, and no addresses")
    rules = Rules.of(services.settings)
    address = read_address(url, rules)
    resolve(address, rules)
    return Target(shown=address.origin, url=url)


def _mailboxes(services: Services, url: str | None, addresses: Sequence[str]) -> Target:
    if services.settings.smtp_host is None:
        raise _unfit("/kind", "this installation sends no mail: ACCREDIT_SMTP_HOST is not set")
    if url is not None or not 1 <= len(addresses) <= MAX_ADDRESSES:
        raise _unfit(
            "/addresses", f"a webhook by mail has 1 to {MAX_ADDRESSES} addresses, and no url"
        )
    for place, address in enumerate(addresses):
        if not EMAIL_FORM.fullmatch(address):
            raise _unfit(f"/addresses/{place}", "this is no mail address such as ann@example.com")
    return Target(shown=", ".join(dict.fromkeys(addresses)), url=None)


def _unfit(pointer: str, message: str) -> InvalidInput:
    return InvalidInput(message, [{"pointer": pointer, "detail": message}])

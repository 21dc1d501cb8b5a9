"""The rounds of a worker: deliveries of new events, attempts at what is due, how each ended."""

import asyncio
import contextlib
import random
import smtplib
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

import httpx2

from accredit_governance.errors import IllegalTransition
from accredit_governance.lifecycle.webhooks import WebhookKind
from accredit_governance.operations.deliveries import (
    AT_ONCE,
    Claimed,
    Outcome,
    claim,
    post,
    settle,
)
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.webhooks import disable_webhook, open_sealed
from accredit_governance.registry.sealing import SealBroken
from accredit_platform.webhooks.calling import call
from accredit_platform.webhooks.mailing import send_mail
from accredit_platform.webhooks.messages import cloud_event, mail, slack_message
from accredit_platform.webhooks.signing import signed_headers
from accredit_platform.webhooks.targets import Rules
from accredit_platform.wiring import Services

ROUND_S: Final = 5.0
_CHANCE: Final = random.SystemRandom()


def send_new(services: Services) -> None:
    """Make deliveries of new events, and send what is due to those who take it."""
    post(services.database)
    _send_due(services, failing=False)


def send_again(services: Services) -> None:
    """Send what is due to those who took nothing lately; apart, since each may take its time."""
    _send_due(services, failing=True)


def _send_due(services: Services, *, failing: bool) -> None:
    began = time.monotonic()
    while time.monotonic() - began < ROUND_S:
        claimed = claim(services.database, failing=failing)
        if not claimed:
            return
        asyncio.run(_send_all(services, claimed))


async def _send_all(services: Services, claimed: Sequence[Claimed]) -> None:
    # A name service that does not answer holds a thread; nobody else shall wait for it.
    threads = ThreadPoolExecutor(2 * AT_ONCE, thread_name_prefix="webhook")
    asyncio.get_running_loop().set_default_executor(threads)
    tls = httpx2.create_ssl_context()
    ends = await asyncio.gather(
        *(_attempt(services, one, tls) for one in claimed), return_exceptions=True
    )
    for end in ends:
        # All of them are settled; the worker loop writes this one down.
        if isinstance(end, BaseException):
            raise end


async def _attempt(services: Services, claimed: Claimed, tls: ssl.SSLContext) -> None:
    outcome = Outcome(0, error="the attempt broke off; the log of the worker says why")
    try:
        outcome = await _try(services, claimed, tls)
    finally:
        # Whatever broke it off: an attempt that is not settled would be made again without end.
        await asyncio.to_thread(_settle, services, claimed, outcome)


async def _try(services: Services, claimed: Claimed, tls: ssl.SSLContext) -> Outcome:
    if claimed.kind is WebhookKind.EMAIL:
        return await asyncio.to_thread(_mail, services, claimed)
    try:
        url, *secrets = (
            open_sealed(services.sealing, claimed.webhook_id, sealed)
            for sealed in (claimed.sealed_url or b"", *claimed.sealed_secrets)
        )
    except SealBroken as error:
        return Outcome(0, error=f"not called: {error.message}")
    base = services.settings.resolved_public_url
    if claimed.kind is WebhookKind.SLACK:
        body, headers = slack_message(claimed.event, base), {"Content-Type": "application/json"}
    else:
        body = cloud_event(claimed.event, base)
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        headers |= signed_headers(
            str(claimed.delivery_id), services.database.clock(), body, secrets
        )
    hidden = [*secrets, url, *(part for part in urlsplit(url)[2:4] if len(part) > 1)]
    rules = Rules.of(services.settings)
    return await call(url, body, headers, rules=rules, tls=tls, hidden=hidden)


def _mail(services: Services, claimed: Claimed) -> Outcome:
    settings, began = services.settings, time.monotonic()
    recipients = tuple(claimed.target.split(", "))
    status, error, answer = None, None, None
    try:
        message = mail(
            claimed.event,
            settings.resolved_public_url,
            message_id=str(claimed.delivery_id),
            sender=settings.smtp_sender,
            recipients=recipients,
        )
        refused = send_mail(settings, message)
    except smtplib.SMTPResponseException as failure:
        status, error = failure.smtp_code, f"the mail server answered {failure.smtp_code}"
        answer = str(failure.smtp_error)
    except smtplib.SMTPRecipientsRefused as failure:
        error, answer = "the mail server refused all recipients", _words(failure.recipients)
    except (smtplib.SMTPException, OSError, ValueError) as failure:
        error = f"the mail was not taken: {type(failure).__name__}"
    else:
        answer = f"not to all of them: {_words(refused)}" if refused else None
    duration_ms = round((time.monotonic() - began) * 1000)
    return Outcome(duration_ms, status=status, error=error, answer=answer)


def _words(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{code} {words.decode(errors='replace')}" for code, words in refused.values())


def _settle(services: Services, claimed: Claimed, outcome: Outcome) -> None:
    database = services.database
    cause = settle(database, claimed, outcome, chance=_CHANCE.random())
    if cause is not None:
        # Somebody paused it, or another worker was first.
        with contextlib.suppress(IllegalTransition):
            disable_webhook(database, system_actor(database), claimed.webhook_id, cause=cause)

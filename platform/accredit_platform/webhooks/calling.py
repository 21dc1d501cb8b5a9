"""One call of a webhook: to an address that was checked, and to no other one."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

import httpx2

from accredit_governance.operations.deliveries import MAX_ANSWER, Outcome
from accredit_platform.webhooks.targets import (
    Address,
    Rules,
    TargetRefused,
    read_address,
    resolve,
)

TIMEOUT_S: Final = 15.0
# It writes every address in full, and those hold secrets.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_WAITS: Final = frozenset({429, 503})
_GONE: Final = 410
_NO_BODY: Final = frozenset({204, 304})
_READ: Final = 8 * MAX_ANSWER
"""More than is kept, so that a secret at the end of it is still whole when it is looked for."""


async def call(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    rules: Rules,
    tls: ssl.SSLContext,
    hidden: Iterable[str] = (),
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Send a body, and say how it was taken. Never raises for what a receiver does.

    Args:
        url: where to.
        body: the bytes.
        headers: what goes with them.
        rules: where webhooks may lead.
        tls: how certificates are verified.
        hidden: secrets that an answer might repeat; they do not reach the log.
        timeout_s: for all of it, however slowly the receiver drips.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout_s):
            address = read_address(url, rules)
            ips = await asyncio.to_thread(resolve, address, rules)
            status, words, answered = await _send(address, ips, body, headers, tls=tls)
            error = await _judge(status, address, answered, rules)
    except TimeoutError:
        return Outcome(_ms(began), error=f"no answer within {timeout_s:g} s")
    except TargetRefused as refusal:
        return Outcome(_ms(began), error=f"not called: {refusal.message}")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as failure:
        return Outcome(_ms(began), error=f"the call failed: {_plain(failure)}")
    return Outcome(
        _ms(began),
        status=status,
        error=error,
        answer=_readable(words, hidden),
        is_gone=status == _GONE,
        asked_wait=_asked_wait(answered) if status in _WAITS else None,
    )


async def _send(
    address: Address,
    ips: tuple[str, ...],
    body: bytes,
    headers: Mapping[str, str],
    *,
    tls: ssl.SSLContext,
) -> tuple[int, bytes, httpx2.Headers]:
    """Connect to the addresses in turn until one takes the connection."""
    sent = {
        **headers,
        "Host": address.authority,
        "User-Agent": "Accredit-Webhooks/1",
        # A small answer could unpack to a large one.
        "Accept-Encoding": "identity",
    }
    # No proxy of the environment: it would resolve the host again.
    async with httpx2.AsyncClient(
        verify=tls, trust_env=False, follow_redirects=False, timeout=TIMEOUT_S
    ) as client:
        for ip in ips[:-1]:
            try:
                return await _post(client, address, ip, body, sent)
            except httpx2.ConnectError:
                continue
        return await _post(client, address, ips[-1], body, sent)


async def _post(
    client: httpx2.AsyncClient, address: Address, ip: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes, httpx2.Headers]:
    async with client.stream(
        "POST",
        httpx2.URL(address.url).copy_with(host=ip),
        content=body,
        headers=dict(headers),
        # The certificate has to be that of the host, not of the address connected to.
        extensions={"sni_hostname": address.host},
    ) as response:
        words = b""
        if response.status_code not in _NO_BODY:
            # The status has said whether it was taken, even if the rest of the answer is lost.
            with contextlib.suppress(httpx2.TransportError):
                async for chunk in response.aiter_raw():
                    words += chunk
                    if len(words) >= _READ:
                        break
        return response.status_code, words[:_READ], response.headers


async def _judge(
    status: int, address: Address, answered: httpx2.Headers, rules: Rules
) -> str | None:
    """Why an answer does not count as delivered."""
    if 200 <= status < 300:
        return None
    if status == _GONE:
        return "the receiver is gone for good (410)"
    if 300 <= status < 400:
        return await _about_redirect(status, address, answered, rules)
    return f"answered {status}"


async def _about_redirect(
    status: int, address: Address, answered: httpx2.Headers, rules: Rules
) -> str:
    words = f"answered {status}, a redirect; redirects are refused"
    try:
        to = read_address(urljoin(address.url, answered.get("location", "")), rules)
        await asyncio.to_thread(resolve, to, rules)
    except (TargetRefused, ValueError) as refusal:
        why = refusal.message if isinstance(refusal, TargetRefused) else "it cannot be read"
        return f"{words}, and this one leads where no webhook may: {why}"
    return words


def _asked_wait(answered: httpx2.Headers) -> timedelta | None:
    """`Retry-After` in either of its forms (RFC 9110, 10.2.3); None when it says nothing usable."""
    text = answered.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(), at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC))


def _readable(words: bytes, hidden: Iterable[str]) -> str | None:
    text = words.decode(errors="replace").replace("\x00", "")
    for secret in hidden:
        text = text.replace(secret, "…")
    return text[:MAX_ANSWER] or None


def _plain(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}".rstrip(": ")


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)

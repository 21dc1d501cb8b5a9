"""HTTP to an identity provider: few hosts, no redirects, bounded in size and time.

A reply is input from outside (OWASP API10:2023): it may be endless, slow, or lead elsewhere.
"""

import json
import time
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from accredit_platform.errors import PlatformError
from accredit_platform.oidc.configured import is_private_enough

TIMEOUT_S: Final = 2.0
MAX_REPLY_BYTES: Final = 512 * 1024


class ProviderUnavailable(PlatformError):
    """An identity provider does not answer, or not in a way that can be used."""

    code = "provider_unavailable"


class BoundedTransport(httpx2.BaseTransport):
    """Transport that reaches some hosts only and reads no more than it should.

    Args:
        hosts: names of the hosts.
        inner: what makes the connections.
    """

    def __init__(self, hosts: frozenset[str], inner: httpx2.BaseTransport | None = None) -> None:
        self._hosts = hosts
        self._inner = inner or httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and read its whole reply.

        Raises:
            ProviderUnavailable: the host is none of the provider's, the reply is a redirect,
                compressed, too large or too slow, or there is none.
        """
        require_host(str(request.url), self._hosts)
        request.headers["Accept-Encoding"] = "identity"
        deadline = time.monotonic() + TIMEOUT_S
        try:
            reply = self._inner.handle_request(request)
            try:
                body = _read(reply, deadline)
            finally:
                reply.close()
        except httpx2.TransportError as error:
            raise ProviderUnavailable(
                f"{request.url.host} does not answer ({type(error).__name__})"
            ) from error
        if reply.is_redirect:
            raise ProviderUnavailable(f"{request.url.host} redirects, which is not followed")
        return httpx2.Response(
            reply.status_code, headers=reply.headers, content=body, request=request
        )

    def close(self) -> None:
        """Give the connections back."""
        self._inner.close()


def _read(reply: httpx2.Response, deadline: float) -> bytes:
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise ProviderUnavailable("the identity provider compressed a reply unasked")
    body = bytearray()
    for part in reply.stream:  # type: ignore[union-attr] # a transport's replies are synchronous
        body += part
        if len(body) > MAX_REPLY_BYTES:
            raise ProviderUnavailable(
                f"a reply of the identity provider is larger than {MAX_REPLY_BYTES:,} bytes"
            )
        if time.monotonic() > deadline:
            raise ProviderUnavailable(
                f"a reply of the identity provider took more than {TIMEOUT_S:g} seconds"
            )
    return bytes(body)


def require_host(address: str, hosts: frozenset[str]) -> str:
    """An address of the provider.

    Raises:
        ProviderUnavailable: it is on another host, or could be read on the way.
    """
    parts = urlsplit(address)
    if parts.hostname not in hosts or not is_private_enough(parts):
        raise ProviderUnavailable(
            f"the identity provider names an endpoint on {parts.hostname}, which is not its own; "
            "the setting `hosts` lists further ones"
        )
    return address


def json_object(reply: httpx2.Response) -> dict[str, Any]:
    """The JSON object that a reply holds.

    Raises:
        ProviderUnavailable: it is another status than 200, or no JSON object.
    """
    if reply.status_code != httpx2.codes.OK:
        raise ProviderUnavailable(f"the identity provider answers {reply.status_code}")
    try:
        found = json.loads(reply.content)
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable("the identity provider sent no JSON") from error
    if not isinstance(found, dict):
        raise ProviderUnavailable("the identity provider sent no JSON object")
    return found

"""The client: one service, asked as one principal. `Client` for threads, `AsyncClient` for loops.

Every operation of the API is a method, by noun: `client.runs.create(...)`. Paths of the verbs
`get`, `post`, `put`, `text` and `upload` leave `/api/v1` out; they answer plain JSON.
"""

import copy
import os
import platform
import ssl
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from accredit_platform.client import table
from accredit_platform.client.async_resources import AsyncResources
from accredit_platform.client.calls import AsyncCalls, Calls
from accredit_platform.client.credentials import (
    ClientCredentials,
    Credentials,
    GivenToken,
    Nobody,
)
from accredit_platform.client.data import (
    AsyncFrameDatasets,
    AsyncFrameDeployments,
    FrameDatasets,
    FrameDeployments,
)
from accredit_platform.client.endpoint import Outgoing, Record, media_type, plain, read_json
from accredit_platform.client.errors import NoCredentials, Unreachable
from accredit_platform.client.operations import AsyncFollowedOperations, FollowedOperations
from accredit_platform.client.resources import Resources
from accredit_platform.client.retrying import Retries

DEFAULT_SERVER: Final = "http://127.0.0.1:8700"
TIMEOUT_S: Final = 120.0


class Client(Resources):
    """The API of one service, called as one principal, from any number of threads.

    Args:
        base_url: address of the service; default: `ACCREDIT_SERVER`, else this machine.
        token: API token; default: `ACCREDIT_TOKEN`. An empty text calls as nobody.
        client_id: of a service account, in place of a token; default: `ACCREDIT_CLIENT_ID`.
        client_secret: belongs to it; default: `ACCREDIT_CLIENT_SECRET`.
        retries: how persistent it is.
        timeout_s: seconds that the service may be silent before an attempt counts as lost.
        tls: trusted certificates and own ones; default: those of the system.
        proxy: address of a proxy; default: that of the environment (`HTTPS_PROXY`, `NO_PROXY`).

    Raises:
        NoCredentials: there is neither a token nor an id with its secret.
        Unreachable: the address is none.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        retries: Retries = Retries(),  # noqa: B008  frozen
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        self.base_url = _address(base_url)
        auth = _credentials(self.base_url, token, client_id, client_secret)
        self._http = httpx2.Client(
            **_options(self.base_url, auth, timeout_s=timeout_s, tls=tls, proxy=proxy)
        )
        self._ask(Calls(self._http, auth, retries))

    def _ask(self, calls: Calls) -> None:
        super().__init__(calls)
        self._calls = calls
        self.operations: FollowedOperations = FollowedOperations(calls)
        self.datasets: FrameDatasets = FrameDatasets(calls)
        self.deployments: FrameDeployments = FrameDeployments(calls)

    def options(self, *, idempotency_key: str | None = None, if_match: str | None = None) -> Self:
        """This client, over the same connections, with more said on every request.

        Args:
            idempotency_key: of the one POST that follows, the same again after a crash: what was
                done already is answered, not done twice.
            if_match: `etag(...)` of the document that was read; if it has changed since, `Changed`.
        """
        other = copy.copy(self)
        headers = _headers(idempotency_key, if_match)
        other._ask(self._calls.with_headers(headers))  # noqa: SLF001  our own copy
        return other

    def call(self, operation_id: str, values: Mapping[str, Any] | None = None) -> Any:
        """Call an operation by its name in the API's description, such as `create_run`.

        Raises:
            TypeError: there is none, a value is missing, or is none of its own.
        """
        endpoint = table.ENDPOINTS.get(operation_id)
        if endpoint is None:
            raise TypeError(f"there is no operation {operation_id}")
        if endpoint.form == "page":
            return self._calls.list(endpoint, values or {})
        return self._calls.send(endpoint, values or {})

    def get(self, path: str, **query: Any) -> Record:  # Any: whatever a query takes
        """Read."""
        return self._record(Outgoing("GET", path, query=plain(query)))

    def text(self, path: str) -> bytes:
        """Read bytes."""
        return self._calls.exchange(Outgoing("GET", path)).content

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Record:
        """Act."""
        return self._record(Outgoing("POST", path, body=plain(body or {})))

    def put(self, path: str, body: Mapping[str, Any]) -> Record:
        """Write."""
        return self._record(Outgoing("PUT", path, body=plain(body)))

    def upload(self, path: str, content: bytes | Path) -> Record:
        """Send a file, or its bytes."""
        headers = {"Content-Type": media_type(content)}
        return self._record(Outgoing("POST", path, content=content, headers=headers))

    def _record(self, request: Outgoing) -> Record:
        found: Record = read_json(self._calls.exchange(request))
        return found

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        """Give the connections back at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the connections back."""
        self.close()

    def __repr__(self) -> str:
        """Which service; never as whom."""
        return f"<{type(self).__name__} of {self.base_url}>"


class AsyncClient(AsyncResources):
    """The API of one service, called as one principal, from an event loop.

    Arguments and errors are those of `Client`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        retries: Retries = Retries(),  # noqa: B008  frozen
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        self.base_url = _address(base_url)
        auth = _credentials(self.base_url, token, client_id, client_secret)
        self._http = httpx2.AsyncClient(
            **_options(self.base_url, auth, timeout_s=timeout_s, tls=tls, proxy=proxy)
        )
        self._ask(AsyncCalls(self._http, auth, retries))

    def _ask(self, calls: AsyncCalls) -> None:
        super().__init__(calls)
        self._calls = calls
        self.operations: AsyncFollowedOperations = AsyncFollowedOperations(calls)
        self.datasets: AsyncFrameDatasets = AsyncFrameDatasets(calls)
        self.deployments: AsyncFrameDeployments = AsyncFrameDeployments(calls)

    def options(self, *, idempotency_key: str | None = None, if_match: str | None = None) -> Self:
        """This client, over the same connections, with more said: as `Client.options`."""
        other = copy.copy(self)
        headers = _headers(idempotency_key, if_match)
        other._ask(self._calls.with_headers(headers))  # noqa: SLF001  our own copy
        return other

    async def get(self, path: str, **query: Any) -> Record:  # Any: whatever a query takes
        """Read."""
        return await self._record(Outgoing("GET", path, query=plain(query)))

    async def text(self, path: str) -> bytes:
        """Read bytes."""
        return (await self._calls.exchange(Outgoing("GET", path))).content

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Record:
        """Act."""
        return await self._record(Outgoing("POST", path, body=plain(body or {})))

    async def put(self, path: str, body: Mapping[str, Any]) -> Record:
        """Write."""
        return await self._record(Outgoing("PUT", path, body=plain(body)))

    async def upload(self, path: str, content: bytes | Path) -> Record:
        """Send a file, or its bytes."""
        headers = {"Content-Type": media_type(content)}
        return await self._record(Outgoing("POST", path, content=content, headers=headers))

    async def _record(self, request: Outgoing) -> Record:
        found: Record = read_json(await self._calls.exchange(request))
        return found

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Give the connections back at the end of the block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the connections back."""
        await self.close()

    def __repr__(self) -> str:
        """Which service; never as whom."""
        return f"<{type(self).__name__} of {self.base_url}>"


def _address(base_url: str | None) -> str:
    address = (base_url or os.environ.get("ACCREDIT_SERVER") or DEFAULT_SERVER).rstrip("/")
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL as error:
        raise Unreachable(f"{address} is no address: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise Unreachable(f"{address} is no address of a service, such as https://accredit.example")
    return address


def _credentials(
    base_url: str, token: str | None, client_id: str | None, client_secret: str | None
) -> Credentials:
    """What was given, else what the environment has: a token before an id."""
    if token is None and client_id is None:
        token = os.environ.get("ACCREDIT_TOKEN") or None
        if token is None:
            client_id = os.environ.get("ACCREDIT_CLIENT_ID")
    if token == "":
        return Nobody()
    if token:
        shown = token.strip()
        if not (shown.isascii() and shown.isprintable() and " " not in shown):
            raise NoCredentials("the token holds characters that no token has")
        return GivenToken(shown)
    secret = client_secret or os.environ.get("ACCREDIT_CLIENT_SECRET")
    if client_id and secret:
        return ClientCredentials(base_url, client_id, secret)
    raise NoCredentials(
        "a token is needed: give `token`, or `client_id` and `client_secret`, or set ACCREDIT_TOKEN"
    )


def _options(
    base_url: str,
    auth: Credentials,
    *,
    timeout_s: float,
    tls: ssl.SSLContext | None,
    proxy: str | None,
) -> dict[str, Any]:  # Any: arguments of httpx2
    return {
        "base_url": f"{base_url}/api/v1",
        "auth": auth,
        "headers": {"User-Agent": _user_agent()},
        "timeout": timeout_s,
        "verify": tls or True,
        "proxy": proxy,
    }


def _user_agent() -> str:
    try:
        release = version("accredit")
    except PackageNotFoundError:
        release = "0"
    return f"accredit-python/{release} python/{platform.python_version()}"


def _headers(idempotency_key: str | None, if_match: str | None) -> dict[str, str]:
    given = {"Idempotency-Key": idempotency_key, "If-Match": if_match}
    return {name: value for name, value in given.items() if value is not None}

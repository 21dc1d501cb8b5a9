"""Sending what endpoints ask for, with threads or an event loop."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import anyio
import httpx2

from accredit_platform.client.credentials import Credentials
from accredit_platform.client.endpoint import Endpoint, Outgoing, Record, read_json
from accredit_platform.client.errors import NotUnderstood
from accredit_platform.client.listing import AsyncListed, Listed, Page
from accredit_platform.client.retrying import Retries
from accredit_platform.client.steps import Outcome, Pause, exchange

T = TypeVar("T")
CHUNK: Final = 1024 * 1024


class Calls:
    """Sends from the thread that asks, over connections that are kept."""

    def __init__(
        self,
        http: httpx2.Client,
        credentials: Credentials,
        retries: Retries,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.http = http
        self.credentials = credentials
        self.retries = retries
        self.headers = headers

    def with_headers(self, headers: Mapping[str, str]) -> "Calls":
        """The same connections, with further headers on every request."""
        return Calls(self.http, self.credentials, self.retries, {**self.headers, **headers})

    def send(self, endpoint: Endpoint[T], values: Mapping[str, Any]) -> T:
        """Ask an endpoint."""
        return endpoint.read(self.exchange(endpoint.request(values)))

    def list(self, endpoint: Endpoint[T], values: Mapping[str, Any]) -> Listed[T]:
        """A list that is read page by page, as far as it is needed."""

        def fetch(token: str | None) -> Page[T]:
            return page_of(endpoint, self.exchange(_from(endpoint.request(values), token)))

        return Listed(fetch, endpoint)

    def exchange(self, request: Outgoing) -> httpx2.Response:
        """The answer to a request.

        Raises:
            Refused: the service said no.
            Unreachable: it did not answer.
        """
        request = replace(request, headers={**request.headers, **self.headers})
        steps = exchange(request, self.retries, self.credentials.renew)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                answer: httpx2.Response = end.value
                return answer
            outcome = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                outcome = self._once(step.request)

    def _once(self, request: Outgoing) -> httpx2.Response | httpx2.TransportError:
        with ExitStack() as files:
            content: Any = request.content  # Any: bytes, or a file that httpx2 reads in pieces
            if isinstance(content, Path):
                content = files.enter_context(content.open("rb"))
            try:
                return self.http.request(
                    request.method, request.path, content=content, **options_of(request)
                )
            except httpx2.TransportError as error:
                return error


class AsyncCalls:
    """Sends from an event loop, asyncio's or trio's."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        credentials: Credentials,
        retries: Retries,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.http = http
        self.credentials = credentials
        self.retries = retries
        self.headers = headers

    def with_headers(self, headers: Mapping[str, str]) -> "AsyncCalls":
        """The same connections, with further headers on every request."""
        return AsyncCalls(self.http, self.credentials, self.retries, {**self.headers, **headers})

    async def send(self, endpoint: Endpoint[T], values: Mapping[str, Any]) -> T:
        """Ask an endpoint."""
        return endpoint.read(await self.exchange(endpoint.request(values)))

    def list(self, endpoint: Endpoint[T], values: Mapping[str, Any]) -> AsyncListed[T]:
        """A list that is read page by page, as far as it is needed."""

        async def fetch(token: str | None) -> Page[T]:
            return page_of(endpoint, await self.exchange(_from(endpoint.request(values), token)))

        return AsyncListed(fetch, endpoint)

    async def exchange(self, request: Outgoing) -> httpx2.Response:
        """The answer to a request.

        Raises:
            Refused: the service said no.
            Unreachable: it did not answer.
        """
        request = replace(request, headers={**request.headers, **self.headers})
        steps = exchange(request, self.retries, self.credentials.renew)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                answer: httpx2.Response = end.value
                return answer
            outcome = None
            if isinstance(step, Pause):
                await anyio.sleep(step.seconds)
            else:
                outcome = await self._once(step.request)

    async def _once(self, request: Outgoing) -> httpx2.Response | httpx2.TransportError:
        options = options_of(request)
        content: Any = request.content  # Any: bytes, or pieces of a file
        if isinstance(content, Path):
            options["headers"]["Content-Length"] = str(content.stat().st_size)
            content = _pieces(content)
        try:
            return await self.http.request(request.method, request.path, content=content, **options)
        except httpx2.TransportError as error:
            return error


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as source:
        while piece := await source.read(CHUNK):
            yield piece


def _from(request: Outgoing, token: str | None) -> Outgoing:
    """The request for the page that a token names; without one, for the first."""
    return replace(request, query={**request.query, "page_token": token}) if token else request


def options_of(request: Outgoing) -> dict[str, Any]:
    """What httpx2 is told of a request besides its content."""
    headers = dict(request.headers)
    return {"params": request.query or None, "json": request.body, "headers": headers}


def page_of(endpoint: Endpoint[T], answer: httpx2.Response) -> Page[T]:
    """One page of a list.

    Raises:
        NotUnderstood: it is none.
    """
    body: Record = read_json(answer)
    try:
        items = tuple(endpoint.parse(item) for item in body["items"])
        return Page(items, body.get("next_page_token"))
    except (KeyError, TypeError) as error:
        raise NotUnderstood(f"the answer of {endpoint.id} is no list") from error

"""Lists that are read page by page, as far as somebody looks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from accredit_platform.client.endpoint import Endpoint
from accredit_platform.client.errors import NotUnderstood

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. `next_page_token` is None on the last one."""

    items: tuple[T, ...]
    next_page_token: str | None


class Listed(Generic[T]):
    """A list of the service. Nothing is asked before it is looked at; each look asks anew."""

    def __init__(self, fetch: Callable[[str | None], Page[T]], endpoint: Endpoint[T]) -> None:
        self._fetch = fetch
        self._endpoint = endpoint

    def __iter__(self) -> Iterator[T]:
        """Every item; the next page is asked for when the last one is used up."""
        for page in self.pages():
            yield from page.items

    def page(self, token: str | None = None) -> Page[T]:
        """One page: the first, or the one that an earlier page's token names."""
        return self._fetch(token)

    def pages(self) -> Iterator[Page[T]]:
        """Every page."""
        seen: set[str | None] = {None}
        page = self._fetch(None)
        yield page
        while page.next_page_token is not None:
            page = self._fetch(_fresh(page.next_page_token, seen))
            yield page

    def all(self) -> list[T]:
        """Every item at once."""
        return list(self)

    def to_frame(self) -> "pd.DataFrame":
        """Every item as a row of a pandas frame, fields as columns."""
        return _frame(self.all(), self._endpoint)


class AsyncListed(Generic[T]):
    """A list of the service. Nothing is asked before it is looked at; each look asks anew."""

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], endpoint: Endpoint[T]
    ) -> None:
        self._fetch = fetch
        self._endpoint = endpoint

    async def __aiter__(self) -> AsyncIterator[T]:
        """Every item; the next page is asked for when the last one is used up."""
        async for page in self.pages():
            for item in page.items:
                yield item

    async def page(self, token: str | None = None) -> Page[T]:
        """One page: the first, or the one that an earlier page's token names."""
        return await self._fetch(token)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Every page."""
        seen: set[str | None] = {None}
        page = await self._fetch(None)
        yield page
        while page.next_page_token is not None:
            page = await self._fetch(_fresh(page.next_page_token, seen))
            yield page

    async def all(self) -> list[T]:
        """Every item at once."""
        return [item async for item in self]

    async def to_frame(self) -> "pd.DataFrame":
        """Every item as a row of a pandas frame, fields as columns."""
        return _frame(await self.all(), self._endpoint)


def _fresh(token: str, seen: set[str | None]) -> str:
    """The token, unless it was there already: then the list would never end."""
    if token in seen:
        raise NotUnderstood("a list leads back to a page that it has shown")
    seen.add(token)
    return token


def _frame(items: list[Any], endpoint: Endpoint[Any]) -> "pd.DataFrame":
    # pandas takes half a second to load; who never asks for a frame does not wait for it.
    from accredit_platform.client.frames import frame_of

    return frame_of(items, endpoint.fields())

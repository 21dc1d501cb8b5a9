"""Long work: following it, waiting for it, with a bar for people who watch."""

import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing, contextmanager
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import anyio
import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from accredit_platform.client import async_resources, resources
from accredit_platform.client.endpoint import Record
from accredit_platform.client.errors import OperationFailed

QUIET_S: Final = 20.0
"""A stream of events that says nothing for so long is broken: it shows a sign each 15 s."""
FOREVER: Final = float("inf")
POLL_FROM_S: Final = 0.25
POLL_TO_S: Final = 4.0


class Operation(BaseModel):
    """A piece of long work.

    Attributes:
        kind: such as `train`, `ingest`, `gates`, `deploy`.
        state: `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        share: how much is done, in [0, 1].
        resource: address of what it is about, and of what comes of it.
        error: why it failed, as a problem.
        finished_at: once this is set, what it is about says how it ended as well.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    project_id: UUID | None
    kind: str
    state: str
    share: float
    message: str
    resource: str
    resource_id: UUID
    cancel_requested: bool
    attempts: int
    error: Record | None
    created_by: UUID
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


Followed: TypeAlias = Operation | BaseModel | Mapping[str, Any] | UUID | str
"""An operation, its identifier, or something with a `job_id`: what started long work answers."""
Progress: TypeAlias = bool | Callable[[Operation], None] | None
"""True shows a bar, None does where somebody watches, a function is told each step."""


class FollowedOperations(resources.Operations):
    """Operations."""

    def events(self, operation: Followed, *, until: float = FOREVER) -> Generator[Operation]:
        """Each change of an operation: as it happens, or by asking now and then.

        Args:
            operation: it, its identifier, or what started it.
            until: on the clock of `time.monotonic`; from then on, what is told is the last.
        """
        found, pause, is_told = identifier(operation), POLL_FROM_S, True
        while True:
            if is_told:
                is_told = False  # what keeps events back once will do so again
                with closing(self._told(found, until)) as told:
                    for now in told:
                        is_told = True
                        yield now
                        if now.finished_at is not None:
                            return
            now = self.get(found)
            yield now
            if now.finished_at is not None or time.monotonic() > until:
                return
            time.sleep(pause)
            pause = min(2 * pause, POLL_TO_S)

    def wait(
        self,
        operation: Followed,
        *,
        progress: Progress = None,
        label: str = "",
        timeout_s: float | None = None,
        check: bool = True,
        console: Any = None,  # Any: rich may not be installed
    ) -> Operation:
        """Wait until an operation has ended. Interrupted, it goes on there.

        Args:
            operation: it, its identifier, or what started it.
            progress: whether a bar is shown, or who is told each step.
            label: what the bar says.
            timeout_s: how long to wait; as long as it takes without.
            check: raise when it did not succeed.
            console: rich console of the bar; standard error without.

        Raises:
            OperationFailed: it failed or was cancelled, and `check` is set.
            TimeoutError: it has not ended in time; it goes on.
        """
        deadline = _deadline(timeout_s)
        with (
            _goes_on(operation),
            watching(progress, label, console) as tell,
            closing(self.events(operation, until=deadline)) as events,
        ):
            for now in events:
                tell(now)
                if now.finished_at is not None:
                    return ended(now, check=check)
        raise TimeoutError(f"{label or now.kind} took longer than {timeout_s:g} s")

    def _told(self, operation_id: str, until: float) -> Generator[Operation]:
        """What the service tells by itself; ends early where it cannot."""
        http, path = self._calls.http, f"/operations/{operation_id}/events"
        try:
            with http.stream("GET", path, timeout=quiet_s(until)) as told:
                for line in told.iter_lines() if is_events(told) else ():
                    if now := read_event(line):
                        yield now
                    if time.monotonic() > until:
                        return
        except httpx2.TransportError:
            return


class AsyncFollowedOperations(async_resources.AsyncOperations):
    """Operations."""

    async def events(
        self, operation: Followed, *, until: float = FOREVER
    ) -> AsyncGenerator[Operation]:
        """Each change of an operation: as it happens, or by asking now and then.

        Args:
            operation: it, its identifier, or what started it.
            until: on the clock of `time.monotonic`; from then on, what is told is the last.
        """
        found, pause, is_told = identifier(operation), POLL_FROM_S, True
        while True:
            if is_told:
                is_told = False  # what keeps events back once will do so again
                async with aclosing(self._told(found, until)) as told:
                    async for now in told:
                        is_told = True
                        yield now
                        if now.finished_at is not None:
                            return
            now = await self.get(found)
            yield now
            if now.finished_at is not None or time.monotonic() > until:
                return
            await anyio.sleep(pause)
            pause = min(2 * pause, POLL_TO_S)

    async def wait(
        self,
        operation: Followed,
        *,
        progress: Progress = None,
        label: str = "",
        timeout_s: float | None = None,
        check: bool = True,
        console: Any = None,  # Any: rich may not be installed
    ) -> Operation:
        """Wait until an operation has ended. Cancelled or interrupted, it goes on there.

        Arguments and errors are those of `FollowedOperations.wait`.
        """
        deadline = _deadline(timeout_s)
        with _goes_on(operation), watching(progress, label, console) as tell:
            async with aclosing(self.events(operation, until=deadline)) as events:
                async for now in events:
                    tell(now)
                    if now.finished_at is not None:
                        return ended(now, check=check)
        raise TimeoutError(f"{label or now.kind} took longer than {timeout_s:g} s")

    async def _told(self, operation_id: str, until: float) -> AsyncGenerator[Operation]:
        """What the service tells by itself; ends early where it cannot."""
        http, path = self._calls.http, f"/operations/{operation_id}/events"
        try:
            async with http.stream("GET", path, timeout=quiet_s(until)) as told:
                if not is_events(told):
                    return
                async for line in told.aiter_lines():
                    if now := read_event(line):
                        yield now
                    if time.monotonic() > until:
                        return
        except httpx2.TransportError:
            return


def identifier(operation: Followed) -> str:
    """Identifier of an operation.

    Raises:
        TypeError: nothing about it names long work.
    """
    if isinstance(operation, UUID | str):
        return str(operation)
    if isinstance(operation, Operation):
        return str(operation.id)
    named = operation if isinstance(operation, Mapping) else dict(operation)
    found = named.get("job_id") or (named.get("id") if "cancel_requested" in named else None)
    if not found:
        raise TypeError(f"{type(operation).__name__} names no operation that could be waited for")
    return str(found)


def quiet_s(until: float) -> float:
    """Seconds without a sign after which a stream is given up."""
    return max(POLL_FROM_S, min(QUIET_S, until - time.monotonic()))


def is_events(answer: httpx2.Response) -> bool:
    """Whether it is a stream of events."""
    kind: str = answer.headers.get("content-type", "")
    return answer.status_code == 200 and kind.startswith("text/event-stream")


def read_event(line: str) -> Operation | None:
    """The operation that a line of a stream tells; other lines tell none."""
    name, _, data = line.partition(":")
    if name != "data":
        return None
    try:
        return Operation.model_validate_json(data)
    except ValidationError:
        return None  # an event of another kind; asking will say what it is about


def ended(operation: Operation, *, check: bool) -> Operation:
    """An operation that has ended.

    Raises:
        OperationFailed: it failed or was cancelled, and `check` is set.
    """
    if check and operation.state != "succeeded":
        why = (operation.error or {}).get("detail") or operation.message
        raise OperationFailed(f"{operation.kind} {operation.state}: {why}", operation)
    return operation


@contextmanager
def watching(progress: Progress, label: str, console: Any) -> Iterator[Callable[[Operation], None]]:
    """Who is told each step."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and console is None and not sys.stderr.isatty()):
        yield lambda _: None
        return
    try:
        # Only who watches needs it, and it need not be installed.
        from accredit_platform.client.progress import bar
    except ImportError:
        yield lambda _: None
        return
    with bar(label, console) as tell:
        yield tell


@contextmanager
def _goes_on(operation: Followed) -> Iterator[None]:
    """Say that interrupting the wait does not interrupt the work."""
    try:
        yield
    except KeyboardInterrupt as stop:
        found = identifier(operation)
        stop.add_note(f"Operation {found} goes on; operations.cancel({found!r}) would end it.")
        if sys.stderr.isatty():
            sys.stderr.write(f"\nOperation {found} goes on.\n")
        raise


def _deadline(timeout_s: float | None) -> float:
    return FOREVER if timeout_s is None else time.monotonic() + timeout_s

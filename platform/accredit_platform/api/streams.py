"""Progress as server-sent events: one question per second and stream, and no thread in between.

1. An event is the operation as `GET` answers it; its id is the digest of that, so whoever comes
   back with `Last-Event-ID` is told nothing twice.
2. Who listens is asked for anew at each look: whoever lost the right, the token or the session is
   cut off with an event `refused`.
3. A stream ends with the event of the final state, after ten minutes, or when the service stops:
   then one comes back.
4. One principal keeps a few open; all of them together are bounded as well. A stream counts from
   when it is promised, so that many at once do not slip through.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from accredit_governance.errors import GovernanceError
from accredit_platform.api.operations import Operation
from accredit_platform.errors import PlatformError

LOOK_EVERY_S: Final = 1.0
HEARTBEAT_S: Final = 15.0
LIFE_S: Final = 600.0
PER_PRINCIPAL: Final = 8
ALTOGETHER: Final = 500


class TooManyStreams(PlatformError):
    """The caller, or everybody together, listens to as many streams as there may be."""

    code: ClassVar[str] = "too_many_streams"
    wait_s: ClassVar[int] = 5


class _Stream(StreamingResponse):
    """A stream that says when it has ended, however it did."""

    def __init__(self, events: AsyncIterator[str], ended: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


class Streams:
    """Open streams of this process, counted by who listens. For the event loop alone.

    Args:
        stopping: set when the service stops, which waits for all answers that are being sent.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._open: Counter[UUID] = Counter()
        self._stopping = stopping

    def stream(
        self,
        principal_id: UUID,
        look: Callable[[], Operation],
        *,
        last_event_id: str | None,
        look_every_s: float = LOOK_EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> StreamingResponse:
        """An answer that tells how far an operation is until it has ended.

        Args:
            principal_id: who listens.
            look: the operation now, for this caller; raises a refusal once they may not see it.
            last_event_id: what the caller was told last, if they come back.
            look_every_s: seconds between two looks.
            heartbeat_s: seconds of silence after which a comment shows that the stream lives.

        Raises:
            TooManyStreams: no further one may be opened now.
        """
        if self._open[principal_id] >= PER_PRINCIPAL:
            raise TooManyStreams(f"you listen to {PER_PRINCIPAL} streams already; close one")
        if self._open.total() >= ALTOGETHER:
            raise TooManyStreams("too many streams are open; read the operation now and then")
        self._open[principal_id] += 1
        events = self._events(look, last_event_id, look_every_s, heartbeat_s)
        return _Stream(events, partial(self._ended, principal_id))

    def _ended(self, principal_id: UUID) -> None:
        self._open[principal_id] -= 1
        if not self._open[principal_id]:
            del self._open[principal_id]

    async def _events(
        self,
        look: Callable[[], Operation],
        told: str | None,
        look_every_s: float,
        heartbeat_s: float,
    ) -> AsyncIterator[str]:
        started = spoken = time.monotonic()
        yield f"retry: {int(look_every_s * 1000)}\n\n"
        while time.monotonic() - started < LIFE_S and not self._stopping.is_set():
            try:
                now = await run_in_threadpool(look)
            except (GovernanceError, PlatformError) as error:
                yield f"event: refused\ndata: {error.code}\n\n"
                return
            digest = now.digest()
            if digest != told:
                told, spoken = digest, time.monotonic()
                yield f"id: {digest}\nevent: operation\ndata: {now.model_dump_json()}\n\n"
            if now.finished_at is not None:
                return
            if time.monotonic() - spoken >= heartbeat_s:
                spoken = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(look_every_s)

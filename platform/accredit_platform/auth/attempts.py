"""How often somebody may try to sign in: a bound per name and per address, in this process."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

PER_MINUTE: Final = 10
_WINDOW_S: Final = 60.0
_MAX_KEYS: Final = 10_000


class Attempts:
    """Counts attempts of the last minute. Successful ones are taken back, so only failures count.

    An attempt counts before the password is looked at: hashing is what makes guessing expensive
    for us.
    """

    def __init__(
        self, *, limit: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[bytes, deque[float]] = {}

    def admit(self, *keys: str) -> float | None:
        """Count one attempt under each key.

        Returns:
            None when it may go on; else the seconds to wait, and nothing was counted.
        """
        with self._lock:
            now = self._clock()
            if len(self._times) > _MAX_KEYS:
                self._forget_old(now)
            marks = [_mark(key) for key in keys]
            queues = [self._recent(mark, now) for mark in marks]
            waits = [queue[0] + _WINDOW_S - now for queue in queues if len(queue) >= self._limit]
            if waits:
                return max(waits)
            for mark, queue in zip(marks, queues, strict=True):
                queue.append(now)
                self._times[mark] = queue
            return None

    def forgive(self, *keys: str) -> None:
        """Take the latest attempt under each key back."""
        with self._lock:
            for key in keys:
                queue = self._times.get(_mark(key))
                if queue:
                    queue.pop()

    def _recent(self, mark: bytes, now: float) -> deque[float]:
        queue = self._times.get(mark, deque())
        while queue and queue[0] <= now - _WINDOW_S:
            queue.popleft()
        return queue

    def _forget_old(self, now: float) -> None:
        for mark in list(self._times):
            if not self._recent(mark, now):
                del self._times[mark]


def _mark(key: str) -> bytes:
    """A key of fixed size, however long the name that somebody tries."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

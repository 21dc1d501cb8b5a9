"""How often somebody may try to sign in: a bound per name and per address, in this process."""

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
        self._times: dict[str, deque[float]] = {}

    def admit(self, *keys: str) -> float | None:
        """Count one attempt under each key.

        Returns:
            None when it may go on; else the seconds to wait, and nothing was counted.
        """
        with self._lock:
            now = self._clock()
            if len(self._times) > _MAX_KEYS:
                self._forget_old(now)
            queues = [self._recent(key, now) for key in keys]
            waits = [queue[0] + _WINDOW_S - now for queue in queues if len(queue) >= self._limit]
            if waits:
                return max(waits)
            for queue in queues:
                queue.append(now)
            return None

    def forgive(self, *keys: str) -> None:
        """Take the latest attempt under each key back."""
        with self._lock:
            for key in keys:
                queue = self._times.get(key)
                if queue:
                    queue.pop()

    def _recent(self, key: str, now: float) -> deque[float]:
        queue = self._times.setdefault(key, deque())
        while queue and queue[0] <= now - _WINDOW_S:
            queue.popleft()
        return queue

    def _forget_old(self, now: float) -> None:
        for key in list(self._times):
            if not self._recent(key, now):
                del self._times[key]

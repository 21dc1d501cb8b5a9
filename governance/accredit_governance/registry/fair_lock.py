"""A lock that is granted in the order of asking.

SQLite lets one writer in at a time and gives the others no turn: with 16 writers some waited for
the whole of a four-second run. Queueing them inside the process removes the starvation.
"""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """First come, first served. Not re-entrant. Use it as a context manager."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait()
        except BaseException:
            # Ctrl-C while waiting: a turn given to nobody would stop all writers for good.
            with self._mutex:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._pass_on()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hand the lock to whoever waited longest; it never becomes free in between."""
        with self._mutex:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._held = False

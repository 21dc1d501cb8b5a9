"""Trials under way: started, landed, and rescued from workers that die or hang.

When a child dies, every trial in flight is lost with it and it is not known whose fault it was. So
each of them is flown again alone: the one whose child dies again is the culprit and is recorded as
crashed, the others give their results. A trial that goes on long after its time is killed and
recorded as hung; the rest is started again.
"""

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, field
from typing import Final

from accredit_engine.errors import WorkersLost
from accredit_engine.search.evaluate import TrialOrder
from accredit_engine.search.pool import Pool
from accredit_engine.search.trials import Trial, TrialState
from accredit_engine.search.work import ended, run_trial

_GRACE_S: Final = 3.0
_GRACE_SHARE: Final = 0.1
_START_S: Final = 30.0
"""A new child may take this long to import its libraries on a busy machine."""
_POLL_S: Final = 0.5


@dataclass(slots=True)
class Flight:
    """Trials under way.

    Attributes:
        pool: Where they run.
        places: How many may run at once.
        limit_s: Seconds after which a trial without a time limit of its own counts as hung.
    """

    pool: Pool
    places: int
    limit_s: float
    _running: "dict[Future[Trial], tuple[TrialOrder, float, float]]" = field(default_factory=dict)
    _suspects: deque[TrialOrder] = field(default_factory=deque)
    _again: set[int] = field(default_factory=set)
    _is_warm: bool = False

    @property
    def count(self) -> int:
        """Trials that were started and have not landed."""
        return len(self._running) + len(self._suspects)

    @property
    def is_empty(self) -> bool:
        """Whether all have landed."""
        return not self.count

    @property
    def has_room(self) -> bool:
        """Whether another trial may start; not while suspects are flown alone."""
        is_alone = any(order.number in self._again for order, _, _ in self._running.values())
        return not self._suspects and not is_alone and len(self._running) < self.places

    def start(self, order: TrialOrder) -> None:
        """Start a trial."""
        now = time.monotonic()
        end = now + self._patience(order) + (0.0 if self._is_warm else _START_S)
        self._running[self.pool.submit(run_trial, order)] = (order, now, end)

    def landed(self) -> Iterator[Trial]:
        """Wait until something happens; trials that ended."""
        if not self._running and self._suspects:
            self.start(self._suspects.popleft())
        done, _ = wait(self._running, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        lost: list[TrialOrder] = []
        for future in done:
            order, _, _ = self._running.pop(future)
            try:
                yield future.result()
                self._is_warm = True
            except (BrokenExecutor, WorkersLost) as error:
                if order.number in self._again:
                    yield ended(order, TrialState.CRASHED, f"its worker died: {_cause(error)}")
                    self.pool.restart()
                else:
                    lost.append(order)
        if lost:
            self._rescue(lost)
        yield from self._hung()

    def _rescue(self, lost: list[TrialOrder]) -> None:
        """Fly everything that was in the air again, one by one."""
        self.pool.restart()
        self._is_warm = False
        lost += [order for order, _, _ in self._running.values()]
        self._running.clear()
        self._again.update(order.number for order in lost)
        self._suspects.extend(sorted(lost, key=lambda order: order.number))

    def _hung(self) -> Iterator[Trial]:
        now = time.monotonic()
        overdue = [future for future, (_, _, end) in self._running.items() if now > end]
        if not overdue:
            return
        for future in overdue:
            order, started, _ = self._running.pop(future)
            yield ended(order, TrialState.HUNG, f"still running after {now - started:.0f} s")
        self.pool.restart()
        self._is_warm = False
        others = [order for order, _, _ in self._running.values()]
        self._running.clear()
        for order in others:
            self.start(order)

    def _patience(self, order: TrialOrder) -> float:
        limit_s = self.limit_s if math.isinf(order.limit_s) else order.limit_s
        return limit_s * (1 + _GRACE_SHARE) + _GRACE_S


def _cause(error: BaseException) -> str:
    first, *_ = str(error).splitlines() or [type(error).__name__]
    return first[:200]

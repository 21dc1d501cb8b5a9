"""Where children come from: a fork server that has the heavy libraries loaded.

A forked child has them at once and shares their memory; the worker itself never loads them.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import ModuleType
from typing import Final

from accredit_governance.documents import Json
from accredit_platform.jobs import child, semaphores

_KILLED_WITHIN_S: Final = 5.0


class Nursery:
    """Starts children.

    Args:
        modules: what the fork server loads. It loads them in the order given, once.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([child.__name__, *modules])
        self._turn = threading.Lock()

    def warm_up(self) -> None:
        """Start the fork server; it loads its libraries while this process goes on."""
        forkserver.ensure_running()

    def start(self, order: child.Order) -> "Child":
        """A new child at work."""
        ours, theirs = self._context.Pipe(duplex=True)
        process = self._context.Process(target=child.execute, args=(theirs, order), daemon=False)
        with self._turn, _main_hidden():
            process.start()
        theirs.close()
        return Child(process, ours)


class Child:
    """One child process, seen from the worker."""

    def __init__(self, process: ForkServerProcess, channel: "Connection[bytes, bytes]") -> None:
        self._process = process
        self._channel = channel
        self._heard_all = False

    @property
    def pid(self) -> int:
        """Process id."""
        pid = self._process.pid
        assert pid is not None  # noqa: S101  it was started
        return pid

    def messages(self, *, timeout_s: float) -> list[dict[str, Json]]:
        """Reports that have arrived, after waiting for the first one or for the end."""
        sources: list[Connection[bytes, bytes] | int] = [self._process.sentinel]
        if not self._heard_all:
            sources.append(self._channel)
        wait(sources, timeout=timeout_s)
        found = []
        try:
            while not self._heard_all and self._channel.poll():
                found.append(json.loads(self._channel.recv_bytes()))
        except (EOFError, OSError):
            self._heard_all = True
        return found

    @property
    def exit_code(self) -> int | None:
        """Exit status, minus the signal it died of, or None while it lives."""
        return self._process.exitcode

    def end(self, *, grace_s: float) -> None:
        """See the child off: wait, then kill it with everything it started, then free its pipes."""
        self._process.join(grace_s)
        # The group outlives its leader as long as a grandchild does.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        semaphores.release(self.pid)
        if self._process.is_alive():
            # It was started a moment ago and does not lead a group yet, or it is dying.
            self._process.kill()
            self._process.join(_KILLED_WITHIN_S)
        self._channel.close()
        if not self._process.is_alive():
            self._process.close()


@contextlib.contextmanager
def _main_hidden() -> Iterator[None]:
    # multiprocessing imports the main program again in each child, which would load the command
    # line and the job engine there: seconds for nothing. Nothing of ours lives in __main__.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main

"""The model processes of one API process: one per bundle, started on first use.

At most `limit` run at once; the one that was used longest ago is stopped for a new one.
"""

import contextlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from accredit_platform.errors import HostStopped
from accredit_platform.serving.batches import Answer, Rows
from accredit_platform.serving.handle import ModelHost

_TRIES: Final = 3


class ModelHosts:
    """Answers by digest.

    Args:
        folder_of: where the bundle of a digest lies.
        limit: processes at once, at least 1. Each holds the libraries and one model.
        start: starts a process; tests put their own here.

    Raises:
        ValueError: `limit` is below 1.
    """

    def __init__(
        self,
        folder_of: Callable[[str], Path],
        *,
        limit: int = 8,
        start: Callable[[Path, str], ModelHost] = ModelHost.start,
    ) -> None:
        if limit < 1:
            raise ValueError(f"at least one model process is needed, not {limit}")
        self._folder_of = folder_of
        self._limit = limit
        self._start = start
        self._mutex = threading.Lock()
        self._hosts: OrderedDict[str, ModelHost] = OrderedDict()
        self._starting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._is_closed = False

    @property
    def running(self) -> list[str]:
        """Digests that have a process, the one used longest ago first."""
        with self._mutex:
            return list(self._hosts)

    def warm(self, digest: str) -> None:
        """Start the process of a bundle now, so that the first answer does not wait for it.

        Raises:
            HostFailed: the bundle is damaged.
            HostTimeout: loading takes too long.
            HostStopped: `close` was called.
        """
        self._host(digest)

    def answer(self, digest: str, rows: Rows, *, reasons: bool) -> list[Answer]:
        """One answer per row, in order. Raises what `ModelHost.answer` raises."""
        for _ in range(_TRIES):
            # Between the look-up and the question the process may have made room for another one.
            with contextlib.suppress(HostStopped):
                return self._host(digest).answer(rows, reasons=reasons)
        raise HostStopped("too few model processes for the models in use", limit=self._limit)

    def stop(self, digest: str) -> None:
        """End the process of a bundle, if there is one."""
        with self._mutex:
            host = self._hosts.pop(digest, None)
        if host is not None:
            host.close()

    def close(self) -> None:
        """End all processes; nothing is answered any more."""
        with self._mutex:
            self._is_closed = True
            hosts = list(self._hosts.values())
            self._hosts.clear()
        for host in hosts:
            host.close()

    def _host(self, digest: str) -> ModelHost:
        if (host := self._known(digest)) is not None:
            return host
        with self._mutex:
            starting = self._starting[digest]
        with starting:
            if (host := self._known(digest)) is not None:
                return host
            host = self._start(self._folder_of(digest), digest)
            for surplus in self._add(digest, host):
                surplus.close()
            return host

    def _known(self, digest: str) -> ModelHost | None:
        with self._mutex:
            host = self._hosts.get(digest)
            if host is not None:
                self._hosts.move_to_end(digest)
            return host

    def _add(self, digest: str, host: ModelHost) -> list[ModelHost]:
        with self._mutex:
            if self._is_closed:
                return [host]
            self._hosts[digest] = host
            surplus = []
            while len(self._hosts) > self._limit:
                surplus.append(self._hosts.popitem(last=False)[1])
            return surplus

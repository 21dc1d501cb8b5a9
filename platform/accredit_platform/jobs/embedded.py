"""A worker that lives and dies with the process that starts it.

Standard library only: the API process starts its worker with this.
"""

import subprocess
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class EmbeddedWorker:
    """A worker in a process of its own, held by a lifeline. Use it as a context manager.

    Args:
        command: program and arguments; it has to watch its standard input (`run_worker(...,
            lifeline=True)`).
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(list(command), stdin=subprocess.PIPE)  # noqa: S603  ours

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the worker still runs."""
        return self._process.poll() is None

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Let the worker give its jobs back and end; kill it when it takes longer."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        """The running worker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the worker."""
        self.close()

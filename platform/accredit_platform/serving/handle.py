"""A model process, seen from the process that asks it.

The model runs elsewhere, so whatever it does (abort, hang, eat memory) becomes an error here. A
dead process is started again on the next question; a question that kills it twice is given up.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from accredit_platform.errors import HostCrashed, HostFailed, HostRefused, HostStopped, HostTimeout
from accredit_platform.serving import frames
from accredit_platform.serving.batches import Answer, Batches, Rows

PROGRAM: Final = (sys.executable, "-P", "-m", "accredit_platform.serving.host")
START_TIMEOUT_S: Final = 120.0
ANSWER_TIMEOUT_S: Final = 30.0
_EXIT_WITHIN_S: Final = 2.0
_OURS: Final = "ACCREDIT_"


class ModelHost:
    """One model process; call it from any thread, what waits is answered together.

    Args:
        bundle: folder of the bundle.
        digest: digest that the bundle must have.
        timeout_s: seconds that loading may take.
        answer_timeout_s: seconds that one answer may take.
        memory_bytes: address space on top of what the loaded model reserves; None is no limit.
        program: command of the model process; tests put their own here.
    """

    def __init__(
        self,
        bundle: Path,
        digest: str,
        *,
        timeout_s: float = START_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        memory_bytes: int | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self._command = [*program, str(bundle.absolute()), digest]
        if memory_bytes is not None:
            self._command += ["--memory-bytes", str(memory_bytes)]
        self._digest = digest
        self._timeout_s = timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._turn = threading.Lock()
        self._batches = Batches(self._ask)
        self._running: _Running | None = None
        self._is_closed = False

    @classmethod
    def start(
        cls,
        bundle: Path,
        digest: str,
        *,
        timeout_s: float = START_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        memory_bytes: int | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> Self:
        """A model process that has loaded its bundle and is ready to answer.

        Raises:
            HostFailed: the bundle is damaged, or its golden rows come out otherwise than recorded.
            HostTimeout: it is not ready within `timeout_s`.
        """
        host = cls(
            bundle,
            digest,
            timeout_s=timeout_s,
            answer_timeout_s=answer_timeout_s,
            memory_bytes=memory_bytes,
            program=program,
        )
        with host._turn:
            host._started()
        return host

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        running = self._running
        return running is not None and running.process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id, None while there is no process."""
        running = self._running
        return None if running is None else running.process.pid

    def answer(self, rows: Rows, *, reasons: bool) -> list[Answer]:
        """One answer per row, in order.

        Args:
            rows: column to JSON value, checked against the contract before.
            reasons: whether attributions are wanted; they cost more than the answer.

        Raises:
            HostRefused: the model refuses a value.
            HostTimeout: no answer in time; the process was ended.
            HostCrashed: the process died twice over this question.
            HostFailed: the process had to be started again and could not load the bundle.
            HostStopped: `close` was called.
        """
        return self._batches.answer(rows, reasons=reasons) if rows else []

    def close(self) -> None:
        """End the process; a question that is being answered comes first."""
        with self._turn:
            self._is_closed = True
            self._end()

    def _ask(self, rows: Rows, reasons: bool) -> list[Answer]:
        with self._turn:
            for _ in range(2):
                running = self._started()
                try:
                    return running.ask(rows, reasons=reasons, timeout_s=self._answer_timeout_s)
                except TimeoutError as error:
                    self._end()
                    raise HostTimeout(
                        f"no answer within {self._answer_timeout_s:g} s", digest=self._digest
                    ) from error
                except (frames.BrokenFrame, OSError):
                    self._end()
            raise HostCrashed("the model process died twice over one question", digest=self._digest)

    def _started(self) -> "_Running":
        if self._is_closed:
            raise HostStopped("the model process was stopped", digest=self._digest)
        if self._running is not None and self._running.process.poll() is not None:
            self._end()
        if self._running is None:
            self._running = self._start()
        return self._running

    def _start(self) -> "_Running":
        running = _Running(self._command)
        try:
            running.await_ready(time.monotonic() + self._timeout_s)
        except TimeoutError as error:
            running.end()
            raise HostTimeout(
                f"the model was not loaded within {self._timeout_s:g} s", digest=self._digest
            ) from error
        except (frames.BrokenFrame, OSError) as error:
            status = running.end(grace_s=_EXIT_WITHIN_S)
            raise HostFailed(
                f"the model process ended with status {status} while loading", digest=self._digest
            ) from error
        except HostRefused as error:
            running.end()
            raise HostFailed(
                f"the model cannot be loaded: {error}", digest=self._digest, **error.facts
            ) from error
        return running

    def _end(self) -> None:
        if self._running is not None:
            self._running.end()
            self._running = None


class _Running:
    """The process and the socket that it has as standard input."""

    def __init__(self, command: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        # It needs none of our settings, least of all the secrets. One thread answers one row
        # fastest, and many processes share the machine.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "DO_NOT_TRACK": "1"}
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  our own program
                list(command), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env=environment
            )
        self._channel = ours

    def await_ready(self, deadline: float) -> None:
        self._exchange(None, deadline)

    def ask(self, rows: Rows, *, reasons: bool, timeout_s: float) -> list[Answer]:
        message = self._exchange({"rows": rows, "reasons": reasons}, time.monotonic() + timeout_s)
        answers = message.get("answers")
        if not isinstance(answers, list) or len(answers) != len(rows):
            raise frames.BrokenFrame("the model process did not answer every row")
        return answers

    def end(self, *, grace_s: float = 0.0) -> int:
        """End the process and return its exit status, minus the signal it died of."""
        self._channel.close()
        try:
            return self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _exchange(self, question: Mapping[str, object] | None, deadline: float) -> dict[str, Any]:
        self._channel.settimeout(max(deadline - time.monotonic(), 0.001))
        if question is not None:
            frames.send(self._channel, question)
        message = frames.receive(self._channel, deadline=deadline)
        if isinstance(refused := message.get("refused"), dict):
            raise HostRefused(str(refused.get("message")), reason=str(refused.get("code")))
        return message

"""The child process of one job: runs the handler and reports to the worker.

It leads a process group of its own and dies, with everything that it started, when the worker
dies. Reports are JSON objects: `share` and `message` while it works, then `done` or `error`.
"""

import importlib
import json
import logging
import os
import signal
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from accredit_engine.errors import EngineError
from accredit_governance.documents import Json
from accredit_governance.errors import GovernanceError
from accredit_platform.errors import PlatformError
from accredit_platform.jobs import lifeline, semaphores
from accredit_platform.jobs.confinement import confine
from accredit_platform.jobs.context import JobContext, JobError, job_error, workspace_of
from accredit_platform.log_lines import write_log
from accredit_platform.settings import Settings

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What the worker asks a child to do.

    Attributes:
        target: handler as `module:function`.
        memory_bytes: address space on top of what is reserved at the start; None is no limit.
    """

    settings: Settings
    job_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    fence: int
    target: str
    memory_bytes: int | None


def execute(channel: "Connection[bytes, bytes]", order: Order) -> None:
    """Run one job in this process, which is a fresh child of the fork server."""
    os.setpgid(0, 0)
    lifeline.watch(channel.fileno(), _die)
    write_log(logging.INFO)
    report = _Report(channel)
    workspace = workspace_of(order.settings, order.job_id)
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        _keep_files_in(workspace)
        confine(order.memory_bytes)
        handler = _handler(order.target)
        handler(
            JobContext(
                settings=order.settings,
                job_id=order.job_id,
                kind=order.kind,
                subject_id=order.subject_id,
                fence=order.fence,
                workspace=workspace,
                progress=report.progress,
            )
        )
    except Exception as error:  # noqa: BLE001  the job ends here: logged, and recorded by the worker
        _log(error, order)
        report.send({"error": error_of(error)})
    else:
        report.send({"done": True})


def error_of(error: Exception) -> JobError:
    """What is recorded of an error: the message of ours, never that of a library.

    A library's message may quote a row of the data.
    """
    if isinstance(error, EngineError | GovernanceError | PlatformError):
        return {
            "code": error.code,
            "message": str(error),
            "problems": _problems(getattr(error, "problems", ())),
        }
    if isinstance(error, MemoryError):
        return job_error("memory_limit", "the job needs more memory than it may use")
    return job_error(
        "internal_error",
        f"the job stopped on an internal error ({type(error).__name__});"
        " the log of the worker says more",
    )


class _Report:
    """The channel to the worker; handlers may report from several threads."""

    def __init__(self, channel: "Connection[bytes, bytes]") -> None:
        self._channel = channel
        self._turn = threading.Lock()

    def send(self, message: Mapping[str, Json]) -> None:
        with self._turn:
            self._channel.send_bytes(json.dumps(message).encode())

    def progress(self, share: float, message: str) -> None:
        self.send({"share": float(share), "message": str(message)})


def _keep_files_in(workspace: Path) -> None:
    """Temporary files may hold people's data; those of a killed job go with its workspace."""
    folder = workspace / "temporary"
    folder.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _handler(target: str) -> Callable[[JobContext], None]:
    module, _, name = target.partition(":")
    handler: Callable[[JobContext], None] = getattr(importlib.import_module(module), name)
    return handler


def _problems(problems: object) -> list[Json]:
    if not isinstance(problems, Sequence):
        return []
    return [
        {str(key): str(value) for key, value in problem.items()}
        for problem in problems
        if isinstance(problem, Mapping)
    ]


def _log(error: Exception, order: Order) -> None:
    if isinstance(error, EngineError | GovernanceError | PlatformError):
        _LOG.warning("job %s (%s) failed: %s: %s", order.job_id, order.kind, error.code, error)
    else:
        _LOG.error("job %s (%s) failed", order.job_id, order.kind, exc_info=error)


def _die() -> None:
    semaphores.release(os.getpid())
    os.killpg(0, signal.SIGKILL)

"""Lines of a process's own log, on standard error: when in UTC, how grave, who, what."""

import logging
import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, TypeAlias

_FORM: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s [%(process)d]: %(message)s"
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_Failure: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class LogLines(logging.Formatter):
    """One line for each message, whatever is in it (CWE-117); tracebacks are indented below it."""

    converter: Callable[[float | None], time.struct_time] = time.gmtime

    def __init__(self) -> None:
        super().__init__(_FORM, "%Y-%m-%dT%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        """The line of a message."""
        return _plain(super().formatMessage(record))

    def formatException(self, ei: _Failure) -> str:  # noqa: N802  the library's name
        """The traceback; no line of it begins like one of ours."""
        return "\n".join(f"  {_plain(line)}" for line in super().formatException(ei).splitlines())


def write_log(level: int = logging.WARNING) -> None:
    """Write the log of this process to standard error, unless it is written somewhere already."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLines())
    logging.basicConfig(level=level, handlers=[handler])


def _plain(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)

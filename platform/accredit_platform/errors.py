"""Errors of delivery: what can go wrong around the rules, one class per reason.

`code` is stable and part of the API. Messages never hold a row of data.
"""

from collections.abc import Mapping
from typing import ClassVar


class PlatformError(Exception):
    """Root of everything that delivery answers with.

    Attributes:
        code: stable name of the reason, lower snake case.
        facts: the values that the message speaks of, as plain JSON data.
    """

    code: ClassVar[str] = "platform_error"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts: Mapping[str, object] = facts


class HostFailed(PlatformError):
    """A model process did not start: the bundle is damaged, or loading it failed."""

    code = "host_failed"


class HostTimeout(PlatformError):
    """A model process did not answer in time; it was stopped and starts again on the next call."""

    code = "host_timeout"


class HostCrashed(PlatformError):
    """A model process died while answering, and again after one new start."""

    code = "host_crashed"


class HostRefused(PlatformError):
    """The model cannot answer these rows: a column is missing, or a value is not of its kind."""

    code = "host_refused"


class HostStopped(PlatformError):
    """The model process was stopped on purpose, to make room or because the server ends."""

    code = "host_stopped"

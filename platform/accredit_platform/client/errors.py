"""What can go wrong when a service is called: one class per thing that a caller does about it."""

from collections.abc import Mapping
from typing import Any, Final


class ClientError(Exception):
    """Root of what the client raises."""


class Unreachable(ClientError):
    """The service did not answer, however often it was asked within the time that there was."""


class NotUnderstood(ClientError):
    """What answered is not this service, or is newer than this client."""


class NoCredentials(ClientError):
    """There is neither token nor client credentials."""


class OperationFailed(ClientError):
    """Long work ended without success. `operation` is its last state."""

    def __init__(self, message: str, operation: Any) -> None:
        super().__init__(message)
        self.operation = operation


class Refused(ClientError):
    """The service said no.

    Attributes:
        problem: the RFC 9457 answer, whole.
        status: HTTP status.
        code: stable name of the reason; act on it.
        detail: the reason in a sentence.
        errors: what is wrong with single fields: `pointer` and `detail` each.
        request_id: what support asks for.
        retry_after_s: seconds after which it may be tried again, if the service says so.
    """

    def __init__(self, problem: Mapping[str, Any], *, retry_after_s: float | None = None) -> None:
        self.problem = dict(problem)
        self.status = int(problem["status"])
        self.code = str(problem["code"])
        self.detail = str(problem["detail"])
        self.errors: list[dict[str, str]] = list(problem.get("errors") or ())
        self.request_id: str | None = problem.get("request_id")
        self.retry_after_s = retry_after_s
        super().__init__(self._message())

    def _message(self) -> str:
        places = "".join(f"\n  {e['pointer'] or '/'}: {e['detail']}" for e in self.errors)
        return f"{self.status} {self.code}: {self.detail}{places}"


class NotSignedIn(Refused):
    """401: the token is unknown, has expired or was revoked."""


class NotAllowed(Refused):
    """403: known, but not permitted."""


class NotFound(Refused):
    """404: it does not exist, or the caller may not know that it does."""


class Conflict(Refused):
    """409: the state of the thing stands against it."""


class Changed(Refused):
    """412 and 428: somebody else changed the thing since it was read, or a state must be named."""


class TooLarge(Refused):
    """413: more than this installation accepts."""


class Invalid(Refused):
    """400 and 422: what was sent cannot be used; `errors` says which field."""


class RateLimited(Refused):
    """429: too much at once; `retry_after_s` says when it may go on."""


class Unavailable(Refused):
    """5xx: nobody who sends a request can help it."""


_BY_STATUS: Final[Mapping[int, type[Refused]]] = {
    400: Invalid,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Changed,
    413: TooLarge,
    422: Invalid,
    428: Changed,
    429: RateLimited,
}


def refusal(problem: Mapping[str, Any], *, retry_after_s: float | None = None) -> Refused:
    """The error that a problem stands for.

    Raises:
        KeyError, ValueError: it is no problem of this service.
    """
    status = int(problem["status"])
    known = Unavailable if status >= 500 else _BY_STATUS.get(status, Refused)
    return known(problem, retry_after_s=retry_after_s)

"""How a request is sent until it is answered, in steps: for threads and event loops alike.

The procedure is a generator: it yields what is to be done next and is sent what came of it.
"""

import random
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeAlias

import httpx2

from accredit_platform.client.endpoint import Outgoing
from accredit_platform.client.errors import NotUnderstood, Refused, Unreachable, refusal
from accredit_platform.client.retrying import PUT_OFF, Retries, retry_after_s


@dataclass(frozen=True, slots=True)
class Send:
    """Send this once."""

    request: Outgoing


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Step: TypeAlias = Send | Pause
Outcome: TypeAlias = httpx2.Response | httpx2.TransportError | None


def exchange(
    request: Outgoing, retries: Retries, renew: Callable[[], bool]
) -> Generator[Step, Outcome, httpx2.Response]:
    """Send a request until it is answered, at most as often and as long as `retries` says.

    A change carries one idempotency key through all attempts, and so never meets its own effect; a
    PUT writes over what is there unless it names a state. What was refused for want of a valid
    token is sent once more if `renew` says that there may be another.

    Raises:
        Refused: the service said no.
        Unreachable: it did not answer.
    """
    deadline = time.monotonic() + retries.deadline_s
    request = replace(request, headers=_manners(request.method) | dict(request.headers))
    renewed = False
    for attempt in count(1):
        outcome = yield Send(request)
        if outcome is None:
            raise TypeError("what is sent has an outcome")
        if isinstance(outcome, httpx2.Response):
            if outcome.is_success:
                return outcome
            if outcome.status_code == 401 and not renewed and renew():
                renewed = True
                continue
        left_s = deadline - time.monotonic()
        wait = retries.pause(attempt, outcome, left_s=left_s, random=random.random)
        if wait is None:
            raise _failure(outcome, attempt)
        yield Pause(wait)
    raise AssertionError("attempts are bounded")


def _manners(method: str) -> dict[str, str]:
    """Headers that the service wants for a method where the caller says nothing."""
    if method in {"GET", "HEAD"}:
        return {}
    replaces = {"If-Match": "*"} if method in {"PUT", "PATCH"} else {}
    return {"Idempotency-Key": str(uuid.uuid4()), **replaces}


def _failure(outcome: httpx2.Response | httpx2.TransportError, attempts: int) -> Exception:
    if isinstance(outcome, httpx2.Response):
        return refused(outcome)
    times = f" (asked {attempts} times)" if attempts > 1 else ""
    failure = Unreachable(f"no answer{times}: {str(outcome) or type(outcome).__name__}")
    failure.__cause__ = outcome
    return failure


def refused(answer: httpx2.Response) -> Refused:
    """The refusal in an answer that is no success.

    Raises:
        Unreachable: something in front of the service answers in its place.
        NotUnderstood: it is no problem of this service.
    """
    wait = retry_after_s(answer.headers, now=datetime.now(UTC))
    try:
        return refusal(answer.json(), retry_after_s=wait)
    except (ValueError, KeyError, TypeError) as error:
        if answer.status_code in PUT_OFF:
            raise Unreachable(
                f"{answer.url.host} answers {answer.status_code} in place of the service"
            ) from error
        told = f"{answer.status_code} {answer.headers.get('content-type', '')}".strip()
        raise NotUnderstood(f"{answer.url.host} answers {told}, as Accredit does not") from error

"""When a request is sent again: rules without a clock or a network.

1. What was put off by the service (429, 502, 503, 504) or has no answer is sent again.
2. A second time changes nothing: the client gives every change an idempotency key, and the service
   answers a key that it knows with the answer that it gave. Only who is nobody yet, and asks for a
   token, has no keys.
3. `Retry-After` is obeyed; without one the pause doubles, shortened at random, so that a thousand
   clients do not come back at the same moment.
4. Attempts and time are bounded. A pause that does not fit into the time is not begun.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx2

PUT_OFF: Final = frozenset({429, 502, 503, 504})
IN_PROGRESS: Final = "in_progress"
"""Code of 409: the first request with this key is still being worked on."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How persistent a client is.

    Attributes:
        attempts: most times that one request is sent; 1 never repeats.
        deadline_s: seconds from the first attempt after which no other is begun.
        base_s: the first pause at most; each later one twice as long.
        longest_s: no pause of our own is longer.
    """

    attempts: int = 5
    deadline_s: float = 60.0
    base_s: float = 0.25
    longest_s: float = 8.0

    def pause(
        self,
        attempt: int,
        outcome: httpx2.Response | httpx2.TransportError,
        *,
        left_s: float,
        random: Callable[[], float],
    ) -> float | None:
        """Seconds until the next attempt; None when there is to be none.

        Args:
            attempt: how often it was sent, from 1.
            outcome: what came of it the last time.
            left_s: seconds until the deadline.
            random: a number in [0, 1).
        """
        if attempt >= self.attempts:
            return None
        asked = None
        if isinstance(outcome, httpx2.Response):
            if not is_put_off(outcome):
                return None
            asked = retry_after_s(outcome.headers, now=datetime.now(UTC))
        own = min(self.longest_s, self.base_s * 2 ** (attempt - 1)) * (0.5 + random() / 2)
        wait = own if asked is None else max(asked, own / 4)
        return wait if wait < left_s else None


def is_put_off(answer: httpx2.Response) -> bool:
    """Whether the same request may have another answer soon."""
    if answer.status_code == 409:
        return IN_PROGRESS in answer.text
    return answer.status_code in PUT_OFF


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds of a `Retry-After` (RFC 9110 §10.2.3): a number, or a moment."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None

"""How often somebody may ask: bounds per minute for a principal and for an address.

They hold in this process. Predictions are bounded by the quota of a grant instead.
"""

import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Send

from accredit_governance.access.actors import Actor
from accredit_platform.api.problems import problem
from accredit_platform.auth.browsers import address_of
from accredit_platform.settings import Settings

_FREE: Final = frozenset({"/api/v1/health", "/favicon.ico", "/static"})
"""What costs nothing, and what health checks and shared addresses ask for often."""


class Throttle:
    """Counts the requests of this minute."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._principal = RateLimitItemPerMinute(settings.requests_per_minute)
        self._address = RateLimitItemPerMinute(settings.anonymous_requests_per_minute)
        self._exports = RateLimitItemPerMinute(settings.exports_per_minute)

    def stranger(self, request: Request, template: str = "") -> Response | None:
        """Answer to a request of nobody in particular; None lets it through."""
        if template in _FREE:
            return None
        who = address_of(request) or "unknown"
        return self._count(request, self._address, "address", who)

    def member(self, request: Request, actor: Actor, template: str) -> Response | None:
        """Answer to a request of somebody known; None lets it through."""
        if template.endswith("/predictions") and request.method == "POST":
            return None
        who = actor.id.hex
        if request.method == "POST" and template.endswith(("/exports", "-exports")):
            refusal = self._count(request, self._exports, "exports", who)
            if refusal is not None:
                return refusal
        return self._count(request, self._principal, "principal", who)

    def _count(
        self, request: Request, item: RateLimitItemPerMinute, policy: str, who: str
    ) -> Response | None:
        request.state.rate_limit = (self._limiter, item, policy, who)
        if self._limiter.hit(item, policy, who):
            return None
        reset_at = self._limiter.get_window_stats(item, policy, who).reset_time
        wait_s = max(1, math.ceil(reset_at - time.time()))
        message = f"more than {item.amount} requests in this minute; try again in {wait_s} seconds"
        answer = problem(request, 429, "rate_limited", message, retry_after_s=wait_s)
        answer.headers["Retry-After"] = str(wait_s)
        return answer


def with_rate(request: Request, send: Send) -> Send:
    """`send` that says what is left (draft-ietf-httpapi-ratelimit-headers-10)."""

    async def sending(message: Message) -> None:
        counted = getattr(request.state, "rate_limit", None)
        if message["type"] == "http.response.start" and counted is not None:
            limiter, item, policy, who = counted
            stats = limiter.get_window_stats(item, policy, who)
            wait_s = max(0, math.ceil(stats.reset_time - time.time()))
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"{policy}";q={item.amount};w=60'
            headers["RateLimit"] = f'"{policy}";r={stats.remaining};t={wait_s}'
        await send(message)

    return sending

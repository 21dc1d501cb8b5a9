"""Who shows a bearer token: our own API tokens, and signed tokens of identity providers.

What was verified is remembered for seconds, so that most requests cost no look into the records.
That lets in and never keeps out: the door reads token, account and roles again in every
transaction, so a token that is revoked is worth nothing at once.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.token_holders import actor_of_token
from accredit_platform.wiring import Services

REMEMBERED_S: Final = 5.0
MAX_REMEMBERED: Final = 10_000
MISSING: Final = "send a valid token as `Authorization: Bearer acc_...`"


class _Known(NamedTuple):
    actor: Actor
    until: float


class Bearers:
    """Establishes who holds a bearer token.

    Args:
        services: with the records.
        clock: seconds that only grow.
    """

    def __init__(self, services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._known: dict[bytes, _Known] = {}

    def known(self, token: str) -> Actor | None:
        """Who showed this token within the last seconds; None: ask the records."""
        found = self._known.get(_mark(token))
        return found.actor if found is not None and self._clock() < found.until else None

    def actor(self, token: str, *, request_id: str) -> Actor:
        """Who shows this token, by the records.

        Raises:
            NotAuthenticated: it is missing, unknown, expired or revoked, or its holder is inactive.
        """
        if not token:
            raise NotAuthenticated(MISSING, reason="missing")
        try:
            actor = actor_of_token(self._services.database, token, request_id=request_id)
        except NotAuthenticated:
            self._known.pop(_mark(token), None)
            raise
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[_mark(token)] = _Known(actor, self._clock() + REMEMBERED_S)
        return actor


def _mark(token: str) -> bytes:
    """Key of fixed size; the token itself is not kept in memory."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

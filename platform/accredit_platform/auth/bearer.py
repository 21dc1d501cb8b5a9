"""Who shows a bearer token: our own API tokens, and signed tokens of identity providers.

What was verified is remembered for seconds, so that most requests cost no look into the records.
That lets in and never keeps out: the door reads token, account and roles again in every
transaction, so a token that is revoked is worth nothing at once.
"""

import hashlib
import time
import uuid
from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

from accredit_governance.access.actors import Actor
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.token_holders import actor_of_token
from accredit_platform.errors import PlatformError
from accredit_platform.wiring import Services

REMEMBERED_S: Final = 5.0
MAX_REMEMBERED: Final = 10_000
MISSING: Final = "send a valid token as `Authorization: Bearer acc_...`"


class TokenRefused(PlatformError):
    """A bearer token is worth nothing; the message says why, as far as its holder may know.

    Attributes:
        reason: stable name of why, for the records; None: nothing was shown.
        token_id: which token it is, if it is one of ours.
        principal_id: whose it is, if that is known.
        provider: the identity provider that it claims to be from, by its name in the settings.
    """

    code: ClassVar[str] = "not_authenticated"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None,
        token_id: uuid.UUID | None = None,
        principal_id: uuid.UUID | None = None,
        provider: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.token_id = token_id
        self.principal_id = principal_id
        self.provider = provider


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
            TokenRefused: it is missing, unknown, expired or revoked, or its holder is inactive.
        """
        if not token:
            raise TokenRefused(MISSING, reason=None)
        try:
            actor = actor_of_token(self._services.database, token, request_id=request_id)
        except NotAuthenticated as error:
            self._known.pop(_mark(token), None)
            raise TokenRefused(
                error.message,
                reason=error.reason,
                token_id=error.token_id,
                principal_id=error.principal_id,
            ) from error
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[_mark(token)] = _Known(actor, self._clock() + REMEMBERED_S)
        return actor


def _mark(token: str) -> bytes:
    """Key of fixed size; the token itself is not kept in memory."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

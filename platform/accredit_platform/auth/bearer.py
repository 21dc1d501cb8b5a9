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
from accredit_governance.access.permissions import Permission
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.token_holders import actor_of_token
from accredit_platform.auth.provider_tokens import actor_of_signed, looks_signed, provider_name
from accredit_platform.oidc.signed import TokenUnfit
from accredit_platform.wiring import Services

REMEMBERED_S: Final = 5.0
MAX_REMEMBERED: Final = 10_000
MISSING: Final = "send a valid token as `Authorization: Bearer acc_...`"


class _Known(NamedTuple):
    actor: Actor
    until: float
    held: set[Permission]


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

    def known(self, token: str, permission: Permission) -> Actor | None:
        """Who showed this token within the last seconds and holds a permission somewhere.

        Returns:
            None when the records have to be asked.
        """
        found = self._known.get(_mark(token))
        if found is None or self._clock() >= found.until:
            return None
        if permission not in found.held:
            if not found.actor.may_anywhere(permission):
                return None
            found.held.add(permission)
        return found.actor

    def actor(self, token: str, *, request_id: str) -> Actor:
        """Who shows this token, by the records.

        Raises:
            NotAuthenticated: it is missing, unknown, expired or revoked, or its holder is inactive.
            ProviderUnavailable: the signature of a provider's token cannot be checked now.
        """
        if not token:
            raise NotAuthenticated(MISSING, reason="missing")
        try:
            actor = self._by_records(token, request_id)
        except NotAuthenticated:
            self._known.pop(_mark(token), None)
            raise
        if actor.token_id is not None:
            self._remember(token, actor)
        return actor

    def _remember(self, token: str, actor: Actor) -> None:
        # Of a provider's token the door would not see that its holder is vouched for no longer.
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[_mark(token)] = _Known(actor, self._clock() + REMEMBERED_S, set())

    def _by_records(self, token: str, request_id: str) -> Actor:
        if not looks_signed(token):
            return actor_of_token(self._services.database, token, request_id=request_id)
        try:
            return actor_of_signed(self._services, token, request_id=request_id)
        except TokenUnfit as unfit:
            provider = provider_name(self._services, token)
            raise NotAuthenticated(unfit.message, reason=unfit.reason, provider=provider) from unfit


def _mark(token: str) -> bytes:
    """Key of fixed size; the token itself is not kept in memory."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

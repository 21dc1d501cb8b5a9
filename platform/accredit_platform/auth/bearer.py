"""Who shows a bearer token: our own API tokens, and signed tokens of identity providers."""

from typing import ClassVar

from accredit_governance.access.actors import Actor
from accredit_governance.operations.identity import actor_of_token
from accredit_platform.auth.provider_tokens import actor_of_signed, looks_signed
from accredit_platform.errors import PlatformError
from accredit_platform.oidc.signed import TokenUnfit
from accredit_platform.wiring import Services

_ANYBODY = "send a valid token as `Authorization: Bearer acc_…`"


class TokenRefused(PlatformError):
    """A bearer token is worth nothing; the message says why, as far as its holder may know."""

    code: ClassVar[str] = "not_authenticated"


class Bearers:
    """Establishes who holds a bearer token."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def actor(self, token: str, *, request_id: str) -> Actor:
        """Who shows this token.

        Raises:
            TokenRefused: it is missing, unknown, expired or revoked, or its holder is inactive.
        """
        if looks_signed(token):
            try:
                return actor_of_signed(self._services, token, request_id=request_id)
            except TokenUnfit as unfit:
                raise TokenRefused(unfit.message) from unfit
        actor = actor_of_token(self._services.database, token, request_id=request_id)
        if actor is None:
            raise TokenRefused(_ANYBODY)
        return actor

"""Tokens that were refused, written down; bounded, so that nobody floods the log with them."""

from typing import Final

from starlette.requests import Request

from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.token_holders import record_refused_token
from accredit_governance.registry.database import Database
from accredit_platform.auth.attempts import Attempts

PER_ADDRESS: Final = 10
IN_ALL: Final = 120
"""Refusals that are written down in a minute. All are answered."""


class RefusedTokens:
    """Writes refusals down as long as there are not too many."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._per_address = Attempts(limit=PER_ADDRESS)
        self._in_all = Attempts(limit=IN_ALL)

    def record(self, request: Request, refusal: NotAuthenticated) -> None:
        """Write a refusal down, unless nothing was shown or there were too many."""
        if refusal.reason == "missing":
            return
        address = request.client.host if request.client else "unknown"
        if self._per_address.admit(address) is not None or self._in_all.admit("") is not None:
            return
        record_refused_token(
            self._database,
            reason=refusal.reason,
            token_id=refusal.token_id,
            principal_id=refusal.principal_id,
            provider=refusal.provider,
            request_id=request.state.request_id,
        )

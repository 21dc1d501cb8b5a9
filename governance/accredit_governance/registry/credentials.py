"""Whether a token counts at this moment: one rule, for the guard in front and for the door."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from accredit_governance.access.actors import Actor
from accredit_governance.access.token_forms import TokenKind
from accredit_governance.errors import NotAuthenticated
from accredit_governance.registry.tables import (
    ApiTokenRow,
    PrincipalRow,
    ServiceAccountRow,
    TokenUseRow,
)

UNKNOWN: Final = "there is no such token"
_CLIENT_SECRET: Final = aliased(ApiTokenRow)


class HeldToken(NamedTuple):
    """A token as it stands, with its holder.

    Attributes:
        ended_with_at: when the client secret that it was got with was revoked.
        ends_with_at: when that secret ends, which a rotation may have brought forward.
        account_expires_at: end of the service account that holds it.
        used_at: when it was last seen, to the minute.
    """

    id: uuid.UUID
    kind: str
    scopes: Sequence[str] | None
    project_id: uuid.UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    ended_with_at: datetime | None
    ends_with_at: datetime | None
    principal_id: uuid.UUID
    principal_kind: str
    principal_name: str
    active: bool
    account_expires_at: datetime | None
    used_at: datetime | None

    def require_live(self, now: datetime) -> None:
        """Demand that it counts.

        Raises:
            NotAuthenticated: it was revoked, has expired, or nobody may act under it any more.
        """
        if not self.active:
            raise self._refusal("inactive", "the account behind this token is not active")
        revoked_at = self.revoked_at or self.ended_with_at
        if revoked_at is not None:
            raise self._refusal("revoked", f"the token was revoked on {_told(revoked_at)}")
        ends_at = min(self.expires_at, self.ends_with_at or self.expires_at)
        if ends_at <= now:
            raise self._refusal("expired", f"the token expired on {_told(ends_at)}")
        if self.account_expires_at is not None and self.account_expires_at <= now:
            raise self._refusal("account_expired", _account_expired(self.account_expires_at))

    def require_kind(self, *kinds: TokenKind) -> None:
        """Demand that it is of a kind.

        Raises:
            NotAuthenticated: it is good for something else.
        """
        if self.kind not in kinds:
            raise self._refusal("wrong_kind", _MISTAKEN[TokenKind(self.kind)])

    def _refusal(self, reason: str, message: str) -> NotAuthenticated:
        return NotAuthenticated(
            message, reason=reason, token_id=self.id, principal_id=self.principal_id
        )


_MISTAKEN: Final = {
    TokenKind.API: "this is an API token; a client secret is wanted here",
    TokenKind.ACCESS: "this is an access token; a client secret is wanted here",
    TokenKind.CLIENT_SECRET: (
        "a client secret does not call the API; it gets an access token at /api/v1/oauth/token"
    ),
}


def held_token(session: Session, *where: ColumnElement[bool]) -> HeldToken | None:
    """The token that fits, if there is one."""
    row = session.execute(
        select(
            ApiTokenRow.id,
            ApiTokenRow.kind,
            ApiTokenRow.scopes,
            ApiTokenRow.project_id,
            ApiTokenRow.created_at,
            ApiTokenRow.expires_at,
            ApiTokenRow.revoked_at,
            _CLIENT_SECRET.revoked_at,
            _CLIENT_SECRET.expires_at,
            PrincipalRow.id,
            PrincipalRow.kind,
            PrincipalRow.name,
            PrincipalRow.active,
            ServiceAccountRow.expires_at,
            TokenUseRow.used_at,
        )
        .join(PrincipalRow, PrincipalRow.id == ApiTokenRow.principal_id)
        .outerjoin(_CLIENT_SECRET, _CLIENT_SECRET.id == ApiTokenRow.issued_for_id)
        .outerjoin(ServiceAccountRow, ServiceAccountRow.principal_id == PrincipalRow.id)
        .outerjoin(TokenUseRow, TokenUseRow.token_id == ApiTokenRow.id)
        .where(*where)
    ).one_or_none()
    return None if row is None else HeldToken(*row)


def require_live(session: Session, actor: Actor, now: datetime) -> None:
    """Demand that what an actor once showed still counts.

    Raises:
        NotAuthenticated: the token has ended, or the time of the service account is over.
    """
    if actor.token_id is not None:
        held = held_token(
            session, ApiTokenRow.id == actor.token_id, ApiTokenRow.principal_id == actor.id
        )
        if held is None:
            raise NotAuthenticated(UNKNOWN, reason="unknown")
        held.require_live(now)
    elif actor.kind == "service":
        ends_at = session.execute(
            select(ServiceAccountRow.expires_at).where(ServiceAccountRow.principal_id == actor.id)
        ).scalar_one_or_none()
        if ends_at is not None and ends_at <= now:
            raise NotAuthenticated(
                _account_expired(ends_at), reason="account_expired", principal_id=actor.id
            )


def _account_expired(at: datetime) -> str:
    return f"the service account expired on {_told(at)}; an admin can renew it"


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d} at {at:%H:%M} UTC"

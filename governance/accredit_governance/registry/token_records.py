"""Documents about tokens and service accounts."""

import uuid
from datetime import datetime
from enum import StrEnum

from accredit_governance.access.token_forms import TokenKind
from accredit_governance.registry.records import Record


class TokenState(StrEnum):
    """Whether a token counts."""

    LIVE = "live"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"


class IssuedToken(Record):
    """A new token with its secret, which is shown this once.

    Attributes:
        scopes: permissions that it is good for; None: whatever its holder may.
        project_id: the one project that it is good for.
    """

    id: uuid.UUID
    principal_id: uuid.UUID
    kind: TokenKind
    name: str
    prefix: str
    scopes: tuple[str, ...] | None
    project_id: uuid.UUID | None
    expires_at: datetime
    token: str


class TokenRecord(Record):
    """A token as it is listed.

    Attributes:
        prefix: the beginning of the token, which names it; the rest is kept nowhere.
        scopes: permissions that it is good for; None: whatever its holder may.
        project_id: the one project that it is good for.
        replaces_id: the token that this one is the successor of.
        last_used_at: when it was last seen, to the minute.
        state: `expiring` is live for two weeks at most, and has no successor yet.
    """

    id: uuid.UUID
    principal_id: uuid.UUID
    kind: TokenKind
    name: str
    prefix: str
    scopes: tuple[str, ...] | None
    project_id: uuid.UUID | None
    replaces_id: uuid.UUID | None
    created_at: datetime
    created_by: uuid.UUID
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    state: TokenState


class ServiceAccountRecord(Record):
    """The account of a program.

    Attributes:
        id: of the principal, to which roles are bound.
        owner_id: the person who answers for it; None: nobody was ever named.
        ownerless: nobody who is still active answers for it.
        expires_at: from when on its tokens are worth nothing; None: no end.
    """

    id: uuid.UUID
    name: str
    title: str
    active: bool
    created_at: datetime
    owner_id: uuid.UUID | None
    ownerless: bool
    purpose: str
    expires_at: datetime | None

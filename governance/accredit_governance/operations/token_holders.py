"""Who is behind a token; and what is written down when nobody is."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, update

from accredit_governance.access.actors import Actor
from accredit_governance.access.token_forms import TokenKind, form_of, scopes_of
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.audit.token_events import TokenRefused
from accredit_governance.errors import NotAuthenticated
from accredit_governance.operations.identity import secret_hash, system_actor
from accredit_governance.operations.standing import complete
from accredit_governance.registry.credentials import UNKNOWN, HeldToken, held_token
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import ApiTokenRow, PrincipalRow, TokenUseRow

USE_NOTED_EVERY: Final = timedelta(minutes=1)
CALLING: Final = (TokenKind.API, TokenKind.ACCESS)
"""Kinds of tokens that call the API."""


def actor_of_token(
    database: Database,
    token: str,
    *,
    request_id: str | None,
    kinds: tuple[TokenKind, ...] = CALLING,
) -> Actor:
    """Who holds a token that counts. That it was seen is noted once a minute.

    Raises:
        NotAuthenticated: it is none of ours, of another kind, revoked, expired, or nobody may act
            under it any more; `reason` says which.
    """
    if form_of(token) is None:
        raise NotAuthenticated(
            "this is no token of this service, or it was copied badly: its checksum does not fit",
            reason="malformed",
        )
    with database.reading() as session:
        held = held_token(session, ApiTokenRow.secret_hash == secret_hash(token))
        if held is None:
            raise NotAuthenticated(UNKNOWN, reason="unknown")
        now = database.clock()
        held.require_live(now)
        held.require_kind(*kinds)
        principal = session.get_one(PrincipalRow, held.principal_id)
        actor = complete(session, principal, now).model_copy(
            update={
                "scopes": scopes_of(held.scopes),
                "within": held.project_id,
                "token_id": held.id,
                "request_id": request_id,
            }
        )
    _note_use(database, held, now)
    return actor.confined()


def _note_use(database: Database, held: HeldToken, now: datetime) -> None:
    if held.used_at is not None and now - held.used_at < USE_NOTED_EVERY:
        return
    with database.writing() as session:
        session.execute(
            update(TokenUseRow)
            .where(
                TokenUseRow.token_id == held.id,
                or_(TokenUseRow.used_at.is_(None), TokenUseRow.used_at < now),
            )
            .values(used_at=now)
        )


def record_refused_token(
    database: Database,
    *,
    reason: str,
    token_id: uuid.UUID | None = None,
    principal_id: uuid.UUID | None = None,
    provider: str | None = None,
    request_id: str | None,
) -> None:
    """Write down that somebody showed a token which is worth nothing.

    Args:
        database: the records.
        reason: stable name of why.
        token_id: which one, if it is one of ours.
        principal_id: whose it is, if that is known.
        provider: the identity provider that it claims to be from.
        request_id: of the request that it came with.
    """
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    fact = TokenRefused(code=reason, token=token_id, principal=principal_id, provider=provider)
    entry = Entry(fact, token_id, None, outcome="denied")
    with database.writing() as session:
        append_entries(session, actor, [entry], now=database.clock())

"""Browser sessions: who shows a password, who holds a live session."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update

from accredit_governance.access.actors import Actor
from accredit_governance.audit.events import SessionEnded, SessionStarted, SignInFailed
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.operations.identity import actor_of_principal, secret_hash, system_actor
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    PrincipalRow,
    WebSessionRow,
)

SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)


def password_hash_of(database: Database, name: str) -> tuple[uuid.UUID, str] | None:
    """Identifier and password hash of an active person, None when there is none."""
    with database.reading() as session:
        row = session.execute(
            select(PrincipalRow).where(PrincipalRow.name == name, PrincipalRow.kind == "user")
        ).scalar_one_or_none()
        if row is None or not row.active or row.password_hash is None:
            return None
        return row.id, row.password_hash


def record_failed_sign_in(
    database: Database, principal_id: uuid.UUID | None, *, request_id: str | None
) -> None:
    """Write down that a password did not fit, and whose account it was for if there is one."""
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    with database.writing() as session:
        fact = SignInFailed(principal=principal_id)
        entry = Entry(fact, principal_id, None, outcome="denied")
        append_entries(session, actor, [entry], now=database.clock())


def start_session(
    database: Database,
    actor: Actor,
    *,
    secret: str,
    csrf_token: str,
    method: str = "password",
    authenticated_at: datetime | None = None,
    provider: str | None = None,
    provider_session: str | None = None,
) -> None:
    """Open a browser session for someone who has just shown who they are.

    Args:
        database: the records.
        actor: who.
        secret: what the cookie will hold.
        csrf_token: what the forms of the session will hold.
        method: how the person authenticated, `password` or `oidc`.
        authenticated_at: when; None: now.
        provider: the identity provider that says so, by its name in the settings.
        provider_session: the provider's name for its own session (`sid`).
    """
    with database.writing() as session:
        now = database.clock()
        session.add(
            WebSessionRow(
                secret_hash=secret_hash(secret),
                principal_id=actor.id,
                csrf_token=csrf_token,
                method=method,
                authenticated_at=authenticated_at or now,
                provider=provider,
                provider_session=provider_session,
                created_at=now,
                seen_at=now,
            )
        )
        append_entries(session, actor, [Entry(SessionStarted(), actor.id, None)], now=now)


def end_session(database: Database, actor: Actor, *, secret: str) -> None:
    """Close a browser session."""
    with database.writing() as session:
        row = session.get(WebSessionRow, secret_hash(secret))
        if row is not None and row.ended_at is None:
            row.ended_at = database.clock()
            entry = Entry(SessionEnded(), actor.id, None)
            append_entries(session, actor, [entry], now=row.ended_at)


def actor_of_session(
    database: Database, secret: str, *, request_id: str | None
) -> tuple[Actor, str] | None:
    """Actor and CSRF token of a live session; looking keeps it alive."""
    with database.reading() as session:
        row = session.get(WebSessionRow, secret_hash(secret))
        now = database.clock()
        if row is None or row.ended_at is not None or not _live(row, now):
            return None
        principal_id, csrf, seen = row.principal_id, row.csrf_token, row.seen_at
    actor = actor_of_principal(database, principal_id, request_id=request_id)
    if actor is None:
        return None
    if now - seen > timedelta(minutes=1):
        with database.writing() as session:
            session.execute(
                update(WebSessionRow)
                .where(WebSessionRow.secret_hash == secret_hash(secret))
                .values(seen_at=now)
            )
    return actor, csrf


def _live(row: WebSessionRow, now: datetime) -> bool:
    return now - row.seen_at < SESSION_IDLE and now - row.created_at < SESSION_LIFE

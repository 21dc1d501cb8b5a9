"""One's own browser sessions, seen and ended from another one; and those of others, by an admin."""

import uuid

from sqlalchemy import and_, select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.session_events import SessionsEnded
from accredit_governance.errors import NotFound
from accredit_governance.operations.api_tokens import own_change
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.session_ends import end_open_session, end_open_sessions
from accredit_governance.operations.sessions import KEPT, SessionTerms, is_live
from accredit_governance.operations.tokens import require_whole
from accredit_governance.registry.database import Database
from accredit_governance.registry.session_records import (
    Ending,
    SessionRecord,
    SessionsEndedRecord,
)
from accredit_governance.registry.tables import PrincipalRow, WebSessionRow


def own_sessions(
    database: Database,
    actor: Actor,
    *,
    current: uuid.UUID | None,
    terms: SessionTerms = SessionTerms(),  # noqa: B008  immutable
) -> tuple[SessionRecord, ...]:
    """One's own open sessions, and those that were stolen of late, the last used first.

    Raises:
        NotAllowed: the token at hand is good for less than all that its holder may do.
    """
    require_whole(actor)
    with database.reading() as session:
        now = database.clock()
        rows = session.execute(
            select(WebSessionRow)
            .where(
                WebSessionRow.principal_id == actor.id,
                WebSessionRow.seen_at > now - KEPT,
                WebSessionRow.ended_at.is_(None) | (WebSessionRow.ending == Ending.STOLEN),
            )
            .order_by(WebSessionRow.seen_at.desc(), WebSessionRow.id.desc())
            .limit(1000)
        ).scalars()
        return tuple(
            SessionRecord.of(row, is_current=row.id == current)
            for row in rows
            if row.ended_at is not None or is_live(row, now, terms)
        )


def end_own_session(database: Database, actor: Actor, session_id: uuid.UUID) -> None:
    """End a browser session of one's own.

    Raises:
        NotFound: one has no such open session.
        NotAllowed: the token at hand is good for less than all that its holder may do.
    """
    with own_change(database, actor, "end_own_session", session_id) as tx:
        require_whole(tx.actor)
        mine = and_(WebSessionRow.id == session_id, WebSessionRow.principal_id == tx.actor.id)
        if not end_open_session(tx.session, tx.actor, mine, Ending.ENDED_BY_OWNER, now=tx.now):
            raise NotFound(f"there is no open session {session_id} of yours")


def end_own_sessions(
    database: Database, actor: Actor, *, keep: uuid.UUID | None
) -> SessionsEndedRecord:
    """End all browser sessions of one's own, but the one at hand.

    Raises:
        NotAllowed: the token at hand is good for less than all that its holder may do.
    """
    with own_change(database, actor, "end_own_sessions") as tx:
        require_whole(tx.actor)
        ended = end_open_sessions(
            tx.session, actor.id, Ending.ENDED_BY_OWNER, now=tx.now, keep=keep
        )
        tx.record(
            SessionsEnded(principal=actor.id, sessions=ended), resource=actor.id, project=None
        )
        tx.answer = SessionsEndedRecord(principal_id=actor.id, sessions=ended)
        return tx.answer


@operation(Permission.IDENTITY_MANAGE, records=SessionsEnded)
def end_sessions(tx: Transaction, principal_id: uuid.UUID) -> SessionsEndedRecord:
    """End all browser sessions of a person; their tokens stay.

    Raises:
        NotFound: there is no such person.
    """
    row = tx.session.get(PrincipalRow, principal_id)
    if row is None or row.kind != "user":
        raise NotFound(f"there is no person {principal_id}")
    ended = end_open_sessions(tx.session, row.id, Ending.ENDED_BY_ADMIN, now=tx.now)
    tx.record(SessionsEnded(principal=row.id, sessions=ended), resource=row.id, project=None)
    return SessionsEndedRecord(principal_id=row.id, sessions=ended)

"""Browser sessions: who holds a live one, how its secret changes, and how it ends.

1. A secret has two parts: the beginning names the session and stays, the rest changes.
2. After a quarter of an hour, or when the person authenticates again, the browser is sent another
   secret. The present one stays good until the browser has shown the other one: an answer may be
   lost on its way.
3. From then on the old secret is good for half a minute, for requests that were on their way.
4. Who shows it later, or any older one, holds a copy: the session ends for everybody, and the
   person is told when they sign in again.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from accredit_governance.access.actors import Actor
from accredit_governance.audit.events import SessionStarted, SignInFailed
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.audit.session_events import SessionStolen
from accredit_governance.operations.identity import actor_of_principal, secret_hash, system_actor
from accredit_governance.operations.session_ends import end_open_session, require_open
from accredit_governance.registry.database import Database
from accredit_governance.registry.session_records import UNSEEN, Ending, Sighting
from accredit_governance.registry.tables import PrincipalRow, WebSessionRow

SESSION_IDLE: Final = timedelta(minutes=30)
SESSION_LIFE: Final = timedelta(hours=12)
ROTATION: Final = timedelta(minutes=15)
ON_THE_WAY: Final = timedelta(seconds=30)
KEPT: Final = timedelta(days=30)
"""How long a stolen session is listed, and any session kept, after its last request."""
_SEEN_EVERY: Final = timedelta(minutes=1)
_FAMILY: Final = 22
"""Characters of base64: 132 bits. What follows them has at least 126."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long a session lasts without a request, and at most."""

    idle: timedelta = SESSION_IDLE
    life: timedelta = SESSION_LIFE


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with a live session.

    Attributes:
        offer: the secret that the browser is to show from now on; None: the one that it has.
    """

    session_id: uuid.UUID
    actor: Actor
    csrf_token: str
    offer: str | None = None


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
    seen: Sighting = UNSEEN,
) -> bool:
    """Open a browser session for someone who has just shown who they are.

    Args:
        database: the records.
        actor: who.
        secret: what the cookie will hold: 256 random bits in base64.
        csrf_token: what the forms of the session will hold.
        method: how the person authenticated, `password` or `oidc`.
        authenticated_at: when; None: now.
        provider: the identity provider that says so, by its name in the settings.
        provider_session: the provider's name for its own session (`sid`).
        seen: where the person signs in from.

    Returns:
        Whether an earlier session of theirs was stolen and they have to be told now.

    Raises:
        NotAllowed: the account was closed meanwhile.
    """
    with database.writing() as session:
        now = database.clock()
        require_open(session, actor.id)
        # Addresses and browsers are nobody's business once no list shows them any more.
        session.execute(
            delete(WebSessionRow)
            .where(WebSessionRow.principal_id == actor.id, WebSessionRow.seen_at < now - KEPT)
            .execution_options(synchronize_session=False)
        )
        session.add(
            WebSessionRow(
                family_hash=_family(secret),
                secret_hash=secret_hash(secret),
                rotated_at=now,
                principal_id=actor.id,
                csrf_token=csrf_token,
                method=method,
                authenticated_at=authenticated_at or now,
                provider=provider,
                provider_session=provider_session,
                address=seen.address,
                browser=seen.browser,
                created_at=now,
                seen_at=now,
            )
        )
        untold = session.execute(
            update(WebSessionRow)
            .where(
                WebSessionRow.principal_id == actor.id,
                WebSessionRow.ending == Ending.STOLEN,
                WebSessionRow.told_at.is_(None),
            )
            .values(told_at=now)
            .execution_options(synchronize_session=False)
            .returning(WebSessionRow.id)
        ).all()
        append_entries(session, actor, [Entry(SessionStarted(), actor.id, None)], now=now)
        return bool(untold)


def end_session(database: Database, actor: Actor, *, secret: str) -> None:
    """Close the browser session of a secret; closing it again changes nothing."""
    with database.writing() as session:
        mine = WebSessionRow.family_hash == _family(secret)
        end_open_session(session, actor, mine, Ending.SIGNED_OUT, now=database.clock())


def actor_of_session(
    database: Database,
    secret: str,
    *,
    request_id: str | None,
    successor: str | None = None,
    seen: Sighting = UNSEEN,
    terms: SessionTerms = SessionTerms(),
) -> Visit | None:
    """Who shows the secret of a live session; looking keeps it alive.

    Args:
        database: the records.
        secret: from the cookie.
        request_id: for the audit trail.
        successor: 256 random bits for the next secret; None: it does not change now.
        seen: where the request came from.
        terms: how long sessions last.
    """
    if len(secret) > _LONGEST:
        return None
    shown = secret_hash(secret)
    with database.reading() as session:
        row = session.execute(
            select(WebSessionRow).where(WebSessionRow.family_hash == _family(secret))
        ).scalar_one_or_none()
        now = database.clock()
        if row is None or row.ended_at is not None or not is_live(row, now, terms):
            return None
        session.expunge(row)
    if not _is_good(row, shown, now):
        _end_stolen(database, row, request_id)
        return None
    actor = actor_of_principal(database, row.principal_id, request_id=request_id)
    if actor is None:
        return None
    visit = Visit(session_id=row.id, actor=actor, csrf_token=row.csrf_token)
    if shown == row.offered_hash:
        _change(
            database,
            row,
            {"secret_hash": shown, "previous_hash": row.secret_hash, "offered_hash": None}
            | {"rotated_at": now, "seen_at": now},
            WebSessionRow.offered_hash == shown,
        )
    elif successor and shown == row.secret_hash and _is_due(row, now):
        offer = secret[:_FAMILY] + successor
        if _offer(database, row, offer, now):
            return Visit(visit.session_id, actor, visit.csrf_token, offer)
    elif now - row.seen_at > _SEEN_EVERY:
        _change(database, row, {"seen_at": now, **seen.model_dump(exclude_none=True)})
    return visit


def renew_secret(
    database: Database, session_id: uuid.UUID, secret: str, *, successor: str
) -> str | None:
    """The secret that the browser is to show after its person has authenticated again.

    Returns:
        None when the session is over, or when another secret was sent less than half a minute ago
        and not shown yet: answers overtake each other, and the browser may keep the earlier one.
    """
    with database.reading() as session:
        row = session.get(WebSessionRow, session_id)
        if row is None or row.ended_at is not None or row.family_hash != _family(secret):
            return None
        session.expunge(row)
    now = database.clock()
    offer = secret[:_FAMILY] + successor
    if _is_on_its_way(row, now) or not _offer(database, row, offer, now):
        return None
    return offer


def _family(secret: str) -> str:
    return secret_hash(secret[:_FAMILY])


def is_live(row: WebSessionRow, now: datetime, terms: SessionTerms) -> bool:
    """Whether a session that nobody ended still lasts."""
    return now - row.seen_at < terms.idle and now - row.created_at < terms.life


def _is_good(row: WebSessionRow, shown: str, now: datetime) -> bool:
    if shown == row.previous_hash:
        return now - row.rotated_at < ON_THE_WAY
    return shown in {row.secret_hash, row.offered_hash}


def _is_due(row: WebSessionRow, now: datetime) -> bool:
    return now - row.rotated_at >= ROTATION and not _is_on_its_way(row, now)


def _is_on_its_way(row: WebSessionRow, now: datetime) -> bool:
    """Whether another secret was sent just now and may arrive yet."""
    return (
        row.offered_hash is not None
        and row.offered_at is not None
        and now - row.offered_at < ON_THE_WAY
    )


def _offer(database: Database, row: WebSessionRow, offer: str, now: datetime) -> bool:
    """Whether it is this request whose offer counts."""
    unchanged = (
        WebSessionRow.offered_at.is_(None)
        if row.offered_at is None
        else WebSessionRow.offered_at == row.offered_at
    )
    values = {"offered_hash": secret_hash(offer), "offered_at": now, "seen_at": now}
    return _change(database, row, values, unchanged)


def _change(
    database: Database,
    row: WebSessionRow,
    values: dict[str, Any],  # Any: of several columns
    *unless_changed: Any,  # Any: a condition of SQLAlchemy
) -> bool:
    with database.writing() as session:
        changed = session.execute(
            update(WebSessionRow)
            .where(
                WebSessionRow.id == row.id,
                WebSessionRow.secret_hash == row.secret_hash,
                WebSessionRow.ended_at.is_(None),
                *unless_changed,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
            .returning(WebSessionRow.id)
        )
        return changed.first() is not None


def _end_stolen(database: Database, row: WebSessionRow, request_id: str | None) -> None:
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    with database.writing() as session:
        now = database.clock()
        ended = session.execute(
            update(WebSessionRow)
            .where(WebSessionRow.id == row.id, WebSessionRow.ended_at.is_(None))
            .values(ended_at=now, ending=Ending.STOLEN)
            .execution_options(synchronize_session=False)
            .returning(WebSessionRow.id)
        ).first()
        if ended is not None:
            fact = SessionStolen(principal=row.principal_id, session=row.id)
            entry = Entry(fact, row.principal_id, None, outcome="denied")
            append_entries(session, actor, [entry], now=now)

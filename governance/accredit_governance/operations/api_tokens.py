"""Tokens: who issues them, how wide they are, how one follows another, when they end.

A token is never wider than what it was issued with, and one that is narrowed manages only itself:
whoever steals it gets no further.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.access.token_forms import TokenKind, form_of, scopes_of
from accredit_governance.audit.events import TokenIssued, TokenRevoked
from accredit_governance.audit.ledger import append_entries
from accredit_governance.audit.token_events import TokenRotated
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.operations.calls import CALL
from accredit_governance.operations.door import (
    Transaction,
    current,
    operation,
    record_refusal,
)
from accredit_governance.operations.identity import secret_hash
from accredit_governance.operations.session_ends import require_open
from accredit_governance.operations.tokens import is_narrowed
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    ApiTokenRow,
    PrincipalRow,
    ProjectRow,
    TokenUseRow,
)
from accredit_governance.registry.token_records import IssuedToken

MAX_TOKEN_DAYS: Final = 365
MAX_OVERLAP: Final = timedelta(days=7)
_MINE_ONLY: Final = "a token that is narrowed manages only itself"


@operation(Permission.IDENTITY_MANAGE, records=TokenIssued)
def issue_service_token(
    tx: Transaction,
    principal_id: uuid.UUID,
    *,
    name: str,
    secret: str,
    days: int,
    scopes: frozenset[Permission] | None = None,
    project_id: uuid.UUID | None = None,
) -> IssuedToken:
    """A token or a client secret for a service account. People issue their own tokens.

    Args:
        tx: the change.
        principal_id: of the service account.
        name: what it is called in lists.
        secret: the whole token; its form says what it is good for.
        days: how long, at most 365.
        scopes: all that it is good for; None: whatever the account may.
        project_id: the one project that it is good for.

    Raises:
        NotAllowed: the principal is a person: whoever holds a token can act as its holder. Or the
            caller's own token is narrower than the one that is asked for.
        InvalidInput: the lifetime is out of range, or there are no scopes.
    """
    principal = tx.session.get(PrincipalRow, principal_id)
    if principal is None:
        raise NotFound(f"there is no principal {principal_id}")
    if principal.kind != "service":
        raise NotAllowed("people issue their own tokens; an admin does so for services only")
    if project_id is not None and tx.session.get(ProjectRow, project_id) is None:
        raise NotFound(f"there is no project {project_id}")
    require_no_wider(tx.actor, scopes)
    return issue(
        tx, principal.id, name=name, secret=secret, days=days, scopes=scopes, project_id=project_id
    )


def issue_own_token(
    database: Database,
    actor: Actor,
    *,
    name: str,
    secret: str,
    days: int,
    scopes: frozenset[Permission] | None = None,
    project_id: uuid.UUID | None = None,
) -> IssuedToken:
    """A token for oneself. The caller has just proved who it is.

    Raises:
        InvalidInput: the lifetime is out of range, or there are no scopes.
        NotFound: there is no such project, or the caller has no role there.
    """
    with own_change(database, actor, "issue_own_token") as tx:
        known = project_id is None or (
            tx.actor.roles(project_id) and tx.session.get(ProjectRow, project_id) is not None
        )
        if not known:
            raise NotFound(f"there is no project {project_id}")
        require_no_wider(tx.actor, scopes)
        return issue(
            tx, actor.id, name=name, secret=secret, days=days, scopes=scopes, project_id=project_id
        )


def rotate_token(
    database: Database,
    actor: Actor,
    token_id: uuid.UUID,
    *,
    mint: Callable[[TokenKind], str],
    overlap: timedelta,
) -> IssuedToken:
    """A successor for a token: as wide, for as long. The old one ends after the overlap.

    A token rotates itself; an admin rotates those of service accounts.

    Args:
        database: the records.
        actor: who asks.
        token_id: the token that is to end.
        mint: makes a new token of a kind.
        overlap: how long both count, at most 7 days.

    Raises:
        NotFound: no such token, or it is none of the caller's.
        Conflict: it has ended or has a successor, its predecessor still counts, or somebody
            rotates it at this moment.
        InvalidInput: the overlap is out of range.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InvalidInput(f"the overlap must lie between 0 and {MAX_OVERLAP.days * 24} hours")
    with own_change(database, actor, "rotate_token", token_id) as tx:
        row = held(tx, token_id)
        if tx.actor.token_id != row.id and not _is_admin_of(tx, row):
            raise NotFound(f"there is no token {token_id}")
        if row.kind == TokenKind.ACCESS:
            raise Conflict("an access token ends by itself; get another one")
        require_no_wider(tx.actor, scopes_of(row.scopes))
        _require_one_successor(tx, row)
        issued = issue(
            tx,
            row.principal_id,
            name=row.name,
            secret=mint(TokenKind(row.kind)),
            life=row.expires_at - row.created_at,
            scopes=scopes_of(row.scopes),
            project_id=row.project_id,
            replaces_id=row.id,
        )
        row.expires_at = min(row.expires_at, tx.now + overlap)
        fact = TokenRotated(principal=row.principal_id, successor=issued.id, ends_at=row.expires_at)
        tx.record(fact, resource=row.id, project=None)
        return issued


@operation(Permission.IDENTITY_MANAGE, records=TokenRevoked)
def revoke_token(tx: Transaction, token_id: uuid.UUID) -> None:
    """End anybody's token at once, and the access tokens that were got with it.

    Raises:
        NotFound: no such token.
        Conflict: it was revoked before.
    """
    end_token(tx, held(tx, token_id))


def revoke_own_token(database: Database, actor: Actor, token_id: uuid.UUID) -> None:
    """End a token of one's own at once.

    Raises:
        NotFound: no such token, or it is none of the caller's.
        NotAllowed: the caller shows a narrowed token, and this is another one.
        Conflict: it was revoked before.
    """
    with own_change(database, actor, "revoke_own_token", token_id) as tx:
        row = held(tx, token_id)
        if row.principal_id != tx.actor.id:
            raise NotFound(f"there is no token {token_id}")
        if is_narrowed(tx.actor) and tx.actor.token_id != row.id:
            raise NotAllowed(_MINE_ONLY)
        end_token(tx, row)


@contextmanager
def own_change(
    database: Database, actor: Actor, name: str, *on: uuid.UUID
) -> Iterator[Transaction]:
    """A change of what is one's own: it takes no permission, and is recorded like any other.

    Nothing is kept for a repeat but what it puts into `tx.answer`, which holds no secret.
    """
    call = CALL.get()
    try:
        with database.writing() as session:
            now = database.clock()
            tx = Transaction(session, current(session, actor, now), Permission.IDENTITY_MANAGE, now)
            if call is not None:
                call.begin(session, tx.actor.id, now)
            yield tx
            session.flush()
            append_entries(session, tx.actor, tx.entries, now=tx.now)
            if call is not None:
                call.complete(session, tx.actor.id, tx.answer)
    except GovernanceError as error:
        record_refusal(database, actor, name, error, on)
        raise


def issue(
    tx: Transaction,
    principal_id: uuid.UUID,
    *,
    name: str,
    secret: str,
    days: int = 0,
    life: timedelta | None = None,
    scopes: frozenset[Permission] | None,
    project_id: uuid.UUID | None,
    replaces_id: uuid.UUID | None = None,
    issued_for_id: uuid.UUID | None = None,
) -> IssuedToken:
    """Add a token, within a change that has seen to who may have it.

    Raises:
        InvalidInput: the lifetime is out of range, or there are no scopes.
        NotAllowed: the account of who would hold it is closed.
    """
    form = form_of(secret)
    if form is None or (form.kind is TokenKind.ACCESS) != (issued_for_id is not None):
        raise ValueError("the secret is not of the form of such a token")
    if life is None:
        life = _life(days)
    if scopes is not None and not scopes:
        message = "name at least one scope, or leave scopes out"
        raise InvalidInput(message, [{"pointer": "/scopes", "detail": message}])
    require_open(tx.session, principal_id)
    names = None if scopes is None else sorted(scope.value for scope in scopes)
    row = tx.add(
        ApiTokenRow(
            principal_id=principal_id,
            kind=form.kind.value,
            name=name,
            prefix=form.prefix,
            secret_hash=secret_hash(secret),
            scopes=names,
            project_id=project_id,
            replaces_id=replaces_id,
            issued_for_id=issued_for_id,
            created_at=tx.now,
            created_by=tx.actor.id,
            expires_at=tx.now + life,
        )
    )
    tx.session.add(TokenUseRow(token_id=row.id))
    fact = TokenIssued(
        principal=principal_id,
        expires_at=row.expires_at,
        kind=row.kind,
        scopes=None if names is None else tuple(names),
        within=project_id,
    )
    tx.record(fact, resource=row.id, project=None)
    return IssuedToken.of(row, token=secret)


def _life(days: int) -> timedelta:
    if not 1 <= days <= MAX_TOKEN_DAYS:
        message = f"days is {days} but must lie between 1 and {MAX_TOKEN_DAYS}"
        raise InvalidInput(message, [{"pointer": "/days", "detail": message}])
    return timedelta(days=days)


def require_no_wider(actor: Actor, scopes: frozenset[Permission] | None) -> None:
    """Demand that a token which an actor issues reaches no further than the one it shows.

    One that is bound to a project issues none for other accounts anyhow: that takes a permission
    which belongs to no project.

    Raises:
        NotAllowed: it would.
    """
    if actor.scopes is None:
        return
    beyond = sorted((scopes or frozenset(Permission)) - actor.scopes)
    if beyond:
        raise NotAllowed(
            "a token issues no wider one than itself; yours is not good for "
            f"{', '.join(beyond[:5])}{' and more' if len(beyond) > 5 else ''}"
        )


def _require_one_successor(tx: Transaction, row: ApiTokenRow) -> None:
    """Demand that no more than two tokens of a line count at once."""
    if row.revoked_at is not None or row.expires_at <= tx.now:
        raise Conflict("the token has ended; issue a new one")
    successor = select(ApiTokenRow.id).where(ApiTokenRow.replaces_id == row.id)
    if tx.session.execute(successor).first() is not None:
        raise Conflict("the token has a successor already")
    before = None if row.replaces_id is None else tx.session.get(ApiTokenRow, row.replaces_id)
    if before is not None and before.revoked_at is None and before.expires_at > tx.now:
        raise Conflict(
            f"the token before this one still counts, until {before.expires_at.isoformat()}; "
            "revoke it or wait"
        )


def held(tx: Transaction, token_id: uuid.UUID) -> ApiTokenRow:
    """The token as it is now; others who want to change it wait their turn."""
    tx.scoped = True
    row = tx.session.get(ApiTokenRow, token_id)
    if row is None:
        raise NotFound(f"there is no token {token_id}")
    tx.session.refresh(row, with_for_update=True)
    return row


def _is_admin_of(tx: Transaction, row: ApiTokenRow) -> bool:
    if not tx.actor.may(Permission.IDENTITY_MANAGE, None):
        return False
    return tx.session.get_one(PrincipalRow, row.principal_id).kind == "service"


def end_token(tx: Transaction, row: ApiTokenRow) -> None:
    """Revoke a token, within a change.

    Raises:
        Conflict: it was revoked before.
    """
    if row.revoked_at is not None:
        raise Conflict("the token is revoked already")
    row.revoked_at = tx.now
    tx.record(TokenRevoked(principal=row.principal_id), resource=row.id, project=None)

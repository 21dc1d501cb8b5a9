"""Links that work once: the first admin makes an account, a person sets a password.

Only the SHA-256 of a link's secret is kept. A younger link for the same purpose withdraws the
older one, so at most one works at a time.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final, NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import OperationRefused
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.audit.session_events import (
    FirstAdminLinkIssued,
    FirstAdminLinkUsed,
    PasswordLinkIssued,
    PasswordSet,
)
from accredit_governance.errors import Conflict, LinkUnusable, NotAllowed, NotFound
from accredit_governance.operations.api_tokens import own_change
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import (
    add_first_admin,
    add_principal,
    ever_had_admin,
    had_admin,
    secret_hash,
    system_actor,
)
from accredit_governance.operations.session_ends import (
    FIRST_ADMIN,
    PASSWORD,
    end_open_sessions,
    withdraw_links,
)
from accredit_governance.operations.tokens import require_whole
from accredit_governance.registry.database import Database
from accredit_governance.registry.session_records import AddedPrincipal, Ending, PasswordLinkRecord
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    ExternalIdentityRow,
    OneTimeLinkRow,
    PrincipalRow,
)

FIRST_ADMIN_LINK_LIFE: Final = timedelta(hours=1)
PASSWORD_LINK_LIFE: Final = timedelta(hours=24)
FIRST_ADMIN_PATH: Final = "/first-run?code="
PASSWORD_PATH: Final = "/welcome?code="  # noqa: S105  an address
_USELESS: Final = "this link does not work: it was used, is too old, or a younger one replaced it"


def offer_first_admin_link(database: Database, *, secret: str) -> datetime:
    """A link by which somebody becomes the first admin, good for an hour.

    Raises:
        Conflict: there is an admin already, or there was one.
    """
    system = system_actor(database)
    if had_admin(database):
        raise Conflict(
            "this installation has an admin already, or had one; ask them for an account, or make "
            "another one with `accredit init` on its machine"
        )
    with database.writing() as session:
        now = database.clock()
        withdraw_links(session, now, kind=FIRST_ADMIN, principal_id=None)
        row = OneTimeLinkRow(
            kind=FIRST_ADMIN,
            secret_hash=secret_hash(secret),
            created_at=now,
            created_by=system.id,
            expires_at=now + FIRST_ADMIN_LINK_LIFE,
        )
        session.add(row)
        session.flush()
        fact = FirstAdminLinkIssued(expires_at=row.expires_at)
        append_entries(session, system, [Entry(fact, row.id, None)], now=now)
        return row.expires_at


def become_first_admin(
    database: Database,
    *,
    secret: str,
    name: str,
    title: str,
    password_hash: str,
    request_id: str | None,
) -> None:
    """Make the first admin by a link, which is used up.

    Raises:
        LinkUnusable: it does not work any more, or there is an admin by now, or was one.
        InvalidInput: the name is not usable; the link still works.
    """
    system = system_actor(database).model_copy(update={"request_id": request_id})
    try:
        with database.writing() as session:
            now = database.clock()
            link = _use(session, secret, FIRST_ADMIN, now)
            if ever_had_admin(session):
                raise LinkUnusable(_USELESS)
            try:
                entries = add_first_admin(
                    session, system, name=name, title=title, password_hash=password_hash, now=now
                )
            except Conflict as error:
                raise LinkUnusable(_USELESS) from error
            entries.append(Entry(FirstAdminLinkUsed(), link.id, None))
            append_entries(session, system, entries, now=now)
    except LinkUnusable as error:
        _refused(database, "become_first_admin", error, secret, request_id)


@operation(Permission.IDENTITY_MANAGE, records=PasswordLinkIssued)
def invite(
    tx: Transaction, *, name: str, title: str, email: str | None, secret: str
) -> AddedPrincipal:
    """Add a person, with a link by which they set their password themselves.

    Raises:
        Conflict: the name is taken.
        InvalidInput: the name is not usable.
        NotAllowed: the caller shows a token that is narrowed.
    """
    added = add_principal(tx, kind="user", name=name, title=title, email=email)
    welcome = _add_password_link(tx, added.id, secret=secret)
    return AddedPrincipal(**added.model_dump(), welcome=welcome)


@operation(Permission.IDENTITY_MANAGE, records=PasswordLinkIssued)
def issue_password_link(
    tx: Transaction, principal_id: uuid.UUID, *, secret: str
) -> PasswordLinkRecord:
    """A link by which a person sets a new password; the old one works until then.

    Raises:
        NotFound: there is no such person.
        Conflict: the account is closed, or an identity provider or the directory says who the
            person is: an admin with a link could sign as them.
        NotAllowed: the caller shows a token that is narrowed, or one of their own account.
    """
    row = tx.session.get(PrincipalRow, principal_id, with_for_update=True)
    if row is None or row.kind != "user":
        raise NotFound(f"there is no person {principal_id}")
    if not row.active:
        raise Conflict("the account is closed")
    if _is_vouched_for(tx.session, row.id):
        raise Conflict("this person signs in with an identity provider and gets no password here")
    if row.id == tx.actor.id and tx.actor.token_id is not None:
        raise NotAllowed("a token gets no link for the account of its holder; sign in for that")
    return _add_password_link(tx, row.id, secret=secret)


def set_password_by_link(
    database: Database, *, secret: str, password_hash: str, request_id: str | None
) -> None:
    """Set the password that a person has just chosen, and end their sessions.

    Raises:
        LinkUnusable: the link does not work any more, the account is closed, or an identity
            provider or the directory has come to say who the person is.
    """
    try:
        with database.writing() as session:
            now = database.clock()
            link = _use(session, secret, PASSWORD, now)
            person = session.get(PrincipalRow, link.principal_id, with_for_update=True)
            if person is None or not person.active or _is_vouched_for(session, person.id):
                raise LinkUnusable(_USELESS)
            person.password_hash = password_hash
            end_open_sessions(session, person.id, Ending.PASSWORD_CHANGED, now=now)
            fact = PasswordSet(principal=person.id, proof="link")
            actor = system_actor(database).model_copy(update={"request_id": request_id})
            append_entries(session, actor, [Entry(fact, person.id, None)], now=now)
    except LinkUnusable as error:
        _refused(database, "set_password_by_link", error, secret, request_id)


def require_first_admin_link(database: Database, secret: str) -> None:
    """Demand a link that makes the first admin and still works.

    Raises:
        LinkUnusable: it does not.
    """
    with database.reading() as session:
        _open(session, secret, FIRST_ADMIN, database.clock())
    if had_admin(database):
        raise LinkUnusable(_USELESS)


def holder_of_link(database: Database, secret: str) -> str:
    """Name of the person whose password a link sets.

    Raises:
        LinkUnusable: it does not work any more.
    """
    with database.reading() as session:
        link = _open(session, secret, PASSWORD, database.clock())
        person = session.get(PrincipalRow, link.principal_id)
        if person is None or not person.active:
            raise LinkUnusable(_USELESS)
        return person.name


def change_own_password(
    database: Database, actor: Actor, *, password_hash: str, keep: uuid.UUID | None
) -> None:
    """Set a new password for who has just shown the old one, and end their other sessions.

    Raises:
        NotAllowed: the token at hand is good for less than all that its holder may do.
    """
    with own_change(database, actor, "change_own_password") as tx:
        require_whole(tx.actor)
        person = tx.session.get_one(PrincipalRow, actor.id)
        tx.session.refresh(person, with_for_update=True)
        if person.password_hash is None:
            raise NotAllowed("this account has no password to change")
        person.password_hash = password_hash
        withdraw_links(tx.session, tx.now, kind=PASSWORD, principal_id=actor.id)
        end_open_sessions(tx.session, actor.id, Ending.PASSWORD_CHANGED, now=tx.now, keep=keep)
        fact = PasswordSet(principal=actor.id, proof="password")
        tx.record(fact, resource=actor.id, project=None)


def _add_password_link(
    tx: Transaction, principal_id: uuid.UUID, *, secret: str
) -> PasswordLinkRecord:
    require_whole(tx.actor)
    withdraw_links(tx.session, tx.now, kind=PASSWORD, principal_id=principal_id)
    row = tx.add(
        OneTimeLinkRow(
            kind=PASSWORD,
            secret_hash=secret_hash(secret),
            principal_id=principal_id,
            created_at=tx.now,
            created_by=tx.actor.id,
            expires_at=tx.now + PASSWORD_LINK_LIFE,
        )
    )
    fact = PasswordLinkIssued(principal=principal_id, expires_at=row.expires_at)
    tx.record(fact, resource=row.id, project=None)
    return PasswordLinkRecord(
        principal_id=principal_id, expires_at=row.expires_at, path=f"{PASSWORD_PATH}{secret}"
    )


def _is_vouched_for(session: Session, principal_id: uuid.UUID) -> bool:
    """Whether somebody else says who a person is, or did before the directory removed them."""
    if session.get(DirectoryUserRow, principal_id) is not None:
        return True
    linked = select(ExternalIdentityRow.id).where(ExternalIdentityRow.principal_id == principal_id)
    return session.execute(linked.limit(1)).first() is not None


def _found(session: Session, secret: str) -> OneTimeLinkRow | None:
    return session.execute(
        select(OneTimeLinkRow).where(OneTimeLinkRow.secret_hash == secret_hash(secret))
    ).scalar_one_or_none()


def _open(session: Session, secret: str, kind: str, now: datetime) -> OneTimeLinkRow:
    row = _found(session, secret)
    if (
        row is None
        or row.kind != kind
        or row.used_at is not None
        or row.withdrawn_at is not None
        or row.expires_at <= now
    ):
        raise LinkUnusable(_USELESS)
    return row


def _use(session: Session, secret: str, kind: str, now: datetime) -> OneTimeLinkRow:
    """Use a link up; it comes back when the transaction fails."""
    used = session.execute(
        update(OneTimeLinkRow)
        .where(
            OneTimeLinkRow.secret_hash == secret_hash(secret),
            OneTimeLinkRow.kind == kind,
            OneTimeLinkRow.used_at.is_(None),
            OneTimeLinkRow.withdrawn_at.is_(None),
            OneTimeLinkRow.expires_at > now,
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
        .returning(OneTimeLinkRow.id)
    ).first()
    if used is None:
        raise LinkUnusable(_USELESS)
    return session.get_one(OneTimeLinkRow, used.id)


def _refused(
    database: Database, name: str, error: LinkUnusable, secret: str, request_id: str | None
) -> NoReturn:
    """Write down that somebody tried a link that there was; strangers' inventions are not kept."""
    actor = system_actor(database).model_copy(update={"request_id": request_id})
    with database.writing() as session:
        row = _found(session, secret)
        if row is not None:
            fact = OperationRefused(
                operation=name, code=error.code, reason=error.message, references=(str(row.id),)
            )
            entry = Entry(fact, row.id, None, outcome="denied")
            append_entries(session, actor, [entry], now=database.clock())
    raise error

"""People as the company's directory wants them, through SCIM.

- The directory manages the people that it made, and nobody else's account.
- A person it deletes keeps an account that is closed, without groups and roles. If the same
  `external_id` comes back it is the same person, whose earlier hands in a model still count.
- An account that our admin closed stays closed, whatever the directory repeats.
- No password is kept: these people sign in with their identity provider.
"""

import re
import unicodedata
import uuid
from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import PrincipalCreated, RoleTaken
from accredit_governance.audit.group_events import (
    DirectoryUserChanged,
    DirectoryUserProvisioned,
    DirectoryUserRemoved,
    GroupMemberRemoved,
)
from accredit_governance.errors import Conflict, GovernanceError, NotFound
from accredit_governance.operations.accounts import close, reopen, require_an_admin
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.registry.directory_records import DirectoryUser, UserTerms
from accredit_governance.registry.directory_state import users_of
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalRow,
    RoleBindingRow,
)

LIVE: Final[ColumnElement[bool]] = DirectoryUserRow.removed_at.is_(None)
_MAX_NAME: Final = 63


class VersionChanged(GovernanceError):
    """The thing is not as the caller last saw it; read it again."""

    code = "version_changed"


@operation(Permission.IDENTITY_PROVISION, records=DirectoryUserProvisioned)
def provision_user(tx: Transaction, *, terms: UserTerms) -> DirectoryUser:
    """Put a person under the directory's care.

    Raises:
        Conflict: another person of the directory has this `user_name` or `external_id`.
    """
    _require_free(tx, terms, None)
    said = _returning(tx, terms.external_id)
    if said is None:
        name = _free_name(tx, terms.user_name)
        principal = tx.add(PrincipalRow(kind="user", name=name, title=name, created_at=tx.now))
        tx.record(PrincipalCreated(kind="user"), resource=principal.id, project=None)
        said = DirectoryUserRow(principal_id=principal.id, created_at=tx.now)
        if not terms.active:
            close(tx, principal)
    else:
        principal = tx.session.get_one(
            PrincipalRow, said.principal_id, with_for_update=True, populate_existing=True
        )
        said.removed_at = None
        if terms.active and not principal.active and not said.closed_here:
            reopen(tx, principal)
    _tell(said, principal, terms)
    said.active, said.modified_at = terms.active, tx.now
    tx.add(said)
    tx.record(DirectoryUserProvisioned(), resource=principal.id, project=None)
    return _record(tx, said, principal)


@operation(Permission.IDENTITY_PROVISION, records=DirectoryUserChanged)
def change_user(
    tx: Transaction,
    user_id: uuid.UUID,
    change: Callable[[DirectoryUser], UserTerms],
    *,
    expected: frozenset[str] | None = None,
) -> DirectoryUser:
    """Take over what the directory says of a person now.

    Args:
        tx: the transaction.
        user_id: whose account.
        change: what is to hold, from how things stand; if it raises, nothing changes.
        expected: digests of the states that the caller has in mind; None: whatever it is.

    Raises:
        NotFound: the directory manages no such person.
        VersionChanged: the person is in none of the expected states.
        Conflict: another person of the directory has this `user_name` or `external_id`.
        NotAllowed: nobody would be left to administer this installation.
    """
    said, principal = _held(tx, user_id)
    before = _record(tx, said, principal)
    require_version(before.digest(), expected)
    terms = change(before)
    _require_free(tx, terms, user_id)
    changed = _tell(said, principal, terms)
    if terms.active != said.active:
        said.active = terms.active
        changed = (*changed, "active")
        if terms.active and not principal.active and not said.closed_here:
            reopen(tx, principal)
        elif principal.active and not terms.active:
            close(tx, principal)
            require_an_admin(tx)
    if changed:
        said.modified_at = tx.now
    tx.record(DirectoryUserChanged(attributes=changed), resource=user_id, project=None)
    tx.add(said)
    return _record(tx, said, principal)


@operation(Permission.IDENTITY_PROVISION, records=DirectoryUserRemoved)
def remove_user(
    tx: Transaction, user_id: uuid.UUID, *, expected: frozenset[str] | None = None
) -> None:
    """End a person's account: closed, out of every group, without roles. The records stay.

    Raises:
        NotFound: the directory manages no such person.
        VersionChanged: the person is in none of the expected states.
        NotAllowed: nobody would be left to administer this installation.
    """
    said, principal = _held(tx, user_id)
    require_version(_record(tx, said, principal).digest(), expected)
    mine: ColumnElement[bool] = GroupMemberRow.principal_id == user_id
    for group_id in tx.session.execute(select(GroupMemberRow.group_id).where(mine)).scalars():
        tx.record(GroupMemberRemoved(principal=user_id), resource=group_id, project=None)
    tx.session.execute(delete(GroupMemberRow).where(mine))
    bindings = select(RoleBindingRow).where(RoleBindingRow.principal_id == user_id)
    for binding in tx.session.execute(bindings).scalars().all():
        fact = RoleTaken(principal=user_id, role=binding.role)
        tx.record(fact, resource=binding.id, project=binding.project_id)
        tx.session.delete(binding)
    if principal.active:
        close(tx, principal)
    said.removed_at = said.modified_at = tx.now
    require_an_admin(tx)
    tx.record(DirectoryUserRemoved(), resource=user_id, project=None)


def require_version(digest: str, expected: frozenset[str] | None) -> None:
    """Refuse a change that was made up in view of another state.

    Raises:
        VersionChanged: the digest is none of the expected ones.
    """
    if expected is not None and digest not in expected:
        raise VersionChanged("this was changed since you read it; read it again")


def person_of_directory(
    session: Session, *, user_name: str | None = None, external_id: str | None = None
) -> uuid.UUID | None:
    """The principal whom the directory knows by this identifier, or else by this name.

    Sign-in through an identity provider finds by it whom SCIM made. What the provider calls a
    person counts only if both draw on the same directory; that is for the settings to say.
    """
    for condition in (
        DirectoryUserRow.external_id == external_id if external_id else None,
        DirectoryUserRow.user_name_key == user_name.casefold() if user_name else None,
    ):
        if condition is None:
            continue
        found = session.execute(select(DirectoryUserRow.principal_id).where(condition, LIVE))
        if (principal_id := found.scalar_one_or_none()) is not None:
            return principal_id
    return None


def was_in_directory(
    session: Session, *, user_name: str | None = None, external_id: str | None = None
) -> bool:
    """Whether the directory has had, and deleted, somebody of this identifier or name."""
    known: list[ColumnElement[bool]] = []
    if external_id:
        known.append(DirectoryUserRow.external_id == external_id)
    if user_name:
        known.append(DirectoryUserRow.user_name_key == user_name.casefold())
    if not known:
        return False
    found = select(DirectoryUserRow.principal_id).where(or_(*known), ~LIVE).limit(1)
    return session.execute(found).first() is not None


def _held(tx: Transaction, user_id: uuid.UUID) -> tuple[DirectoryUserRow, PrincipalRow]:
    said = tx.session.get(DirectoryUserRow, user_id, with_for_update=True, populate_existing=True)
    if said is None or said.removed_at is not None:
        raise NotFound(f"the directory manages no user {user_id}")
    principal = tx.session.get_one(
        PrincipalRow, user_id, with_for_update=True, populate_existing=True
    )
    return said, principal


def _record(tx: Transaction, said: DirectoryUserRow, principal: PrincipalRow) -> DirectoryUser:
    return users_of(tx.session, [(said, principal)])[0]


def _returning(tx: Transaction, external_id: str | None) -> DirectoryUserRow | None:
    """The latest person whom the directory deleted under this identifier."""
    if external_id is None:
        return None
    return tx.session.execute(
        select(DirectoryUserRow)
        .where(
            DirectoryUserRow.external_id == external_id, DirectoryUserRow.removed_at.is_not(None)
        )
        .order_by(DirectoryUserRow.removed_at.desc())
        .limit(1)
        .with_for_update()
    ).scalar_one_or_none()


def _require_free(tx: Transaction, terms: UserTerms, mine: uuid.UUID | None) -> None:
    for noun, column, value in (
        ("userName", DirectoryUserRow.user_name_key, terms.user_name.casefold()),
        ("externalId", DirectoryUserRow.external_id, terms.external_id),
    ):
        if value is None:
            continue
        taken = tx.session.execute(
            select(DirectoryUserRow.principal_id).where(column == value, LIVE)
        )
        if taken.scalar_one_or_none() not in (None, mine):
            raise Conflict(f"another user has this {noun}")


def _tell(said: DirectoryUserRow, principal: PrincipalRow, terms: UserTerms) -> tuple[str, ...]:
    """Write down what the directory says, but for `active`; the names of what is new."""
    full = " ".join(name for name in (terms.given_name, terms.family_name) if name)
    title = (terms.display_name or full or terms.user_name)[:200]
    told: tuple[tuple[DirectoryUserRow | PrincipalRow, str, str | None], ...] = (
        (said, "user_name", terms.user_name),
        (said, "user_name_key", terms.user_name.casefold()),
        (said, "external_id", terms.external_id),
        (said, "given_name", terms.given_name),
        (said, "family_name", terms.family_name),
        (principal, "title", title),
        (principal, "email", terms.email),
    )
    changed = tuple(name for row, name, value in told if getattr(row, name) != value)
    for row, name, value in told:
        setattr(row, name, value)
    return tuple(name for name in changed if name != "user_name_key")


def _free_name(tx: Transaction, user_name: str) -> str:
    """A free account name in our letters, from the part before the `@`."""
    plain = unicodedata.normalize("NFKD", user_name.partition("@")[0].lower())
    usable = re.sub(r"[^a-z0-9._-]+", "-", plain.encode("ascii", "ignore").decode())
    wanted = usable.lstrip("._-")[:_MAX_NAME] or "user"
    names = tx.session.execute(
        select(PrincipalRow.name).where(PrincipalRow.name.startswith(wanted[:50], autoescape=True))
    )
    taken = set(names.scalars())
    number = 1
    name = wanted
    while name in taken:
        number += 1
        name = f"{wanted[:50]}-{number}"
    return name

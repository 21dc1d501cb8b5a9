"""Who a subject of an identity provider is here.

A person is linked by signing in, a service by an admin. Nobody is linked by a name or an e-mail
address: whoever can choose those at one provider would be whom they like here.
"""

import re
import unicodedata
import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import PrincipalCreated
from accredit_governance.audit.provider_events import (
    ExternalIdentityLinked,
    ExternalIdentityRemoved,
)
from accredit_governance.documents import EMAIL_FORM
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.provisioning import person_of_directory, was_in_directory
from accredit_governance.registry.provider_records import ExternalIdentityRecord, Vouched
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    ExternalIdentityRow,
    PrincipalRow,
)

MAX_SUBJECT: Final = 255
MAX_EMAIL: Final = 320
_MAX_NAME: Final = 63
_UNUSABLE: Final = re.compile(r"[^a-z0-9._-]+")


def principal_for(session: Session, issuer: str, subject: str) -> PrincipalRow | None:
    """The principal that a subject of a provider is, whether active or not."""
    return session.execute(
        select(PrincipalRow)
        .join(ExternalIdentityRow, ExternalIdentityRow.principal_id == PrincipalRow.id)
        .where(ExternalIdentityRow.issuer == issuer, ExternalIdentityRow.subject == subject)
    ).scalar_one_or_none()


def admit_person(tx: Transaction, vouched: Vouched) -> PrincipalRow:
    """A new account for somebody whom a provider has vouched for.

    Raises:
        Conflict: the same person is signing in for the first time elsewhere at this moment.
        InvalidInput: the subject is empty or longer than 255 characters.
    """
    if not 1 <= len(vouched.subject) <= MAX_SUBJECT:
        raise InvalidInput(f"a subject has 1 to {MAX_SUBJECT} characters")
    name = free_name(tx.session, vouched.preferred_name or vouched.provider)
    row = tx.add(
        PrincipalRow(
            kind="user",
            name=name,
            title=(vouched.title or name)[:200],
            email=_usable_address(vouched.email),
            created_at=tx.now,
        )
    )
    tx.record(PrincipalCreated(kind="user"), resource=row.id, project=None)
    _link(tx, row.id, vouched.issuer, vouched.subject)
    return row


def _usable_address(email: str | None) -> str | None:
    """An address to write to; people sign in without one rather than not at all."""
    if email is None or len(email) > MAX_EMAIL or not EMAIL_FORM.fullmatch(email):
        return None
    return email


def person_behind(tx: Transaction, vouched: Vouched) -> PrincipalRow | None:
    """Who somebody is whom a provider vouches for; whom the directory made is linked now.

    If the provider is the directory's own, the directory decides who has an account: nobody signs
    in whom it has deleted, nor past the account that it made for them.

    Returns:
        None when they are nobody here yet.

    Raises:
        NotAllowed: the directory has deleted the person, manages another account of theirs, or its
            account is linked to another subject of the provider already.
    """
    linked = principal_for(tx.session, vouched.issuer, vouched.subject)
    if linked is not None and tx.session.get(DirectoryUserRow, linked.id) is not None:
        return linked
    names = {"external_id": vouched.directory_id, "user_name": vouched.directory_name}
    found = person_of_directory(tx.session, **names)
    if found is None:
        if was_in_directory(tx.session, **names):
            raise NotAllowed("the directory has deleted this person; it has to bring them back")
        return linked
    if linked is not None:
        raise NotAllowed(
            "the directory manages another account of this person; an admin can close and unlink "
            "this one",
            principal=str(linked.id),
        )
    return _link_directory_person(tx, found, vouched)


def _link_directory_person(tx: Transaction, found: uuid.UUID, vouched: Vouched) -> PrincipalRow:
    person = tx.session.get_one(PrincipalRow, found, with_for_update=True)
    others = select(ExternalIdentityRow.id).where(
        ExternalIdentityRow.principal_id == person.id, ExternalIdentityRow.issuer == vouched.issuer
    )
    if tx.session.execute(others.limit(1)).first() is not None:
        raise NotAllowed(
            "the directory's account is another subject of the provider; an admin can unlink it",
            principal=str(person.id),
        )
    _link(tx, person.id, vouched.issuer, vouched.subject)
    return person


def free_name(session: Session, wanted: str) -> str:
    """A usable name that nobody has: `wanted` as far as it goes, with a number when it is taken."""
    plain = unicodedata.normalize("NFKD", wanted.partition("@")[0]).encode("ascii", "ignore")
    stem = _UNUSABLE.sub("-", plain.decode().lower()).strip("._-")[:_MAX_NAME] or "person"
    taken = set(
        session.execute(
            select(PrincipalRow.name).where(PrincipalRow.name.startswith(stem, autoescape=True))
        ).scalars()
    )
    name, number = stem, 1
    while name in taken:
        number += 1
        ending = f"-{number}"
        name = stem[: _MAX_NAME - len(ending)] + ending
    return name


@operation(Permission.IDENTITY_MANAGE, records=ExternalIdentityLinked)
def link_service(
    tx: Transaction, principal_id: uuid.UUID, *, issuer: str | None, subject: str
) -> ExternalIdentityRecord:
    """Say which service account a subject of a provider is, so that its tokens count here.

    Raises:
        NotFound: there is no such principal, or no such provider, which therefore has no issuer.
        NotAllowed: it is a person: an admin who links one could sign as them.
        Conflict: the subject is somebody here already.
    """
    principal = tx.session.get(PrincipalRow, principal_id)
    if principal is None:
        raise NotFound(f"there is no principal {principal_id}")
    if principal.kind != "service":
        raise NotAllowed("people are linked by signing in; an admin links services only")
    if issuer is None:
        raise NotFound("there is no identity provider of this name")
    if principal_for(tx.session, issuer, subject) is not None:
        raise Conflict("this subject of the provider is somebody here already")
    return ExternalIdentityRecord.of(_link(tx, principal_id, issuer, subject))


def _link(
    tx: Transaction, principal_id: uuid.UUID, issuer: str, subject: str
) -> ExternalIdentityRow:
    row = tx.add(
        ExternalIdentityRow(
            principal_id=principal_id,
            issuer=issuer,
            subject=subject,
            created_at=tx.now,
            created_by=tx.actor.id,
        )
    )
    tx.record(ExternalIdentityLinked(principal=principal_id), resource=row.id, project=None)
    return row


@operation(Permission.IDENTITY_MANAGE, records=ExternalIdentityRemoved)
def unlink(tx: Transaction, identity_id: uuid.UUID) -> None:
    """Forget whom a subject of a provider stands for. Its tokens count no more, at once.

    A person who signs in again gets a new account, but for one whom the directory manages or has
    deleted.

    Raises:
        NotFound: there is no such identity.
    """
    row = tx.session.get(ExternalIdentityRow, identity_id)
    if row is None:
        raise NotFound(f"there is no external identity {identity_id}")
    fact = ExternalIdentityRemoved(principal=row.principal_id)
    tx.record(fact, resource=row.id, project=None)
    tx.session.delete(row)

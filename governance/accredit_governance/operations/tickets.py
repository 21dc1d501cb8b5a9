"""Tickets for signing: who signs has just shown who they are, for this digest and no other.

21 CFR 11.200 wants a signature to take more than a session that is open anyway. A ticket is good
for five minutes, for one person, one digest and one signature.
"""

import re
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.approval_events import SigningTicketIssued
from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput, NotAllowed, ReauthenticationRequired
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import secret_hash
from accredit_governance.registry.approval_records import SigningTicket
from accredit_governance.registry.tables import SigningTicketRow

TICKET_LIFE: Final = timedelta(minutes=5)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HOW: Final = (
    "authenticate again and sign within five minutes: a session or a token alone does not sign"
)


class Authentication(Document):
    """How and when a signer proved who they are."""

    method: str
    authenticated_at: datetime


@operation(Permission.SIGNING_TICKET_CREATE, records=SigningTicketIssued)
def issue_ticket(
    tx: Transaction,
    *,
    secret: str,
    subject_digest: str,
    method: str,
    authenticated_at: datetime | None = None,
) -> SigningTicket:
    """A ticket for somebody who has just authenticated; the caller has seen to that.

    Args:
        tx: the change.
        secret: 256 random bits, which only the signer is told.
        subject_digest: what will be signed.
        method: how the person authenticated, such as `password`.
        authenticated_at: when; None: now.

    Raises:
        NotAllowed: the actor is no person.
        InvalidInput: what will be signed is no digest, or the authentication lies ahead.
        ReauthenticationRequired: it is more than five minutes old.
    """
    tx.visible_projects()
    if tx.actor.kind != "user":
        raise NotAllowed("only people sign")
    require_digest(subject_digest)
    at = authenticated_at or tx.now
    if at > tx.now:
        raise InvalidInput("nobody has authenticated in the future")
    if tx.now - at > TICKET_LIFE:
        raise ReauthenticationRequired(_HOW)
    row = tx.add(
        SigningTicketRow(
            principal_id=tx.actor.id,
            secret_hash=secret_hash(secret),
            subject_digest=subject_digest,
            method=method,
            authenticated_at=at,
        )
    )
    tx.record(
        SigningTicketIssued(subject_digest=subject_digest, method=method, authenticated_at=at),
        resource=row.id,
        project=None,
    )
    return SigningTicket.of(row, expires_at=at + TICKET_LIFE, ticket=secret)


def require_digest(text: str) -> None:
    """Check that a text can be what is signed.

    Raises:
        InvalidInput: it is no digest.
    """
    if _DIGEST.fullmatch(text) is None:
        message = "what is signed is known by a digest of 64 hexadecimal digits"
        raise InvalidInput(message, [{"pointer": "/subject_digest", "detail": message}])


def spend_ticket(tx: Transaction, secret: str, *, subject_digest: str) -> Authentication:
    """Use a ticket up; it comes back when the transaction fails.

    Raises:
        ReauthenticationRequired: there is no such ticket, it is somebody else's, for another
            digest, older than five minutes or used. The message does not tell which of the first
            two: a ticket of somebody else's is nobody's business.
    """
    row = tx.session.execute(
        select(SigningTicketRow).where(
            SigningTicketRow.secret_hash == secret_hash(secret),
            SigningTicketRow.principal_id == tx.actor.id,
        )
    ).scalar_one_or_none()
    if row is None:
        raise ReauthenticationRequired(_HOW)
    if row.subject_digest != subject_digest:
        raise ReauthenticationRequired(f"the signing ticket is for another digest; {_HOW}")
    if tx.now - row.authenticated_at > TICKET_LIFE:
        raise ReauthenticationRequired(f"the signing ticket has expired; {_HOW}")
    if not _use_up(tx, row.id):
        raise ReauthenticationRequired(f"the signing ticket was used already; {_HOW}")
    return Authentication(method=row.method, authenticated_at=row.authenticated_at)


def _use_up(tx: Transaction, ticket_id: uuid.UUID) -> bool:
    """Whether it was this transaction that used the ticket."""
    used = tx.session.execute(
        update(SigningTicketRow)
        .where(SigningTicketRow.id == ticket_id, SigningTicketRow.used_at.is_(None))
        .values(used_at=tx.now)
        .execution_options(synchronize_session=False)
        .returning(SigningTicketRow.id)
    )
    return used.first() is not None

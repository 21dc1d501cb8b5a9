"""Pulling the audit trail, and signing what it says."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission
from accredit_governance.audit.checkpoint import SigningKey
from accredit_governance.audit.export import lines
from accredit_governance.audit.ledger import read_events, read_head, sign_checkpoint
from accredit_governance.audit.serving_events import AuditExported
from accredit_governance.errors import NotAllowed
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import system_actor
from accredit_governance.operations.predictions import seal_all
from accredit_governance.registry.database import Database


@dataclass(frozen=True, slots=True)
class Export:
    """A trail that is ready to be streamed, and the checkpoint over it."""

    size: int
    checkpoint: str
    public_key: str
    lines: Iterator[bytes]


@operation(Permission.AUDIT_READ, records=AuditExported)
def _note_export(tx: Transaction, size: int) -> uuid.UUID:
    """Record that the whole trail was pulled; it spans all projects, so the role must too."""
    if not tx.actor.may_throughout(Permission.AUDIT_READ):
        raise NotAllowed("the whole trail needs audit:read in every project, not just in one")
    tx.require_throughout(noun="audit trail")
    tx.record(AuditExported(size=size), resource=None, project=None)
    return tx.actor.id


def export_trail(database: Database, actor: Actor, key: SigningKey) -> Export:
    """The whole trail up to and including the event that says it was pulled.

    Predictions that wait for their seal are sealed on the way, so the export covers them. Under an
    idempotency key nothing is kept: an export that is asked for again is made again.

    Raises:
        NotAllowed: the actor may not read the trail of every project.
    """
    with database.reading() as session:
        size = read_head(session).size
    _note_export(database, actor, size)
    seal_all(database, system_actor(database))
    checkpoint = sign_now(database, key)
    size = int(checkpoint.splitlines()[1])
    return Export(size, checkpoint, key.verifier.text(), lines(_stream(database, size)))


def _stream(database: Database, size: int) -> Iterator[tuple[bytes, bytes]]:
    with database.reading() as session:
        yield from read_events(session, upto=size)


def sign_now(database: Database, key: SigningKey) -> str:
    """Signed checkpoint over everything that is committed."""
    with database.writing() as session:
        return sign_checkpoint(session, key, now=database.clock())

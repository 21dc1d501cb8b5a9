"""The log itself: events are appended inside the transaction whose change they record.

The head row is the last lock that a transaction takes, so appends are ordered without deadlocks
and a number is never skipped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.audit.checkpoint import CheckpointInvalid, SigningKey
from accredit_governance.audit.events import ActorRef, AuditEvent, Fact
from accredit_governance.audit.history import follow
from accredit_governance.audit.merkle import append, leaf_hash, root
from accredit_governance.identifiers import new_id
from accredit_governance.registry.tables import (
    AuditCheckpointRow,
    AuditEventRow,
    AuditHeadRow,
)

EXPORT_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact on its way into the log."""

    fact: Fact
    resource: UUID | None
    project: UUID | None
    outcome: str = "ok"


@dataclass(frozen=True, slots=True)
class Head:
    """Size and root of the log at one moment."""

    size: int
    root: bytes


def append_entries(
    session: Session, actor: Actor, entries: Sequence[Entry], *, now: datetime
) -> None:
    """Write facts at the end of the log; to be called last in a transaction.

    The histories of states are written with them, since they are about the same instants.

    A clock that was set back never reorders the log: an event is no earlier than its predecessor.
    """
    head = session.execute(select(AuditHeadRow).with_for_update()).scalar_one()
    frontier = [bytes.fromhex(node) for node in head.frontier]
    size = head.size
    at = now if head.last_at is None else max(now, head.last_at + timedelta(microseconds=1))
    for entry in entries:
        event = AuditEvent(
            seq=size,
            id=new_id(),
            at=at,
            actor=ActorRef(
                id=actor.id,
                kind=actor.kind,
                on_behalf_of=actor.on_behalf_of,
                token=actor.token_id,
                break_glass=actor.break_glass_id,
            ),
            action=entry.fact.action,
            outcome="denied" if entry.outcome == "denied" else "ok",
            project=entry.project,
            resource=entry.resource,
            request=actor.request_id,
            fact=entry.fact.model_dump(mode="json"),
        )
        body = event.canonical()
        leaf = leaf_hash(body)
        session.add(
            AuditEventRow(
                seq=size,
                id=event.id,
                body=body,
                leaf=leaf,
                occurred_at=at,
                actor_id=actor.id,
                action=event.action,
                outcome=event.outcome,
                project_id=entry.project,
                resource_id=entry.resource,
            )
        )
        frontier = append(frontier, size, leaf)
        size += 1
        # SQLite's insert guard wants the rows one after the other.
        session.flush()
        follow(session, event)
    head.size = size
    head.frontier = [node.hex() for node in frontier]
    head.last_at = at
    session.flush()


def read_head(session: Session) -> Head:
    """Size and root as they stand in this transaction."""
    head = session.execute(select(AuditHeadRow)).scalar_one()
    return Head(head.size, root([bytes.fromhex(node) for node in head.frontier]))


def sign_checkpoint(session: Session, key: SigningKey, *, now: datetime) -> str:
    """Signed note over the log as it stands; an unchanged log keeps its last one.

    Raises:
        CheckpointInvalid: the log is shorter than when it was last signed, has another root, or
            was signed with another key.
    """
    # Signers wait for one another, or two would sign the same size.
    session.execute(select(AuditHeadRow.id).with_for_update())
    head = read_head(session)
    last = session.execute(
        select(AuditCheckpointRow).order_by(AuditCheckpointRow.size.desc()).limit(1)
    ).scalar_one_or_none()
    if last is not None and last.key_name != key.verifier.name:
        raise CheckpointInvalid(
            f"this log is signed by {last.key_name}, but the audit key here is "
            f"{key.verifier.name}; put the right key back"
        )
    if last is not None and (last.size, last.root) == (head.size, head.root.hex()):
        return last.note
    if last is not None and last.size >= head.size:
        raise CheckpointInvalid(
            f"the log has {head.size} events, but one with {last.size} and another root was signed"
        )
    note = key.sign(head.size, head.root)
    session.add(
        AuditCheckpointRow(
            size=head.size,
            root=head.root.hex(),
            note=note,
            signed_at=now,
            key_name=key.verifier.name,
        )
    )
    return note


def has_checkpoints(session: Session) -> bool:
    """Whether the log was signed before."""
    return session.execute(select(AuditCheckpointRow.size).limit(1)).first() is not None


def read_events(session: Session, *, upto: int) -> Iterator[tuple[bytes, bytes]]:
    """(leaf, body) of the events before `upto`, in order, page by page."""
    for start in range(0, upto, EXPORT_PAGE):
        rows = session.execute(
            select(AuditEventRow.leaf, AuditEventRow.body)
            .where(AuditEventRow.seq >= start, AuditEventRow.seq < min(start + EXPORT_PAGE, upto))
            .order_by(AuditEventRow.seq)
        )
        for leaf, body in rows:
            yield bytes(leaf), bytes(body)

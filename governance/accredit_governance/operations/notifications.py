"""Telling people by mail that something waits for them: who wants it, and what is new to them.

A mail says how much waits and where, not what: whoever follows the link is asked who they are.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from accredit_governance.access.actors import Actor
from accredit_governance.audit.webhook_events import NotificationsPreferred
from accredit_governance.errors import Conflict, NotAllowed
from accredit_governance.operations.api_tokens import own_change
from accredit_governance.operations.door import Transaction
from accredit_governance.operations.tokens import require_whole
from accredit_governance.registry.database import Database
from accredit_governance.registry.tables import (
    NotificationPreferenceRow,
    PrincipalRow,
    TaskNoticeRow,
)
from accredit_governance.registry.webhook_records import NotificationPreferences

CLAIM_ENDS_AFTER: Final = timedelta(minutes=5)
"""A mail that nobody has taken by then is tried again."""

Thing = tuple[str, uuid.UUID]
"""Kind and identifier of a task."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who wants mail, and where it goes."""

    principal_id: uuid.UUID
    email: str


def prefer(database: Database, actor: Actor, *, tasks_by_mail: bool) -> NotificationPreferences:
    """Say whether one wants a mail when something new waits. It takes no role: tasks wait for all.

    Raises:
        NotAllowed: the actor is no person, or the token at hand is good for less than all that its
            holder may do.
        Conflict: no mail address of theirs is known.
    """
    with own_change(database, actor, "prefer") as tx:
        require_whole(tx.actor)
        tx.answer = _prefer(tx, tasks_by_mail=tasks_by_mail)
        return tx.answer


def _prefer(tx: Transaction, *, tasks_by_mail: bool) -> NotificationPreferences:
    person = tx.session.get_one(PrincipalRow, tx.actor.id)
    if person.kind != "user":
        raise NotAllowed("only people are told by mail")
    if tasks_by_mail and not person.email:
        raise Conflict("no mail address of yours is known here; ask an admin to enter it")
    row = tx.session.get(NotificationPreferenceRow, tx.actor.id, with_for_update=True)
    if row is None:
        row = tx.add(
            NotificationPreferenceRow(
                principal_id=tx.actor.id, tasks_by_mail=tasks_by_mail, changed_at=tx.now
            )
        )
    row.tasks_by_mail, row.changed_at = tasks_by_mail, tx.now
    tx.record(
        NotificationsPreferred(tasks_by_mail=tasks_by_mail), resource=tx.actor.id, project=None
    )
    return NotificationPreferences(
        tasks_by_mail=tasks_by_mail, has_address=person.email is not None
    )


def readers(database: Database) -> list[Reader]:
    """Active people who want mail and have an address."""
    with database.reading() as session:
        found = session.execute(
            select(PrincipalRow.id, PrincipalRow.email)
            .join(
                NotificationPreferenceRow, NotificationPreferenceRow.principal_id == PrincipalRow.id
            )
            .where(
                NotificationPreferenceRow.tasks_by_mail,
                PrincipalRow.active,
                PrincipalRow.email.is_not(None),
            )
            .order_by(PrincipalRow.id)
        )
        return [Reader(row.id, row.email) for row in found]


def claim_notices(
    database: Database, principal_id: uuid.UUID, waiting: Sequence[Thing]
) -> list[Thing]:
    """Of what waits for a person, that which they were not told of; the caller tells them now.

    What does not wait any more is forgotten, so that it is told of again should it come back.
    """
    with database.reading() as session:
        known = {
            (row.kind, row.task_id)
            for row in session.execute(
                select(TaskNoticeRow).where(
                    TaskNoticeRow.principal_id == principal_id,
                    TaskNoticeRow.waits,
                    TaskNoticeRow.told_at.is_not(None),
                )
            ).scalars()
        }
    if known == set(waiting):
        return []
    with database.writing() as session:
        # Other workers wait here, and then find what this one has claimed.
        session.get_one(NotificationPreferenceRow, principal_id, with_for_update=True)
        now = database.clock()
        rows = {
            (row.kind, row.task_id): row
            for row in session.execute(
                select(TaskNoticeRow).where(TaskNoticeRow.principal_id == principal_id)
            ).scalars()
        }
        for thing in rows.keys() - set(waiting):
            rows[thing].waits = False
        claimed = []
        for thing in waiting:
            row = rows.get(thing)
            if row is None:
                kind, task_id = thing
                row = TaskNoticeRow(principal_id=principal_id, kind=kind, task_id=task_id)
                session.add(row)
            elif row.waits and (row.told_at is not None or now - row.claimed_at < CLAIM_ENDS_AFTER):
                continue
            row.waits, row.claimed_at, row.told_at = True, now, None
            claimed.append(thing)
        return claimed


def settle_notices(database: Database, principal_id: uuid.UUID, told: Sequence[Thing]) -> None:
    """Write down that a mail about these was taken."""
    now = database.clock()
    with database.writing() as session:
        for kind, task_id in told:
            session.execute(
                update(TaskNoticeRow)
                .where(
                    TaskNoticeRow.principal_id == principal_id,
                    TaskNoticeRow.kind == kind,
                    TaskNoticeRow.task_id == task_id,
                )
                .values(told_at=now)
                .execution_options(synchronize_session=False)
            )

"""The end of accounts: no browser session or link outlives its account, or an old password."""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, true, update
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.audit.events import SessionEnded
from accredit_governance.audit.ledger import Entry, append_entries
from accredit_governance.errors import NotAllowed
from accredit_governance.registry.session_records import Ending
from accredit_governance.registry.tables import OneTimeLinkRow, PrincipalRow, WebSessionRow

FIRST_ADMIN: Final = "first_admin"
PASSWORD: Final = "password"  # noqa: S105  a name


def require_open(session: Session, principal_id: uuid.UUID) -> None:
    """Demand that an account is open, and let whoever closes it wait for the end of this change.

    Raises:
        NotAllowed: it is closed.
    """
    holder = session.get_one(
        PrincipalRow, principal_id, with_for_update={"read": True}, populate_existing=True
    )
    if not holder.active:
        raise NotAllowed("this account is not active")


def end_open_sessions(
    session: Session,
    principal_id: uuid.UUID,
    ending: Ending,
    *,
    now: datetime,
    keep: uuid.UUID | None = None,
) -> int:
    """End every open session of a person but `keep`, and say how many there were."""
    ended = session.execute(
        update(WebSessionRow)
        .where(
            WebSessionRow.principal_id == principal_id,
            WebSessionRow.ended_at.is_(None),
            WebSessionRow.id != keep if keep is not None else true(),
        )
        .values(ended_at=now, ending=ending)
        .execution_options(synchronize_session=False)
        .returning(WebSessionRow.id)
    )
    return len(ended.all())


def end_open_session(
    session: Session, actor: Actor, which: ColumnElement[bool], ending: Ending, *, now: datetime
) -> bool:
    """End one session if it is open, write that down, and say whether it was."""
    ended = session.execute(
        update(WebSessionRow)
        .where(which, WebSessionRow.ended_at.is_(None))
        .values(ended_at=now, ending=ending)
        .execution_options(synchronize_session=False)
        .returning(WebSessionRow.id)
    ).first()
    if ended is not None:
        append_entries(session, actor, [Entry(SessionEnded(), actor.id, None)], now=now)
    return ended is not None


def withdraw_links(
    session: Session, now: datetime, *, kind: str, principal_id: uuid.UUID | None
) -> None:
    """Make links that were not used yet worthless: those of a person, or for a first admin."""
    session.execute(
        update(OneTimeLinkRow)
        .where(
            OneTimeLinkRow.kind == kind,
            OneTimeLinkRow.principal_id.is_(None)
            if principal_id is None
            else OneTimeLinkRow.principal_id == principal_id,
            OneTimeLinkRow.used_at.is_(None),
            OneTimeLinkRow.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )

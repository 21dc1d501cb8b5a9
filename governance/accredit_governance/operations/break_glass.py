"""Broken glass: a role for hours, for when there is no time to bind one.

1. One person asks, for themselves, in a place they know, with a reason.
2. Another one, an admin or compliance, grants it with a signing ticket, within a day.
3. It ends by itself after at most four hours, or at once by either of the two or anybody who could
   have granted it.
4. Signatures are never lent, nor what would outlast the hours: see `NEVER_LENT`.
5. Each step is an event, and every act that the role alone made possible names the request.
"""

import contextlib
import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select, update

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import BREAKABLE, Permission, Role
from accredit_governance.audit.permission_events import (
    BreakGlassEnded,
    BreakGlassGranted,
    BreakGlassRequested,
)
from accredit_governance.documents import json_digest
from accredit_governance.errors import (
    Conflict,
    FourEyes,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleDigest,
)
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.tickets import spend_ticket
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.database import Database
from accredit_governance.registry.permission_records import BreakGlassRecord, BreakGlassState
from accredit_governance.registry.tables import (
    BreakGlassRow,
    ModelRow,
    PrincipalRow,
    ProjectRow,
)

MAX_MINUTES: Final = 240
PATIENCE: Final = timedelta(days=1)


@operation(Permission.BREAK_GLASS_REQUEST, records=BreakGlassRequested)
def ask_to_break_glass(
    tx: Transaction,
    *,
    role: Role,
    project_id: uuid.UUID | None = None,
    model_id: uuid.UUID | None = None,
    minutes: int,
    reason: str,
) -> BreakGlassRecord:
    """Ask for a role for oneself, for minutes from when it is granted.

    Raises:
        NotFound: no such project or model, or one that the actor does not know.
        NotAllowed: the actor is no person, has no role there, or the role is never lent.
        InvalidInput: the minutes are out of range, or no reason is given.
        Conflict: the same is waiting or standing already.
    """
    project_id, model_id = _place(tx, project_id, model_id)
    if tx.actor.kind != "user":
        raise NotAllowed("a person breaks the glass, not a service account")
    if role not in BREAKABLE:
        raise NotAllowed(f"the role {role} is never lent", role=role.value)
    if not 1 <= minutes <= MAX_MINUTES:
        message = f"minutes is {minutes} but must lie between 1 and {MAX_MINUTES}"
        raise InvalidInput(message, [{"pointer": "/minutes", "detail": message}])
    require_prose("reason", reason)
    if _has_one(tx, role, project_id, model_id):
        raise Conflict(f"you have asked for the role {role} there already")
    row = tx.add(
        BreakGlassRow(
            asked_by=tx.actor.id,
            role=role,
            project_id=project_id,
            model_id=model_id,
            reason=reason.strip(),
            minutes=minutes,
            asked_at=tx.now,
            lapses_at=tx.now + PATIENCE,
        )
    )
    tx.record(
        BreakGlassRequested(role=role, model=model_id, minutes=minutes),
        resource=row.id,
        project=project_id,
    )
    return glass_record(tx, row)


@operation(Permission.BREAK_GLASS_GRANT, records=BreakGlassGranted)
def grant_broken_glass(
    tx: Transaction, request_id: uuid.UUID, *, subject_digest: str, ticket: str
) -> BreakGlassRecord:
    """Lend the role, as another person than who asked.

    Raises:
        FourEyes: the actor asked for it.
        NotAllowed: the actor is no person, or is denied it somewhere that the role would count;
            or the account of who asked is closed.
        Conflict: it is granted or over, or its time to be granted is.
        StaleDigest: another request was read.
        ReauthenticationRequired: the last guard.
    """
    row = tx.hold(BreakGlassRow, request_id, noun="break-glass request")
    if row.project_id is None:
        tx.require_throughout(noun="break-glass request")
    if tx.actor.kind != "user":
        raise NotAllowed("a person signs, not a service account")
    if row.asked_by == tx.actor.id:
        raise FourEyes("you asked for this yourself; another person has to grant it")
    if not tx.session.get_one(PrincipalRow, row.asked_by).active:
        raise NotAllowed("the account of the person who asked is closed")
    _require_waiting(tx, row)
    if subject_digest != digest_of(row):
        raise StaleDigest("this is not the digest of the request; read it again")
    proof = spend_ticket(tx, ticket, subject_digest=subject_digest)
    ends_at = tx.now + timedelta(minutes=row.minutes)
    granted = tx.session.execute(
        update(BreakGlassRow)
        .where(
            BreakGlassRow.id == row.id,
            BreakGlassRow.granted_at.is_(None),
            BreakGlassRow.ended_at.is_(None),
            BreakGlassRow.lapses_at > tx.now,
        )
        .values(
            granted_by=tx.actor.id,
            granted_at=tx.now,
            ends_at=ends_at,
            method=proof.method,
            authenticated_at=proof.authenticated_at,
        )
        .execution_options(synchronize_session=False)
        .returning(BreakGlassRow.id)
    )
    if granted.first() is None:
        raise Conflict("somebody else decided on this request first")
    tx.session.refresh(row)
    tx.record(
        BreakGlassGranted(
            principal=row.asked_by, role=row.role, model=row.model_id, ends_at=ends_at
        ),
        resource=row.id,
        project=row.project_id,
    )
    return glass_record(tx, row)


@operation(Permission.BREAK_GLASS_REQUEST, records=BreakGlassEnded)
def end_broken_glass(tx: Transaction, request_id: uuid.UUID) -> BreakGlassRecord:
    """End the role at once; or take the request back, or refuse it, before it is granted.

    Raises:
        NotFound: there is no such request, or none that the actor may know of.
        NotAllowed: the actor neither asked for it nor could grant it.
        Conflict: it is over already.
    """
    tx.visible_projects()
    row = tx.session.get(BreakGlassRow, request_id)
    if row is None or not may_see(tx, row):
        raise NotFound(f"there is no break-glass request {request_id}")
    is_own = row.asked_by == tx.actor.id
    if not is_own and not tx.may(Permission.BREAK_GLASS_GRANT, row):
        raise NotAllowed("it is ended by who asked, or by those who could grant it")
    tx.session.refresh(row, with_for_update=True)
    before = "withdrawn" if is_own else "refused"
    _end(tx, row, before if row.granted_at is None else "ended", ended_by=tx.actor.id)
    return glass_record(tx, row)


@operation(Permission.SYSTEM_RECORD, records=BreakGlassEnded)
def expire_broken_glass(tx: Transaction, request_id: uuid.UUID) -> None:
    """Write down that the time of a request, or of the role that it lent, is over.

    Raises:
        Conflict: there is time left, or it is written down already.
    """
    row = tx.hold(BreakGlassRow, request_id, noun="break-glass request")
    if (row.ends_at or row.lapses_at) > tx.now:
        raise Conflict("there is time left")
    _end(tx, row, "lapsed" if row.granted_at is None else "expired", ended_by=None)


def expire_what_is_over(database: Database, actor: Actor) -> None:
    """Write down every end that came by itself. The roles have stopped counting before."""
    with database.reading() as session:
        now = database.clock()
        over = and_(BreakGlassRow.granted_at.is_(None), BreakGlassRow.lapses_at <= now)
        due = session.execute(
            select(BreakGlassRow.id)
            .where(BreakGlassRow.ended_at.is_(None), or_(BreakGlassRow.ends_at <= now, over))
            .order_by(BreakGlassRow.id)
            .limit(500)
        ).scalars()
        requests = list(due)
    for request_id in requests:
        with contextlib.suppress(Conflict):
            expire_broken_glass(database, actor, request_id)


def _place(
    tx: Transaction, project_id: uuid.UUID | None, model_id: uuid.UUID | None
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    if model_id is not None:
        model = tx.load(ModelRow, model_id, noun="model")
        if project_id not in {None, model.project_id}:
            message = "the model belongs to another project"
            raise InvalidInput(message, [{"pointer": "/model_id", "detail": message}])
        return model.project_id, model.id
    if project_id is not None:
        return tx.load(ProjectRow, project_id, noun="project").id, None
    tx.require_throughout(noun="organisation")
    return None, None


def _has_one(
    tx: Transaction, role: Role, project_id: uuid.UUID | None, model_id: uuid.UUID | None
) -> bool:
    """Whether the actor has asked for the same, and it is not over."""
    mine = tx.session.execute(
        select(BreakGlassRow).where(
            BreakGlassRow.asked_by == tx.actor.id,
            BreakGlassRow.role == role,
            BreakGlassRow.ended_at.is_(None),
        )
    ).scalars()
    return any(
        (row.project_id, row.model_id) == (project_id, model_id)
        and state_of(row, tx) is not BreakGlassState.OVER
        for row in mine
    )


def _require_waiting(tx: Transaction, row: BreakGlassRow) -> None:
    state = state_of(row, tx)
    if state is not BreakGlassState.WAITING:
        raise Conflict(f"the request is {state}, not waiting", current_state=state.value)


def _end(tx: Transaction, row: BreakGlassRow, cause: str, *, ended_by: uuid.UUID | None) -> None:
    is_over = (
        row.ends_at is not None and row.ends_at <= tx.now and ended_by is not None
    ) or row.ended_at is not None
    if is_over:
        raise Conflict("it is over already")
    row.ended_at, row.ended_by, row.cause = tx.now, ended_by, cause
    tx.record(
        BreakGlassEnded(principal=row.asked_by, role=row.role, cause=cause),
        resource=row.id,
        project=row.project_id,
    )


def may_see(view: View, row: BreakGlassRow) -> bool:
    """Whether somebody asked for it, or may read what others ask for."""
    return row.asked_by == view.actor.id or view.may(Permission.BREAK_GLASS_READ, row)


def state_of(row: BreakGlassRow, view: View) -> BreakGlassState:
    """Where a request stands at this moment, whether its end was written down or not."""
    if row.ended_at is not None or (row.ends_at or row.lapses_at) <= view.now:
        return BreakGlassState.OVER
    return BreakGlassState.WAITING if row.granted_at is None else BreakGlassState.STANDING


def digest_of(row: BreakGlassRow) -> str:
    """SHA-256 over what was asked for: that is what a second person signs."""
    return json_digest(
        {
            "id": str(row.id),
            "asked_by": str(row.asked_by),
            "role": row.role,
            "project_id": None if row.project_id is None else str(row.project_id),
            "model_id": None if row.model_id is None else str(row.model_id),
            "minutes": row.minutes,
            "reason": row.reason,
        }
    )


def glass_record(view: View, row: BreakGlassRow) -> BreakGlassRecord:
    """Document of a request."""
    return BreakGlassRecord.of(row, state=state_of(row, view), subject_digest=digest_of(row))

"""Bearing the risk of a finding until a day, instead of putting it right: two people, two roles.

One signs for compliance and one as owner, in either order. Nobody with a hand in the version
does, and who owns the finding does not sign for compliance. When the day is over the finding is
open again; no time extends it.
"""

import contextlib
import uuid
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.findings_events import (
    FindingOverdue,
    RiskAcceptanceConfirmed,
    RiskAcceptanceEnded,
    RiskAcceptanceProposed,
)
from accredit_governance.errors import Conflict, FourEyes, IllegalTransition, NotAllowed
from accredit_governance.lifecycle.findings import (
    OWED,
    FindingAction,
    FindingState,
    after,
    is_overdue,
)
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.findings import require_ahead, unusable
from accredit_governance.operations.remediation import (
    end_acceptance,
    move_finding,
    require_other_hands_in,
)
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.database import Database
from accredit_governance.registry.findings_records import RiskAcceptanceRecord
from accredit_governance.registry.tables import FindingRow, RiskAcceptanceRow

MAX_DAYS: Final = 365
"""Longest time for which a risk may be accepted; after it two people look again."""

DUE_AT_ONCE: Final = 500
_ROLES: Final = (Role.COMPLIANCE, Role.OWNER)


@operation(Permission.FINDING_ACCEPT, records=RiskAcceptanceProposed)
def propose_acceptance(
    tx: Transaction, finding_id: uuid.UUID, *, reason: str, until_on: date
) -> RiskAcceptanceRecord:
    """Offer, as the first of two people, to bear the risk of a finding until a day.

    Raises:
        FourEyes: the actor had a hand in the version, or owns the finding and holds no other role.
        IllegalTransition: the finding is settled.
        InvalidInput: no reason is given, or the day is past or too far ahead.
        Conflict: somebody proposed it already.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    after(FindingState(row.state), FindingAction.ACCEPT)
    require_other_hands_in(tx, row, act="accept the risk of")
    role = _role_for(tx, row, None)
    require_prose("reason", reason)
    require_ahead(tx, until_on, field="until_on")
    if until_on > tx.now.date() + timedelta(days=MAX_DAYS):
        raise unusable("until_on", f"until_on must lie within {MAX_DAYS} days")
    present = select(RiskAcceptanceRow.id).where(
        RiskAcceptanceRow.finding_id == row.id, RiskAcceptanceRow.ended_at.is_(None)
    )
    if tx.session.execute(present).first():
        raise Conflict("it is proposed already; a second person confirms it")
    acceptance = tx.add(
        RiskAcceptanceRow(
            project_id=row.project_id,
            finding_id=row.id,
            owner_id=row.owner_id,
            reason=reason.strip(),
            until_on=until_on,
            proposed_by=tx.actor.id,
            proposed_role=role,
            proposed_at=tx.now,
        )
    )
    tx.record(
        RiskAcceptanceProposed(finding=row.id, role=role, until_on=until_on),
        resource=acceptance.id,
        project=row.project_id,
    )
    return RiskAcceptanceRecord.of(acceptance)


@operation(Permission.FINDING_ACCEPT, records=RiskAcceptanceConfirmed)
def confirm_acceptance(tx: Transaction, acceptance_id: uuid.UUID) -> RiskAcceptanceRecord:
    """Agree, as the second person. The finding blocks nothing until the day is over.

    Raises:
        FourEyes: the actor proposed it, had a hand in the version, or owns the finding and would
            sign for compliance.
        NotAllowed: the actor lacks the second role.
        Conflict: it is confirmed already, has ended, or its day is over.
        IllegalTransition: the finding is settled.
    """
    acceptance = tx.load(RiskAcceptanceRow, acceptance_id, noun="risk acceptance")
    row = tx.hold(FindingRow, acceptance.finding_id, noun="finding")
    tx.session.refresh(acceptance)
    role = require_confirmable(tx, acceptance, row)
    acceptance.confirmed_by, acceptance.confirmed_role = tx.actor.id, role
    acceptance.confirmed_at = tx.now
    tx.session.flush()
    tx.record(
        RiskAcceptanceConfirmed(finding=row.id, role=role, until_on=acceptance.until_on),
        resource=acceptance.id,
        project=row.project_id,
    )
    move_finding(tx, row, FindingAction.ACCEPT, said=acceptance.reason)
    return RiskAcceptanceRecord.of(acceptance)


def require_confirmable(view: View, acceptance: RiskAcceptanceRow, row: FindingRow) -> Role:
    """Role in which the actor may confirm a proposed acceptance now.

    Raises:
        FourEyes, NotAllowed, Conflict: as for `confirm_acceptance`.
    """
    if acceptance.confirmed_by is not None or acceptance.ended_at is not None:
        raise Conflict("the acceptance is confirmed already, or has ended")
    if acceptance.until_on < view.now.date():
        raise Conflict(f"the day until which it would hold, {acceptance.until_on}, is over")
    if acceptance.proposed_by == view.actor.id:
        raise FourEyes("you proposed to accept this risk; another person has to agree")
    require_other_hands_in(view, row, act="accept the risk of")
    return _role_for(view, row, acceptance.proposed_role)


def _role_for(view: View, row: FindingRow, taken: str | None) -> Role:
    """The role that the actor signs in: the first that they hold and that is not taken."""
    held = view.roles(row)
    wanted = [role for role in _ROLES if role != taken]
    able = [role for role in wanted if role in held]
    if not able:
        raise NotAllowed(f"this signature is a {' or a '.join(wanted)}'s; you are none there")
    free = [r for r in able if r is not Role.COMPLIANCE or row.owner_id != view.actor.id]
    if not free:
        raise FourEyes("you own this finding, so somebody else accepts its risk for compliance")
    return free[0]


@operation(Permission.SYSTEM_RECORD, records=RiskAcceptanceEnded)
def expire_acceptance(tx: Transaction, acceptance_id: uuid.UUID) -> None:
    """Write down that the day of an acceptance is over; its finding is open again, due at once.

    Raises:
        Conflict: it holds still, or its end is on record.
    """
    acceptance = tx.load(RiskAcceptanceRow, acceptance_id, noun="risk acceptance")
    row = tx.hold(FindingRow, acceptance.finding_id, noun="finding")
    tx.session.refresh(acceptance)
    if acceptance.ended_at is not None:
        raise Conflict("the acceptance has ended already")
    if acceptance.until_on >= tx.now.date():
        raise Conflict(f"the acceptance holds until {acceptance.until_on}")
    if acceptance.confirmed_by is not None:
        said = f"The risk was accepted until {acceptance.until_on}."
        today = tx.now.date()
        changed = {"due_on": today, "remediated_by": None}
        move_finding(tx, row, FindingAction.EXPIRE, said=said, changed=changed)
    end_acceptance(tx, row, cause="time")


@operation(Permission.SYSTEM_RECORD, records=FindingOverdue)
def tell_overdue_finding(tx: Transaction, finding_id: uuid.UUID) -> None:
    """Write down, once for each due day, that the owner of a finding is late.

    Raises:
        Conflict: nobody is late, or it is on record.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    if not is_overdue(FindingState(row.state), row.due_on, tx.now.date()):
        raise Conflict(f"the finding is {row.state}, due on {row.due_on}")
    if row.overdue_for == row.due_on:
        raise Conflict("it is on record that the finding is overdue")
    row.overdue_for = row.due_on
    tx.record(
        FindingOverdue(
            model_version=row.model_version_id,
            severity=row.severity,
            owner=row.owner_id,
            due_on=row.due_on,
        ),
        resource=row.id,
        project=row.project_id,
    )


def look_at_findings(database: Database, actor: Actor) -> None:
    """End accepted risks whose day is over, and tell which owners are late.

    What another worker does at the same moment, or somebody decided meanwhile, is left alone.
    """
    for acceptance_id in due_acceptances(database):
        with contextlib.suppress(Conflict, IllegalTransition):
            expire_acceptance(database, actor, acceptance_id)
    for finding_id in late_findings(database):
        with contextlib.suppress(Conflict):
            tell_overdue_finding(database, actor, finding_id)


def due_acceptances(database: Database) -> list[uuid.UUID]:
    """Acceptances whose day is over and whose end is not on record."""
    with database.reading() as session:
        return list(
            session.execute(
                select(RiskAcceptanceRow.id)
                .where(
                    RiskAcceptanceRow.ended_at.is_(None),
                    RiskAcceptanceRow.until_on < database.clock().date(),
                )
                .order_by(RiskAcceptanceRow.until_on, RiskAcceptanceRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def late_findings(database: Database) -> list[uuid.UUID]:
    """Findings whose owner is late, which is not on record yet."""
    with database.reading() as session:
        return list(
            session.execute(
                select(FindingRow.id)
                .where(
                    FindingRow.state.in_(OWED),
                    FindingRow.due_on < database.clock().date(),
                    FindingRow.overdue_for.is_distinct_from(FindingRow.due_on),
                )
                .order_by(FindingRow.due_on, FindingRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )

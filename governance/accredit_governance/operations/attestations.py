"""Attestations: what people have to stand by from time to time while a model is approved.

The pinned policy names them. A worker lets them appear and tells who is late; a person in the
named role signs the statement over the newest card, or declines, which opens a finding.
"""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accredit_governance.access.actors import Actor
from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.findings_events import (
    AttestationAnswered,
    AttestationLapsed,
    AttestationOpened,
    AttestationOverdue,
)
from accredit_governance.documents import json_digest
from accredit_governance.errors import Conflict, IllegalTransition, NotAllowed, StaleDigest
from accredit_governance.lifecycle.attestations import (
    Answer,
    AttestationAction,
    AttestationState,
    after,
    is_overdue,
    next_from,
)
from accredit_governance.lifecycle.findings import FindingSeverity, FindingSource
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.findings import add_finding
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.subjects import latest_card, pinned_policy
from accredit_governance.operations.tickets import spend_ticket
from accredit_governance.operations.words import require_prose, require_short
from accredit_governance.policy.document import AttestationRule
from accredit_governance.registry.database import Database
from accredit_governance.registry.findings_records import AttestationRecord
from accredit_governance.registry.tables import (
    AttestationRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    UseCaseRow,
)

DUE_AT_ONCE: Final = 500
IN_USE: Final = frozenset({VersionState.APPROVED, VersionState.SUSPENDED})
"""A suspended version may come back, so what waits for an answer goes on waiting."""


@operation(Permission.SYSTEM_RECORD, records=AttestationOpened)
def open_attestation(tx: Transaction, version_id: uuid.UUID, *, name: str) -> None:
    """Let the next attestation of an approved version appear.

    Raises:
        Conflict: it is not time, one waits for an answer, or the policy has none of this name.
    """
    # Whoever opens one for the same version waits here, or both would find none.
    version = tx.hold(ModelVersionRow, version_id, noun="model version")
    policy_row, policy = pinned_policy(tx, version)
    rule = next((rule for rule in policy.attestations if rule.name == name), None)
    if rule is None:
        raise Conflict(f"the policy names no attestation {name}")
    from_at = _due_from(tx.session, version, rule)
    if from_at is None or from_at > tx.now:
        raise Conflict(f"{name} is not to be attested now")
    row = tx.add(
        AttestationRow(
            project_id=version.project_id,
            model_version_id=version.id,
            policy_version_id=policy_row.id,
            name=rule.name,
            statement=rule.statement,
            role=rule.role,
            state=AttestationState.DUE,
            from_at=tx.now,
            due_on=tx.now.date() + timedelta(days=rule.within_days),
        )
    )
    tx.record(
        AttestationOpened(
            model_version=version.id,
            name=row.name,
            role=row.role,
            statement_digest=json_digest(row.statement),
            due_on=row.due_on,
        ),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.ATTESTATION_SIGN, records=AttestationAnswered)
def answer_attestation(
    tx: Transaction,
    attestation_id: uuid.UUID,
    *,
    answer: Answer,
    card_digest: str,
    comment: str,
    ticket: str,
) -> AttestationRecord:
    """Stand by the statement over the newest card, or decline; that opens a finding.

    Args:
        tx: the change.
        attestation_id: what is answered.
        answer: one way or the other. Its meaning is the statement itself.
        card_digest: of the card that the signer has read.
        comment: why; demanded of who declines.
        ticket: secret of the signer's ticket for the digest of the card; it is used up.

    Raises:
        NotAllowed: the actor is no person, or lacks the named role.
        StaleDigest: there is a newer card than the one that was read.
        InvalidInput: a refusal says nothing.
        IllegalTransition: it is answered already, or has lapsed.
        ReauthenticationRequired: the actor has not just authenticated for this card.
    """
    row = tx.hold(AttestationRow, attestation_id, noun="attestation")
    require_answerable(tx, row)
    version = tx.session.get_one(ModelVersionRow, row.model_version_id)
    present = _card_digest(tx.session, version.id)
    if card_digest != present:
        raise StaleDigest(
            "the card is another one than the one that you read; read it again", expected=present
        )
    require_short("/comment", comment)
    if answer is Answer.DECLINE:
        require_prose("comment", comment)
    proof = spend_ticket(tx, ticket, subject_digest=card_digest)
    _move(
        tx,
        row,
        AttestationAction(answer),
        changed={
            "answered_by": tx.actor.id,
            "answered_at": tx.now,
            "comment": comment.strip(),
            "card_digest": card_digest,
            **proof.model_dump(),
        },
    )
    tx.record(
        AttestationAnswered(
            model_version=version.id,
            name=row.name,
            answer=answer,
            statement_digest=json_digest(row.statement),
            card_digest=card_digest,
            **proof.model_dump(),
        ),
        resource=row.id,
        project=row.project_id,
    )
    if answer is Answer.DECLINE:
        _open_finding(tx, row, version)
    return attestation_record(tx, row)


def require_answerable(view: View, row: AttestationRow) -> None:
    """Demand that the actor may answer an attestation now.

    Raises:
        NotAllowed: the actor is no person, or lacks the named role.
        IllegalTransition: it is answered already, or has lapsed.
    """
    after(AttestationState(row.state), AttestationAction.SIGN)
    if view.actor.kind != "user":
        raise NotAllowed("a person stands by a statement, no service account does")
    if Role(row.role) not in view.roles(row):
        raise NotAllowed(f"this attestation is a {row.role}'s; you are none there")


def _open_finding(tx: Transaction, row: AttestationRow, version: ModelVersionRow) -> None:
    _, policy = pinned_policy(tx, version)
    model = tx.session.get_one(ModelRow, version.model_id)
    add_finding(
        tx,
        tx.session.get_one(UseCaseRow, model.use_case_id),
        version_id=version.id,
        title=f"Attestation declined: {row.name}",
        description=f"Not attested: {row.statement}\n\n{row.comment}",
        severity=FindingSeverity.HIGH,
        owner_id=None,
        due_on=tx.now.date() + timedelta(days=policy.monitoring.rules.finding_due_days),
        source=FindingSource.ATTESTATION,
        attestation_id=row.id,
    )


@operation(Permission.SYSTEM_RECORD, records=AttestationOverdue)
def tell_overdue_attestation(tx: Transaction, attestation_id: uuid.UUID) -> None:
    """Write down, once, that nobody answered in time.

    Raises:
        Conflict: nobody is late, or it is on record.
    """
    row = tx.hold(AttestationRow, attestation_id, noun="attestation")
    late = is_overdue(AttestationState(row.state), row.due_on, tx.now.date())
    if row.overdue_at is not None or not late:
        raise Conflict(f"the attestation is {row.state}, or it is on record that it is overdue")
    row.overdue_at = tx.now
    tx.record(
        AttestationOverdue(
            model_version=row.model_version_id, name=row.name, role=row.role, due_on=row.due_on
        ),
        resource=row.id,
        project=row.project_id,
    )


@operation(Permission.SYSTEM_RECORD, records=AttestationLapsed)
def lapse_attestation(tx: Transaction, attestation_id: uuid.UUID) -> None:
    """Write down that nobody has to answer: the version is not in use any more.

    Raises:
        Conflict: it is in use.
        IllegalTransition: the attestation was answered.
    """
    row = tx.hold(AttestationRow, attestation_id, noun="attestation")
    version = tx.session.get_one(ModelVersionRow, row.model_version_id)
    if version.state in IN_USE:
        raise Conflict(f"the version is {version.state}", current_state=version.state)
    _move(tx, row, AttestationAction.LAPSE)
    tx.record(
        AttestationLapsed(model_version=version.id, name=row.name),
        resource=row.id,
        project=row.project_id,
    )


def _move(
    tx: Transaction,
    row: AttestationRow,
    action: AttestationAction,
    *,
    changed: Mapping[str, uuid.UUID | datetime | str] = MappingProxyType({}),
) -> None:
    """Take an attestation one step on, conditionally: of two who answer, one does."""
    before = AttestationState(row.state)
    moved = tx.session.execute(
        update(AttestationRow)
        .where(AttestationRow.id == row.id, AttestationRow.state == before)
        .values(state=after(before, action), **changed)
        .execution_options(synchronize_session="fetch")
        .returning(AttestationRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("attestation", "answered", action, [])
    tx.session.refresh(row)


def _card_digest(session: Session, version_id: uuid.UUID) -> str | None:
    """Digest of the newest card as it is stored."""
    card = latest_card(session, version_id)
    return json_digest(card.document) if card else None


def look_at_attestations(database: Database, actor: Actor) -> None:
    """Let attestations appear, lapse, and be told of as overdue, as their time has come.

    What another worker does at the same moment, or somebody decided meanwhile, is left alone.
    """
    for version_id, name in missing_attestations(database):
        with contextlib.suppress(Conflict):
            open_attestation(database, actor, version_id, name=name)
    for attestation_id in idle_attestations(database):
        with contextlib.suppress(Conflict, IllegalTransition):
            lapse_attestation(database, actor, attestation_id)
    for attestation_id in late_attestations(database):
        with contextlib.suppress(Conflict):
            tell_overdue_attestation(database, actor, attestation_id)


def missing_attestations(database: Database) -> list[tuple[uuid.UUID, str]]:
    """Approved versions, with the names of the attestations that should appear by now."""
    with database.reading() as session:
        return list(_missing(session, database.clock()))[:DUE_AT_ONCE]


def _missing(session: Session, now: datetime) -> Iterator[tuple[uuid.UUID, str]]:
    rules = {
        row.id: policy.attestations
        for row in session.execute(select(PolicyVersionRow)).scalars()
        if (policy := policy_of(row)).attestations
    }
    approved = session.execute(
        select(ModelVersionRow)
        .where(
            ModelVersionRow.state == VersionState.APPROVED,
            ModelVersionRow.policy_version_id.in_(rules),
        )
        .order_by(ModelVersionRow.id)
    ).scalars()
    for version in approved:
        for rule in rules.get(version.policy_version_id, ()):  # type: ignore[arg-type] # not null
            from_at = _due_from(session, version, rule)
            if from_at is not None and from_at <= now:
                yield version.id, rule.name


def _due_from(session: Session, version: ModelVersionRow, rule: AttestationRule) -> datetime | None:
    """When the next one appears; None while one waits, or the version is not approved."""
    if version.state != VersionState.APPROVED or version.approved_at is None:
        return None
    last = session.execute(
        select(AttestationRow)
        .where(AttestationRow.model_version_id == version.id, AttestationRow.name == rule.name)
        .order_by(AttestationRow.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is not None and last.state == AttestationState.DUE:
        return None
    return next_from(
        version.approved_at, last.from_at if last else None, every_days=rule.every_days
    )


def idle_attestations(database: Database) -> list[uuid.UUID]:
    """Attestations that wait although their version is not in use any more."""
    with database.reading() as session:
        return list(
            session.execute(
                select(AttestationRow.id)
                .join(ModelVersionRow, ModelVersionRow.id == AttestationRow.model_version_id)
                .where(
                    AttestationRow.state == AttestationState.DUE,
                    ModelVersionRow.state.not_in(IN_USE),
                )
                .order_by(AttestationRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def late_attestations(database: Database) -> list[uuid.UUID]:
    """Attestations that nobody answered in time, which is not on record yet."""
    with database.reading() as session:
        return list(
            session.execute(
                select(AttestationRow.id)
                .where(
                    AttestationRow.state == AttestationState.DUE,
                    AttestationRow.due_on < database.clock().date(),
                    AttestationRow.overdue_at.is_(None),
                )
                .order_by(AttestationRow.due_on, AttestationRow.id)
                .limit(DUE_AT_ONCE)
            ).scalars()
        )


def attestation_record(view: View, row: AttestationRow) -> AttestationRecord:
    """Document of an attestation row, with the card that an answer has to name."""
    state = AttestationState(row.state)
    return AttestationRecord.of(
        row,
        overdue=is_overdue(state, row.due_on, view.now.date()),
        read_digest=_card_digest(view.session, row.model_version_id),
    )

"""Putting findings right, and closing them with other hands.

1. The owner of a finding plans the remediation and shows evidence of it.
2. Somebody else closes the finding, or sends it back: neither its owner, nor whoever remediated it,
   nor anybody with a hand in the version. The same people judge how severe it is, and give its
   owner more time.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from sqlalchemy import and_, select, update

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.findings_events import (
    FindingMoved,
    FindingSeverityChanged,
    RiskAcceptanceEnded,
)
from accredit_governance.documents import Digest, json_digest
from accredit_governance.errors import Conflict, FourEyes, IllegalTransition, NotAllowed
from accredit_governance.lifecycle.findings import (
    FindingAction,
    FindingSeverity,
    FindingState,
    after,
    allowed_actions,
)
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.blocking import announce_finding
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.findings import finding_record, require_ahead, unusable
from accredit_governance.operations.hands import require_no_earlier_hand
from accredit_governance.operations.versions import makers_of, require_other_hands
from accredit_governance.operations.words import MAX_REFERENCE, require_prose, require_short
from accredit_governance.registry.findings_records import FindingRecord
from accredit_governance.registry.tables import (
    FindingRow,
    FindingStepRow,
    ModelRow,
    ModelVersionRow,
    RiskAcceptanceRow,
)

_GONE = (VersionState.RETIRED, VersionState.PURGED)


@operation(Permission.FINDING_REMEDIATE, records=FindingMoved)
def plan_remediation(tx: Transaction, finding_id: uuid.UUID, *, plan: str) -> FindingRecord:
    """Say, as the owner of a finding, how it is put right.

    Raises:
        NotAllowed: the finding is somebody else's.
        IllegalTransition: it is not open.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    _require_owner(tx, row)
    require_prose("plan", plan)
    move_finding(tx, row, FindingAction.PLAN, said=plan)
    return finding_record(tx, row)


@operation(Permission.FINDING_REMEDIATE, records=FindingMoved)
def remediate_finding(
    tx: Transaction,
    finding_id: uuid.UUID,
    *,
    evidence: str,
    reference: str | None = None,
    evidence_digest: Digest | None = None,
) -> FindingRecord:
    """Show, as the owner of a finding, that it is put right. Somebody else will judge that.

    Args:
        tx: the change.
        finding_id: which one.
        evidence: what was done, and what shows it.
        reference: where the evidence lies.
        evidence_digest: SHA-256 of it.

    Raises:
        NotAllowed: the finding is somebody else's.
        InvalidInput: there is no evidence: neither reference nor digest, or no words.
        IllegalTransition: nobody planned the remediation.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    _require_owner(tx, row)
    require_prose("evidence", evidence)
    require_short("/reference", reference, most=MAX_REFERENCE)
    if not (reference or "").strip() and evidence_digest is None:
        raise unusable("reference", "say where the evidence lies: a reference, a digest, or both")
    move_finding(
        tx,
        row,
        FindingAction.REMEDIATE,
        said=evidence,
        reference=reference,
        evidence_digest=evidence_digest,
        changed={"remediated_by": tx.actor.id},
    )
    return finding_record(tx, row)


@operation(Permission.FINDING_CLOSE, records=FindingMoved)
def close_finding(tx: Transaction, finding_id: uuid.UUID, *, reason: str) -> FindingRecord:
    """Agree that a finding is put right.

    Raises:
        FourEyes: the actor owns it, remediated it, or had a hand in the version.
        IllegalTransition: it is not remediated, or someone else closed it first.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    require_independent_of(tx, row, act="close")
    require_prose("reason", reason)
    move_finding(tx, row, FindingAction.CLOSE, said=reason, changed={"closed_by": tx.actor.id})
    end_acceptance(tx, row, cause="closed")
    return finding_record(tx, row)


@operation(Permission.FINDING_OPEN, records=FindingMoved)
def reopen_finding(
    tx: Transaction, finding_id: uuid.UUID, *, reason: str, due_on: date
) -> FindingRecord:
    """Take a finding up again: the evidence does not convince, or the risk is not borne any more.

    Raises:
        InvalidInput: no reason is given, or the due day is past.
        FourEyes: the day moves later, and the actor may not close the finding either.
        IllegalTransition: it is open.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    require_prose("reason", reason)
    require_ahead(tx, due_on)
    # Due at once is no more time, even for one that was due before.
    if due_on > max(row.due_on, tx.now.date()):
        require_independent_of(tx, row, act="put off the due day of")
    announce_finding(tx, row.use_case_id)
    move_finding(
        tx,
        row,
        FindingAction.REOPEN,
        said=reason,
        changed={"due_on": due_on, "remediated_by": None, "closed_by": None},
    )
    end_acceptance(tx, row, cause="reopened")
    return finding_record(tx, row)


@operation(Permission.FINDING_CLOSE, records=FindingSeverityChanged)
def change_severity(
    tx: Transaction, finding_id: uuid.UUID, *, severity: FindingSeverity, reason: str
) -> FindingRecord:
    """Say that a finding is graver, or less grave, than it was thought to be.

    A risk that was accepted was a smaller one: when a finding turns out graver it is open again.

    Raises:
        FourEyes: the actor owns the finding, or had a hand in the version.
        Conflict: it is closed, or has this severity already.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    require_independent_of(tx, row, act="change the severity of")
    require_prose("reason", reason)
    before = FindingSeverity(row.severity)
    if row.state == FindingState.CLOSED:
        raise Conflict("the finding is closed; reopen it first", current_state=row.state)
    if before is severity:
        raise Conflict(f"the finding is {severity} already")
    announce_finding(tx, row.use_case_id)
    row.severity = severity
    tx.session.flush()
    said = f"{before} → {severity}: {reason.strip()}"
    if severity.reaches(before):
        if row.state == FindingState.RISK_ACCEPTED:
            move_finding(tx, row, FindingAction.REOPEN, said=said, changed={"remediated_by": None})
        end_acceptance(tx, row, cause="severity")
    add_step(tx, row, "change_severity", FindingState(row.state), said=said)
    tx.record(
        FindingSeverityChanged(
            model_version=row.model_version_id,
            before=before,
            after=severity,
            said_digest=json_digest(said),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return finding_record(tx, row)


def move_finding(
    tx: Transaction,
    row: FindingRow,
    action: FindingAction,
    *,
    said: str,
    reference: str | None = None,
    evidence_digest: Digest | None = None,
    changed: Mapping[str, uuid.UUID | date | None] = MappingProxyType({}),
) -> None:
    """Take a finding one step on by the table, conditionally: of two who try, one does.

    Args:
        tx: the change.
        row: the finding, held.
        action: the step.
        said: what was written at it.
        reference: where evidence lies.
        evidence_digest: of the evidence.
        changed: other columns that change with the state.

    Raises:
        IllegalTransition: the table has no such step, or someone else was first.
    """
    before, due_before = FindingState(row.state), row.due_on
    following = after(before, action)
    moved = tx.session.execute(
        update(FindingRow)
        .where(FindingRow.id == row.id, FindingRow.state == before)
        .values(state=following, **changed)
        .execution_options(synchronize_session="fetch")
        .returning(FindingRow.id)
    ).all()
    if not moved:
        raise IllegalTransition("finding", "moved on", action, allowed_actions(before))
    tx.session.refresh(row)
    add_step(
        tx, row, action, before, said=said, reference=reference, evidence_digest=evidence_digest
    )
    tx.record(
        FindingMoved(
            model_version=row.model_version_id,
            step=action,
            before=before,
            after=following,
            due_before=due_before,
            due_on=row.due_on,
            said_digest=json_digest(said.strip()),
            evidence_digest=evidence_digest,
        ),
        resource=row.id,
        project=row.project_id,
    )


def add_step(
    tx: Transaction,
    row: FindingRow,
    action: str,
    before: FindingState,
    *,
    said: str,
    reference: str | None = None,
    evidence_digest: Digest | None = None,
) -> None:
    """Keep what was done to a finding, and what was said at it."""
    tx.add(
        FindingStepRow(
            project_id=row.project_id,
            finding_id=row.id,
            action=action,
            before_state=before,
            after_state=row.state,
            severity=row.severity,
            said=said.strip(),
            reference=(reference or "").strip() or None,
            evidence_digest=evidence_digest,
            done_by=tx.actor.id,
            done_at=tx.now,
        )
    )


def end_acceptance(tx: Transaction, row: FindingRow, *, cause: str) -> None:
    """End what people agreed, or proposed, about bearing the risk of a finding, if anything."""
    acceptance = tx.session.execute(
        select(RiskAcceptanceRow).where(
            RiskAcceptanceRow.finding_id == row.id, RiskAcceptanceRow.ended_at.is_(None)
        )
    ).scalar_one_or_none()
    if acceptance is None:
        return
    acceptance.ended_at = tx.now
    tx.session.flush()
    tx.record(
        RiskAcceptanceEnded(
            finding=row.id,
            confirmed=acceptance.confirmed_by is not None,
            cause=cause,
            until_on=acceptance.until_on,
        ),
        resource=acceptance.id,
        project=row.project_id,
    )


def require_independent_of(view: View, row: FindingRow, *, act: str) -> None:
    """Refuse a judge of a finding who has a stake in it.

    Raises:
        FourEyes: the actor owns it, remediated it, or had a hand in the version.
    """
    if view.actor.id in {row.owner_id, row.remediated_by}:
        raise FourEyes(
            f"you may not {act} this finding because you own or remediated it; another person "
            "has to",
            act=act,
        )
    require_other_hands_in(view, row, act=act)


def require_other_hands_in(view: View, row: FindingRow, *, act: str) -> None:
    """Refuse whoever had a hand in a model version that a finding stands in the way of.

    One on a use case is about every version that serves it, until the version is retired.

    Raises:
        FourEyes: the actor trained, submitted, prepared or registered one, now or before it was
            re-certified.
    """
    if row.model_version_id is not None:
        about = ModelVersionRow.id == row.model_version_id
    else:
        models = select(ModelRow.id).where(ModelRow.use_case_id == row.use_case_id)
        about = and_(ModelVersionRow.model_id.in_(models), ModelVersionRow.state.not_in(_GONE))
    versions = view.session.execute(
        select(ModelVersionRow).where(about).order_by(ModelVersionRow.id)
    ).scalars()
    for version in versions.all():
        _require_other_hands_on(view, version, act=act)


def _require_other_hands_on(view: View, version: ModelVersionRow, *, act: str) -> None:
    if version.submitted_by is not None:
        deed = f"{act} a finding on"
        require_other_hands(view, makers_of(view, version), act=deed)
        require_no_earlier_hand(view, version.id, act=deed)
    elif version.registered_by == view.actor.id:
        raise FourEyes(
            f"you may not {act} this finding because you registered the model version", act=act
        )


def _require_owner(tx: Transaction, row: FindingRow) -> None:
    if row.owner_id != tx.actor.id:
        raise NotAllowed("the finding is another person's; its owner remediates it")

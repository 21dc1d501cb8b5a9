"""Conditions that were not met in time: the breach is a finding, and so it blocks."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.approval_events import ConditionBreached
from accredit_governance.errors import Conflict
from accredit_governance.lifecycle.conditions import ConditionAction, ConditionState, breaches_at
from accredit_governance.lifecycle.findings import FindingSeverity, FindingSource, FindingState
from accredit_governance.operations.blocking import announce_finding
from accredit_governance.operations.conditions import move_condition
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.findings import add_finding, could_remediate
from accredit_governance.operations.subjects import pinned_policy
from accredit_governance.operations.words import MAX_TITLE
from accredit_governance.registry.tables import (
    ConditionRow,
    FindingRow,
    ModelRow,
    ModelVersionRow,
    UseCaseRow,
)


@operation(Permission.SYSTEM_RECORD, records=ConditionBreached)
def breach_condition(tx: Transaction, condition_id: uuid.UUID) -> None:
    """Write down that a condition was not met, or not confirmed, in time; it becomes a finding.

    The finding is as severe as what blocks under the policy of the version. One that is open from
    an earlier breach of the same condition is enough.

    Raises:
        Conflict: there is time still, or nothing is owed.
    """
    row = tx.load(ConditionRow, condition_id, noun="condition")
    version = tx.session.get_one(ModelVersionRow, row.model_version_id)
    model = tx.session.get_one(ModelRow, version.model_id)
    # Before the condition: whoever retires the version holds it, and then voids the condition.
    announce_finding(tx, model.use_case_id, version_id=version.id)
    tx.session.refresh(row, with_for_update=True)
    before = ConditionState(row.state)
    at = breaches_at(before, row.due_at, row.met_at)
    if at is None:
        raise Conflict(f"the condition is {before}", current_state=before)
    if at > tx.now:
        raise Conflict(f"the condition has time until {at.isoformat()}")
    move_condition(tx, row, ConditionAction.BREACH)
    row.breached_at = tx.now
    tx.record(
        ConditionBreached(
            model_version=row.model_version_id, owner=row.owner_id, before=before, due_at=row.due_at
        ),
        resource=row.id,
        project=row.project_id,
    )
    present = select(FindingRow.id).where(
        FindingRow.condition_id == row.id, FindingRow.state != FindingState.CLOSED
    )
    if tx.session.execute(present).first() is None:
        _open_finding(tx, row, version, tx.session.get_one(UseCaseRow, model.use_case_id), before)


def _open_finding(
    tx: Transaction,
    row: ConditionRow,
    version: ModelVersionRow,
    use_case: UseCaseRow,
    before: ConditionState,
) -> None:
    _, policy = pinned_policy(tx, version)
    missed = "confirmed" if before is ConditionState.MET else "met"
    able = could_remediate(tx, row.owner_id, row.project_id)
    add_finding(
        tx,
        use_case,
        version_id=version.id,
        title=f"Condition not {missed} in time: {row.text}"[:MAX_TITLE],
        description=f"Due on {row.due_at.date()}: {row.text}",
        severity=FindingSeverity(policy.approval.blocking_severity),
        owner_id=row.owner_id if able else None,
        due_on=tx.now.date() + timedelta(days=policy.monitoring.rules.finding_due_days),
        source=FindingSource.CONDITION,
        condition_id=row.id,
    )

"""Another owner for a finding or a condition whose owner cannot, or does not, see to it.

Whoever could judge the outcome hands it on: not its owner, no maker of the version, and not to
themselves.
"""

import uuid
from typing import Final

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.approval_events import ConditionReassigned
from accredit_governance.audit.findings_events import FindingReassigned
from accredit_governance.documents import json_digest
from accredit_governance.errors import Conflict, FourEyes
from accredit_governance.lifecycle.conditions import ConditionState
from accredit_governance.lifecycle.findings import OWED, FindingState
from accredit_governance.operations.conditions import (
    condition_record,
    could_own,
    require_confirmer,
)
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.findings import finding_record, require_able_owner, unusable
from accredit_governance.operations.remediation import (
    add_step,
    end_acceptance,
    require_independent_of,
)
from accredit_governance.operations.words import require_prose
from accredit_governance.registry.approval_records import ConditionRecord
from accredit_governance.registry.findings_records import FindingRecord
from accredit_governance.registry.tables import ConditionRow, FindingRow

HANDED_ON: Final = OWED | {FindingState.REMEDIATED}
"""States in which a finding can get another owner: nobody has settled it."""

OWED_CONDITIONS: Final = frozenset({ConditionState.OPEN, ConditionState.BREACHED})
"""States in which somebody has still to meet a condition."""


@operation(Permission.FINDING_CLOSE, records=FindingReassigned)
def reassign_finding(
    tx: Transaction, finding_id: uuid.UUID, *, owner_id: uuid.UUID, reason: str
) -> FindingRecord:
    """Give a finding another owner. State and due day stay; a proposal to bear its risk ends.

    Raises:
        FourEyes: the actor owns it, remediated it, had a hand in the version, or would own it.
        InvalidInput: no reason is given, or the new owner is nobody who could remediate there.
        Conflict: it is settled, or theirs already.
    """
    row = tx.hold(FindingRow, finding_id, noun="finding")
    require_independent_of(tx, row, act="reassign")
    require_prose("reason", reason)
    _require_another(tx, row.owner_id, owner_id, noun="finding")
    state = FindingState(row.state)
    if state not in HANDED_ON:
        raise Conflict(f"the finding is {state}; reopen it first", current_state=state)
    require_able_owner(tx, owner_id, row.project_id)
    before, row.owner_id = row.owner_id, owner_id
    tx.session.flush()
    add_step(tx, row, "reassign", state, said=reason)
    tx.record(
        FindingReassigned(
            model_version=row.model_version_id,
            before=before,
            after=owner_id,
            said_digest=json_digest(reason.strip()),
        ),
        resource=row.id,
        project=row.project_id,
    )
    end_acceptance(tx, row, cause="reassigned")
    return finding_record(tx, row)


@operation(Permission.APPROVAL_SIGN, records=ConditionReassigned)
def reassign_condition(
    tx: Transaction, condition_id: uuid.UUID, *, owner_id: uuid.UUID, reason: str
) -> ConditionRecord:
    """Give a condition another owner. State and due day stay.

    Raises:
        NotAllowed: the actor's signature is lent.
        FourEyes: the actor owns it, had a hand in the version, or would own it.
        InvalidInput: no reason is given, or the new owner is nobody who could see to it.
        Conflict: nobody has to meet it, or it is theirs already.
    """
    row = tx.hold(ConditionRow, condition_id, noun="condition")
    require_confirmer(tx, row)
    require_prose("reason", reason)
    _require_another(tx, row.owner_id, owner_id, noun="condition")
    if row.state not in OWED_CONDITIONS:
        raise Conflict(f"the condition is {row.state}", current_state=row.state)
    if not could_own(tx, owner_id, row.project_id):
        raise unusable(
            "owner_id", "the owner of a condition is a person who builds or reviews in the project"
        )
    before, row.owner_id = row.owner_id, owner_id
    tx.session.flush()
    tx.record(
        ConditionReassigned(
            model_version=row.model_version_id,
            before=before,
            after=owner_id,
            reason=reason.strip(),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return condition_record(row)


def _require_another(tx: Transaction, before: uuid.UUID, after: uuid.UUID, *, noun: str) -> None:
    if after == tx.actor.id:
        raise FourEyes(f"you may not make this {noun} yours; another person has to", act="reassign")
    if after == before:
        raise Conflict(f"the {noun} is theirs already")

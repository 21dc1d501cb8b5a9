"""What falls when a version moves on: plans that rest on it, proceedings about it, conditions."""

from sqlalchemy import ColumnElement, update

from accredit_governance.audit.aftercare_events import ChangePlanEnded, ProceedingLapsed
from accredit_governance.audit.approval_events import ConditionVoided
from accredit_governance.lifecycle.conditions import ConditionAction, ConditionState, after
from accredit_governance.lifecycle.proceedings import ProceedingKind, ProceedingState, can_begin
from accredit_governance.lifecycle.versions import VersionState
from accredit_governance.operations.door import Transaction
from accredit_governance.registry.tables import (
    ChangePlanRow,
    ConditionRow,
    ModelVersionRow,
    ProceedingRow,
)


def settle(tx: Transaction, version: ModelVersionRow) -> None:
    """End what its new state leaves no room for. A plan that ended does not come back."""
    state = VersionState(version.state)
    if state is not VersionState.APPROVED:
        _end_plans(tx, version, state)
    _lapse_proceedings(tx, version, state)
    if state is VersionState.RETIRED:
        _void_conditions(tx, version)


def _end_plans(tx: Transaction, version: ModelVersionRow, state: VersionState) -> None:
    reason = f"the version that the plan was signed for is {state}"
    ended = tx.session.execute(
        update(ChangePlanRow)
        .where(ChangePlanRow.model_version_id == version.id, ChangePlanRow.ended_at.is_(None))
        .values(ended_at=tx.now, ended_because=reason)
        .execution_options(synchronize_session="fetch")
        .returning(ChangePlanRow.id)
    ).scalars()
    for plan_id in ended.all():
        tx.record(
            ChangePlanEnded(model_version=version.id, reason=reason),
            resource=plan_id,
            project=version.project_id,
        )


def _lapse_proceedings(tx: Transaction, version: ModelVersionRow, state: VersionState) -> None:
    ended = [kind.value for kind in ProceedingKind if not can_begin(kind, state)]
    lapse(tx, ProceedingRow.model_version_id == version.id, ProceedingRow.kind.in_(ended))


def lapse(tx: Transaction, *which: ColumnElement[bool]) -> None:
    """Let proceedings lapse that are open still; what somebody decided at this moment stays."""
    lapsed = tx.session.execute(
        update(ProceedingRow)
        .where(*which, ProceedingRow.state == ProceedingState.OPEN)
        .values(state=ProceedingState.LAPSED, decided_at=tx.now)
        .execution_options(synchronize_session="fetch")
        .returning(ProceedingRow)
    ).scalars()
    for row in lapsed.all():
        tx.record(
            ProceedingLapsed(model_version=row.model_version_id, kind=row.kind),
            resource=row.id,
            project=row.project_id,
        )


def _void_conditions(tx: Transaction, version: ModelVersionRow) -> None:
    for before in (ConditionState.OPEN, ConditionState.MET):
        voided = tx.session.execute(
            update(ConditionRow)
            .where(ConditionRow.model_version_id == version.id, ConditionRow.state == before)
            .values(state=after(before, ConditionAction.DROP))
            .execution_options(synchronize_session="fetch")
            .returning(ConditionRow.id)
        ).scalars()
        for condition_id in voided.all():
            tx.record(
                ConditionVoided(model_version=version.id),
                resource=condition_id,
                project=version.project_id,
            )

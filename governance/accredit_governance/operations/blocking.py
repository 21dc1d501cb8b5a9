"""What findings stand in the way: of signing a version off, deploying it, bringing it back.

Whoever opens, reopens or grades a finding and whoever asks whether one blocks lock the same row,
the use case: so of a finding and an approval at once, one comes first and the other sees it.
"""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from accredit_governance.errors import FindingOpen
from accredit_governance.lifecycle.findings import FindingSeverity, FindingState
from accredit_governance.operations.door import Transaction
from accredit_governance.operations.policies import policy_of
from accredit_governance.registry.tables import (
    FindingRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    RiskAcceptanceRow,
    UseCaseRow,
)

UNLESS_SAID: Final = FindingSeverity.HIGH
"""From which severity findings block a version that no policy is pinned to yet."""


def blocking_findings(
    session: Session, version_id: uuid.UUID, *, now: datetime
) -> list[FindingRow]:
    """Findings on a version, or on its use case, that stand in its way at a moment, oldest first.

    They are as severe as the pinned policy says, neither closed nor borne by two people. A risk
    that was accepted until a day is not borne after it, whether or not a worker wrote that down.
    """
    version = session.get_one(ModelVersionRow, version_id)
    grave = [severity for severity in FindingSeverity if severity.reaches(_limit(session, version))]
    return [row for row in standing_findings(session, version, now=now) if row.severity in grave]


def standing_findings(
    session: Session, version: ModelVersionRow, *, now: datetime
) -> list[FindingRow]:
    """Findings of any severity on a version, or on its use case, that nobody settled."""
    borne = set(
        session.execute(
            select(RiskAcceptanceRow.finding_id).where(
                RiskAcceptanceRow.finding_id.in_(
                    select(FindingRow.id).where(_is_about(session, version))
                ),
                RiskAcceptanceRow.ended_at.is_(None),
                RiskAcceptanceRow.confirmed_by.is_not(None),
                RiskAcceptanceRow.until_on >= now.date(),
            )
        ).scalars()
    )
    return [
        row
        for row in unclosed_findings(session, version)
        if row.state != FindingState.RISK_ACCEPTED or row.id not in borne
    ]


def unclosed_findings(session: Session, version: ModelVersionRow) -> list[FindingRow]:
    """Findings on a version, or on its use case, that are not closed, oldest first."""
    return list(
        session.execute(
            select(FindingRow)
            .where(_is_about(session, version), FindingRow.state != FindingState.CLOSED)
            .order_by(FindingRow.id)
            # A row that was read before the lock may be another one now.
            .execution_options(populate_existing=True)
        ).scalars()
    )


def _is_about(session: Session, version: ModelVersionRow) -> ColumnElement[bool]:
    use_case_id = session.get_one(ModelRow, version.model_id).use_case_id
    return or_(
        FindingRow.model_version_id == version.id,
        and_(FindingRow.model_version_id.is_(None), FindingRow.use_case_id == use_case_id),
    )


def announce_finding(
    tx: Transaction, use_case_id: uuid.UUID, *, version_id: uuid.UUID | None = None
) -> None:
    """Make whoever asks what blocks in a use case wait until this change is done, or the reverse.

    Args:
        tx: the change that opens, reopens or grades a finding.
        use_case_id: of the finding.
        version_id: on which a new finding will be. The row refers to it, so it is locked before the
            use case, in the order of those who deploy it.
    """
    if version_id is not None:
        about = select(ModelVersionRow.id).where(ModelVersionRow.id == version_id)
        tx.session.execute(about.with_for_update(read=True, key_share=True))
    common = select(UseCaseRow.id).where(UseCaseRow.id == use_case_id)
    tx.session.execute(common.with_for_update(key_share=True))


def require_no_blocking_finding(tx: Transaction, version_id: uuid.UUID) -> None:
    """Demand that no finding stands in the way of a version, until this change is done.

    Whoever holds the version holds it before this.

    Raises:
        FindingOpen: one does.
    """
    version = tx.session.get_one(ModelVersionRow, version_id)
    use_case_id = tx.session.get_one(ModelRow, version.model_id).use_case_id
    common = select(UseCaseRow.id).where(UseCaseRow.id == use_case_id)
    tx.session.execute(common.with_for_update(read=True))
    refuse_blocked(tx.session, version_id, now=tx.now)


def refuse_blocked(session: Session, version_id: uuid.UUID, *, now: datetime) -> None:
    """Demand that no finding stands in the way of a version at this moment, which may pass.

    Raises:
        FindingOpen: one does.
    """
    blocking = blocking_findings(session, version_id, now=now)
    if blocking:
        told = ", ".join(f"{row.severity} {row.id}" for row in blocking[:5])
        raise FindingOpen(
            f"{len(blocking)} findings block: {told}; they have to be closed, or their risk "
            "accepted, first",
            findings=[str(row.id) for row in blocking],
        )


def _limit(session: Session, version: ModelVersionRow) -> FindingSeverity:
    if version.policy_version_id is None:
        return UNLESS_SAID
    policy = policy_of(session.get_one(PolicyVersionRow, version.policy_version_id))
    return FindingSeverity(policy.approval.blocking_severity)

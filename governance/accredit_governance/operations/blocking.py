"""What findings stand in the way: of signing a version off, deploying it, bringing it back."""

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from accredit_governance.errors import FindingOpen
from accredit_governance.lifecycle.findings import FindingSeverity, FindingState
from accredit_governance.operations.policies import policy_of
from accredit_governance.registry.tables import (
    FindingRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    RiskAcceptanceRow,
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
        ).scalars()
    )


def _is_about(session: Session, version: ModelVersionRow) -> ColumnElement[bool]:
    use_case_id = session.get_one(ModelRow, version.model_id).use_case_id
    return or_(
        FindingRow.model_version_id == version.id,
        and_(FindingRow.model_version_id.is_(None), FindingRow.use_case_id == use_case_id),
    )


def require_no_blocking_finding(session: Session, version_id: uuid.UUID, *, now: datetime) -> None:
    """Demand that no finding stands in the way of a version.

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

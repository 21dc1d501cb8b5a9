"""What of a grant is used up: looked at before a prediction, counted in the transaction of it."""

import uuid
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from accredit_governance.errors import QuotaExhausted
from accredit_governance.registry.tables import AccessGrantRow, AccessMeterRow, AccessUsageRow


def open_meter(session: Session, grant_id: uuid.UUID) -> None:
    """Begin to count; without a meter nothing is served."""
    session.add(AccessMeterRow(access_grant_id=grant_id, predictions=0))


def used(session: Session, grant_id: uuid.UUID, now: datetime) -> tuple[int, int]:
    """Predictions in all, and on the present day in UTC."""
    total = session.execute(
        select(AccessMeterRow.predictions).where(AccessMeterRow.access_grant_id == grant_id)
    ).scalar_one_or_none()
    today = session.execute(
        select(AccessUsageRow.predictions).where(
            AccessUsageRow.access_grant_id == grant_id, AccessUsageRow.day == now.date()
        )
    ).scalar_one_or_none()
    return total or 0, today or 0


def require_quota(session: Session, grant: AccessGrantRow, rows: int, now: datetime) -> None:
    """Refuse early what `spend` would refuse; another caller may still be faster.

    Raises:
        QuotaExhausted: fewer than `rows` predictions are left.
    """
    total, today = used(session, grant.id, now)
    if grant.quota_total is not None and total + rows > grant.quota_total:
        _refuse_in_all(grant, rows)
    if grant.quota_per_day is not None and today + rows > grant.quota_per_day:
        _refuse_today(grant, rows, now)


def spend(session: Session, grant: AccessGrantRow, rows: int, now: datetime) -> None:
    """Count predictions that are being logged; beyond the quota nothing is counted.

    Raises:
        QuotaExhausted: fewer than `rows` predictions are left.
    """
    counted = update(AccessMeterRow).where(AccessMeterRow.access_grant_id == grant.id)
    if grant.quota_total is not None:
        counted = counted.where(AccessMeterRow.predictions + rows <= grant.quota_total)
    counted = counted.values(predictions=AccessMeterRow.predictions + rows)
    # The meter's row is held until the commit, so nobody else counts this grant's day meanwhile.
    if not _hits(session, counted.returning(AccessMeterRow.access_grant_id)):
        _refuse_in_all(grant, rows)
    _, today = used(session, grant.id, now)
    if grant.quota_per_day is not None and today + rows > grant.quota_per_day:
        _refuse_today(grant, rows, now)
    day = update(AccessUsageRow).where(
        AccessUsageRow.access_grant_id == grant.id, AccessUsageRow.day == now.date()
    )
    day = day.values(predictions=AccessUsageRow.predictions + rows)
    if not _hits(session, day.returning(AccessUsageRow.access_grant_id)):
        session.add(AccessUsageRow(access_grant_id=grant.id, day=now.date(), predictions=rows))


def _hits(session: Session, statement: ReturningUpdate[tuple[uuid.UUID]]) -> bool:
    # No counter is kept in the session, so none has to be put right there.
    blind = {"synchronize_session": False}
    return bool(session.execute(statement, execution_options=blind).all())


def _refuse_in_all(grant: AccessGrantRow, rows: int) -> NoReturn:
    raise QuotaExhausted(
        f"fewer than {rows} predictions are left of the {grant.quota_total} that your grant"
        " allows in all; ask for a renewal",
        quota_total=grant.quota_total,
    )


def _refuse_today(grant: AccessGrantRow, rows: int, now: datetime) -> NoReturn:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
    raise QuotaExhausted(
        f"fewer than {rows} predictions are left today of the {grant.quota_per_day} that your"
        " grant allows per day in UTC",
        quota_per_day=grant.quota_per_day,
        retry_after_s=int((tomorrow - now).total_seconds()) + 1,
    )

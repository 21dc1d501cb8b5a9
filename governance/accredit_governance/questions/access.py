"""Access to models: requests, grants, and what of a grant is used up.

Everybody sees their own: what they asked for, and what lets them in. Who reads the audit trail of a
project sees all of it there.
"""

import uuid

from sqlalchemy import ColumnElement, or_, select

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.errors import GovernanceError, NotFound
from accredit_governance.lifecycle.access import DECIDERS, AccessState
from accredit_governance.operations.access_decisions import require_decider
from accredit_governance.operations.access_requests import grant_record, request_record
from accredit_governance.operations.door import View, question
from accredit_governance.operations.quota import used
from accredit_governance.questions.pages import Listing, Page, visible_rows
from accredit_governance.registry.access_records import (
    AccessGrantRecord,
    AccessRequestRecord,
    DayOfUse,
    GrantUsage,
)
from accredit_governance.registry.held_roles import held_roles
from accredit_governance.registry.records import PrincipalRecord
from accredit_governance.registry.tables import (
    AccessGrantRow,
    AccessRequestRow,
    AccessUsageRow,
    ModelRow,
    PrincipalRow,
)

DAYS_SHOWN = 90
CONSUMERS_SHOWN = 500


@question(Permission.ACCESS_READ)
def access_requests(
    view: View,
    page: Page,
    *,
    state: AccessState | None = None,
    model_id: uuid.UUID | None = None,
    for_me: bool = False,
) -> Listing[AccessRequestRecord]:
    """Requests, newest first; `for_me` keeps those that the caller could decide now."""
    where = [_may_read(view, AccessRequestRow, AccessRequestRow.requested_by == view.actor.id)]
    if state is not None:
        where.append(AccessRequestRow.state == state)
    if model_id is not None:
        where.append(AccessRequestRow.model_id == model_id)
    if for_me:
        where.append(AccessRequestRow.state.in_(DECIDERS))
    rows, token = visible_rows(view, AccessRequestRow, page, *where)
    shown = [row for row in rows if not for_me or _refusal(view, row) is None]
    return Listing(items=tuple(request_record(view, row) for row in shown), next_page_token=token)


@question(Permission.ACCESS_READ)
def access_request(view: View, request_id: uuid.UUID) -> AccessRequestRecord:
    """One request, with what was said about it."""
    return request_record(view, _request(view, request_id))


@question(Permission.ACCESS_READ)
def why_not_decide(view: View, request_id: uuid.UUID) -> str | None:
    """Why the caller cannot decide a request now; None when they can."""
    return _refusal(view, _request(view, request_id))


@question(Permission.ACCESS_READ)
def access_grants(
    view: View,
    page: Page,
    *,
    model_id: uuid.UUID | None = None,
    environment: str | None = None,
    principal_id: uuid.UUID | None = None,
) -> Listing[AccessGrantRecord]:
    """Grants, newest first, those that have ended included."""
    asked_for = select(AccessRequestRow.access_grant_id).where(
        AccessRequestRow.requested_by == view.actor.id,
        AccessRequestRow.access_grant_id.is_not(None),
    )
    where = [_may_read(view, AccessGrantRow, AccessGrantRow.id.in_(asked_for))]
    if model_id is not None:
        where.append(AccessGrantRow.model_id == model_id)
    if environment is not None:
        where.append(AccessGrantRow.environment == environment)
    if principal_id is not None:
        where.append(AccessGrantRow.principal_id == principal_id)
    rows, token = visible_rows(view, AccessGrantRow, page, *where)
    return Listing(items=tuple(grant_record(view, row) for row in rows), next_page_token=token)


@question(Permission.ACCESS_READ)
def access_grant(view: View, grant_id: uuid.UUID) -> AccessGrantRecord:
    """One grant."""
    return grant_record(view, _grant(view, grant_id))


@question(Permission.ACCESS_READ)
def grant_usage(view: View, grant_id: uuid.UUID) -> GrantUsage:
    """How much of a grant is used up, and on which days."""
    grant = _grant(view, grant_id)
    total, today = used(view.session, grant.id, view.now)
    days = view.session.execute(
        select(AccessUsageRow.day, AccessUsageRow.predictions)
        .where(AccessUsageRow.access_grant_id == grant.id)
        .order_by(AccessUsageRow.day.desc())
        .limit(DAYS_SHOWN)
    ).all()
    return GrantUsage(
        access_grant_id=grant.id,
        total=total,
        today=today,
        left_today=None if grant.quota_per_day is None else max(grant.quota_per_day - today, 0),
        left=None if grant.quota_total is None else max(grant.quota_total - total, 0),
        days=tuple(DayOfUse(day=d.day, predictions=d.predictions) for d in reversed(days)),
    )


@question(Permission.ACCESS_REQUEST_CREATE)
def possible_consumers(view: View, model_id: uuid.UUID) -> tuple[PrincipalRecord, ...]:
    """Who could be let in to a model: those who hold the role consumer in its project."""
    model = view.load(ModelRow, model_id, noun="model")
    held = held_roles()
    found = view.session.execute(
        select(PrincipalRow)
        .where(
            PrincipalRow.active,
            PrincipalRow.id.in_(
                select(held.c.principal_id).where(
                    held.c.role == Role.CONSUMER,
                    or_(held.c.project_id.is_(None), held.c.project_id == model.project_id),
                    or_(held.c.model_id.is_(None), held.c.model_id == model.id),
                )
            ),
        )
        .order_by(PrincipalRow.name)
        .limit(CONSUMERS_SHOWN)
    ).scalars()
    return tuple(PrincipalRecord.of(row) for row in found)


def _request(view: View, request_id: uuid.UUID) -> AccessRequestRow:
    row = view.load(AccessRequestRow, request_id, noun="access request")
    mine = view.actor.id in {row.requested_by, row.principal_id}
    if not mine and not view.may(Permission.AUDIT_READ, row):
        raise NotFound(f"there is no access request {request_id}")
    return row


def _grant(view: View, grant_id: uuid.UUID) -> AccessGrantRow:
    row = view.load(AccessGrantRow, grant_id, noun="access grant")
    asked = select(AccessRequestRow.id).where(
        AccessRequestRow.access_grant_id == grant_id,
        AccessRequestRow.requested_by == view.actor.id,
    )
    mine = row.principal_id == view.actor.id or view.session.execute(asked).first() is not None
    if not mine and not view.may(Permission.AUDIT_READ, row):
        raise NotFound(f"there is no access grant {grant_id}")
    return row


def _may_read(
    view: View,
    table: type[AccessRequestRow] | type[AccessGrantRow],
    *more: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Condition for what the caller may see of a table."""
    audited = view.visible(table, Permission.AUDIT_READ)
    return or_(table.principal_id == view.actor.id, audited, *more)


def _refusal(view: View, row: AccessRequestRow) -> str | None:
    if not view.may(Permission.ACCESS_GRANT_GIVE, row):
        return "only the owner of the use case and compliance decide on access"
    try:
        require_decider(view, row)
    except GovernanceError as error:
        return error.message
    return None

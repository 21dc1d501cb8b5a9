"""Findings: the list, one with its history, those that wait for the caller."""

import uuid

from sqlalchemy import ColumnElement, select

from accredit_governance.access.permissions import Permission
from accredit_governance.errors import GovernanceError
from accredit_governance.lifecycle.findings import (
    OWED,
    FindingAction,
    FindingSeverity,
    FindingState,
    after,
)
from accredit_governance.operations.blocking import blocking_findings
from accredit_governance.operations.door import View, question
from accredit_governance.operations.findings import finding_record
from accredit_governance.operations.remediation import require_independent_of
from accredit_governance.operations.risk_acceptances import require_confirmable
from accredit_governance.questions.pages import MAX_PAGE, Listing, Page, visible_rows
from accredit_governance.registry.findings_records import (
    FindingRecord,
    FindingStepRecord,
    RiskAcceptanceRecord,
)
from accredit_governance.registry.held_roles import people_with
from accredit_governance.registry.tables import (
    AlertRow,
    FindingRow,
    FindingStepRow,
    ModelVersionRow,
    RiskAcceptanceRow,
)


@question(Permission.PROJECT_READ)
def findings(
    view: View,
    page: Page,
    *,
    state: FindingState | None = None,
    severity: FindingSeverity | None = None,
    owned_by_me: bool = False,
    overdue: bool | None = None,
    model_version_id: uuid.UUID | None = None,
    use_case_id: uuid.UUID | None = None,
) -> Listing[FindingRecord]:
    """Findings that the caller may see, newest first."""
    where: list[ColumnElement[bool]] = []
    if state is not None:
        where.append(FindingRow.state == state)
    if severity is not None:
        where.append(FindingRow.severity == severity)
    if owned_by_me:
        where.append(FindingRow.owner_id == view.actor.id)
    if overdue is not None:
        late = FindingRow.state.in_(OWED) & (FindingRow.due_on < view.now.date())
        where.append(late if overdue else ~late)
    if model_version_id is not None:
        where.append(FindingRow.model_version_id == model_version_id)
    if use_case_id is not None:
        where.append(FindingRow.use_case_id == use_case_id)
    rows, token = visible_rows(view, FindingRow, page, *where)
    return Listing(items=tuple(finding_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def finding(view: View, finding_id: uuid.UUID) -> FindingRecord:
    """One finding."""
    return finding_record(view, view.load(FindingRow, finding_id, noun="finding"))


@question(Permission.PROJECT_READ)
def steps(view: View, finding_id: uuid.UUID) -> Listing[FindingStepRecord]:
    """History of a finding, oldest first."""
    view.load(FindingRow, finding_id, noun="finding")
    rows = view.session.execute(
        select(FindingStepRow)
        .where(FindingStepRow.finding_id == finding_id)
        .order_by(FindingStepRow.id)
        .limit(MAX_PAGE)
    ).scalars()
    return Listing(items=tuple(FindingStepRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def risk_acceptances(view: View, finding_id: uuid.UUID) -> Listing[RiskAcceptanceRecord]:
    """What people agreed, or proposed, about bearing the risk of a finding, newest first."""
    view.load(FindingRow, finding_id, noun="finding")
    rows = view.session.execute(
        select(RiskAcceptanceRow)
        .where(RiskAcceptanceRow.finding_id == finding_id)
        .order_by(RiskAcceptanceRow.id.desc())
        .limit(MAX_PAGE)
    ).scalars()
    return Listing(items=tuple(RiskAcceptanceRecord.of(row) for row in rows))


@question(Permission.PROJECT_READ)
def findings_in_the_way(view: View, version_id: uuid.UUID) -> Listing[FindingRecord]:
    """Findings that block signatures, deployments and reinstatements of a version now."""
    version = view.load(ModelVersionRow, version_id, noun="model version")
    rows = blocking_findings(view.session, version.id, now=view.now)
    return Listing(items=tuple(finding_record(view, row) for row in rows))


@question(Permission.PROJECT_READ)
def owed_by_me(view: View, page: Page) -> Listing[FindingRecord]:
    """Findings that the caller has to remediate, newest first."""
    mine = (FindingRow.owner_id == view.actor.id, FindingRow.state.in_(OWED))
    rows, token = visible_rows(view, FindingRow, page, *mine)
    return Listing(items=tuple(finding_record(view, row) for row in rows), next_page_token=token)


@question(Permission.PROJECT_READ)
def remediated_for_me(view: View, page: Page) -> Listing[FindingRecord]:
    """Remediated findings that the caller could close now, newest first."""
    rows, token = visible_rows(view, FindingRow, page, FindingRow.state == FindingState.REMEDIATED)
    mine = tuple(finding_record(view, row) for row in rows if _no_close(view, row) is None)
    return Listing(items=mine, next_page_token=token)


@question(Permission.PROJECT_READ)
def why_not_close(view: View, finding_id: uuid.UUID) -> str | None:
    """Why the caller cannot close a finding now; None when they can."""
    return _no_close(view, view.load(FindingRow, finding_id, noun="finding"))


def _no_close(view: View, row: FindingRow) -> str | None:
    if not view.may(Permission.FINDING_CLOSE, row):
        return f"it needs the permission {Permission.FINDING_CLOSE}"
    try:
        after(FindingState(row.state), FindingAction.CLOSE)
        require_independent_of(view, row, act="close")
    except GovernanceError as error:
        return error.message
    return None


@question(Permission.PROJECT_READ)
def acceptances_to_confirm(view: View, page: Page) -> Listing[RiskAcceptanceRecord]:
    """Proposals to bear a risk that the caller could agree to now, newest first."""
    pending = (RiskAcceptanceRow.confirmed_by.is_(None), RiskAcceptanceRow.ended_at.is_(None))
    rows, token = visible_rows(view, RiskAcceptanceRow, page, *pending)
    mine = tuple(RiskAcceptanceRecord.of(r) for r in rows if _no_confirmation(view, r) is None)
    return Listing(items=mine, next_page_token=token)


@question(Permission.PROJECT_READ)
def why_not_confirm(view: View, acceptance_id: uuid.UUID) -> str | None:
    """Why the caller cannot agree to a proposed acceptance now; None when they can."""
    row = view.load(RiskAcceptanceRow, acceptance_id, noun="risk acceptance")
    return _no_confirmation(view, row)


def _no_confirmation(view: View, row: RiskAcceptanceRow) -> str | None:
    if not view.may(Permission.FINDING_ACCEPT, row):
        return f"it needs the permission {Permission.FINDING_ACCEPT}"
    try:
        require_confirmable(view, row, view.session.get_one(FindingRow, row.finding_id))
    except GovernanceError as error:
        return error.message
    return None


@question(Permission.PROJECT_READ)
def possible_owners(view: View, project_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Active people who could remediate a finding in a project: identifier → display name.

    None are told to somebody who knows one model of the project only.
    """
    if not view.is_inside(project_id):
        return {}
    able = people_with(Permission.FINDING_REMEDIATE, view.now, projects=(project_id,))
    return {row.id: row.title for row in view.session.execute(able.limit(MAX_PAGE))}


@question(Permission.PROJECT_READ)
def finding_of_alert(view: View, alert_id: uuid.UUID) -> FindingRecord | None:
    """The finding that an alert became; None while it is only an alert."""
    view.load(AlertRow, alert_id, noun="alert")
    row = view.session.execute(
        select(FindingRow).where(FindingRow.alert_id == alert_id)
    ).scalar_one_or_none()
    return None if row is None else finding_record(view, row)

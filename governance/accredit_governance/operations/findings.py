"""Findings: what is wrong with a model version or a use case, who puts it right and by when.

A validator, compliance or an owner opens one; a monitor does by the policy's rule, so does whoever
declines an attestation, and so does a condition that is breached. How findings end is in
`remediation` and `risk_acceptances`; how they stand in the way of a version, in `blocking`.
"""

import uuid
from datetime import date, timedelta

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.findings_events import FindingOpened
from accredit_governance.documents import json_digest
from accredit_governance.errors import Conflict, InvalidInput
from accredit_governance.lifecycle.findings import (
    FindingSeverity,
    FindingSource,
    FindingState,
    allowed_actions,
    is_overdue,
)
from accredit_governance.operations.blocking import announce_finding
from accredit_governance.operations.door import Transaction, View, operation
from accredit_governance.operations.policies import policy_of
from accredit_governance.operations.standing import standing_of
from accredit_governance.operations.words import MAX_TITLE, require_prose, require_short
from accredit_governance.registry.findings_records import FindingRecord
from accredit_governance.registry.tables import (
    AlertRow,
    DeploymentRow,
    FindingRow,
    ModelRow,
    ModelVersionRow,
    PolicyVersionRow,
    PrincipalRow,
    UseCaseRow,
)

SERVICE_SOURCES = frozenset({FindingSource.ALERT, FindingSource.ATTESTATION})
OF_ALERT = {"warning": FindingSeverity.MEDIUM, "critical": FindingSeverity.CRITICAL}


@operation(Permission.FINDING_OPEN, records=FindingOpened)
def open_finding(
    tx: Transaction,
    version_id: uuid.UUID,
    *,
    title: str,
    description: str,
    severity: FindingSeverity,
    owner_id: uuid.UUID,
    due_on: date,
    source: FindingSource = FindingSource.MANUAL,
) -> FindingRecord:
    """Say what is wrong with a model version, and who puts it right by when.

    Raises:
        InvalidInput: the words are missing, the due day is past, the owner is nobody who could
            remediate there, or the source is one that only the service names.
    """
    version = tx.load(ModelVersionRow, version_id, noun="model version")
    model = tx.session.get_one(ModelRow, version.model_id)
    use_case = tx.session.get_one(UseCaseRow, model.use_case_id)
    _check_source(source)
    require_short("/title", title, most=MAX_TITLE)
    require_prose("description", description)
    return finding_record(
        tx,
        add_finding(
            tx,
            use_case,
            version_id=version.id,
            title=title,
            description=description,
            severity=severity,
            owner_id=owner_id,
            due_on=due_on,
            source=source,
        ),
    )


@operation(Permission.FINDING_OPEN, records=FindingOpened)
def open_use_case_finding(
    tx: Transaction,
    use_case_id: uuid.UUID,
    *,
    title: str,
    description: str,
    severity: FindingSeverity,
    owner_id: uuid.UUID,
    due_on: date,
    source: FindingSource = FindingSource.MANUAL,
) -> FindingRecord:
    """Say what is wrong with a use case, and thereby with every version that serves it.

    Raises:
        InvalidInput: as for `open_finding`.
    """
    use_case = tx.load(UseCaseRow, use_case_id, noun="use case")
    _check_source(source)
    require_short("/title", title, most=MAX_TITLE)
    require_prose("description", description)
    return finding_record(
        tx,
        add_finding(
            tx,
            use_case,
            version_id=None,
            title=title,
            description=description,
            severity=severity,
            owner_id=owner_id,
            due_on=due_on,
            source=source,
        ),
    )


@operation(Permission.FINDING_OPEN, records=FindingOpened)
def open_alert_finding(
    tx: Transaction,
    alert_id: uuid.UUID,
    *,
    description: str = "",
    severity: FindingSeverity | None = None,
    owner_id: uuid.UUID | None = None,
    due_on: date | None = None,
) -> FindingRecord:
    """Make an alert a finding. What is not said is read from the alert, use case and policy.

    Raises:
        Conflict: the alert has a finding already.
        InvalidInput: as for `open_finding`.
    """
    alert = tx.load(AlertRow, alert_id, noun="alert")
    if description:
        require_prose("description", description)
    present = select(FindingRow.id).where(FindingRow.alert_id == alert_id)
    if tx.session.execute(present).first():
        raise Conflict("the alert has a finding already")
    return finding_record(
        tx,
        finding_of_alert(
            tx, alert, description=description, severity=severity, owner_id=owner_id, due_on=due_on
        ),
    )


def finding_of_alert(
    tx: Transaction,
    alert: AlertRow,
    *,
    description: str = "",
    severity: FindingSeverity | None = None,
    owner_id: uuid.UUID | None = None,
    due_on: date | None = None,
) -> FindingRow:
    """Open the one finding of an alert.

    Raises:
        Conflict: someone else opened it at the same moment.
    """
    deployment = tx.session.get_one(DeploymentRow, alert.deployment_id)
    version = tx.session.get_one(ModelVersionRow, deployment.model_version_id)
    model = tx.session.get_one(ModelRow, version.model_id)
    policy = policy_of(tx.session.get_one(PolicyVersionRow, version.policy_version_id))
    days = policy.monitoring.rules.finding_due_days
    return add_finding(
        tx,
        tx.session.get_one(UseCaseRow, model.use_case_id),
        version_id=version.id,
        title=f"Alert: {alert.subject}"[:MAX_TITLE],
        description=description or alert.message,
        severity=severity or OF_ALERT[alert.severity],
        owner_id=owner_id,
        due_on=due_on or tx.now.date() + timedelta(days=days),
        source=FindingSource.ALERT,
        alert_id=alert.id,
    )


def add_finding(
    tx: Transaction,
    use_case: UseCaseRow,
    *,
    version_id: uuid.UUID | None,
    title: str,
    description: str,
    severity: FindingSeverity,
    owner_id: uuid.UUID | None,
    due_on: date,
    source: FindingSource,
    alert_id: uuid.UUID | None = None,
    attestation_id: uuid.UUID | None = None,
    condition_id: uuid.UUID | None = None,
) -> FindingRow:
    """A new finding with its event; without an `owner_id` the owner of the use case owns it.

    Raises:
        InvalidInput: as for `open_finding`.
    """
    if not title.strip():
        raise unusable("title", "title needs at least a word")
    require_ahead(tx, due_on)
    if owner_id is not None:
        require_able_owner(tx, owner_id, use_case.project_id)
    announce_finding(tx, use_case.id, version_id=version_id)
    row = tx.add(
        FindingRow(
            project_id=use_case.project_id,
            use_case_id=use_case.id,
            model_version_id=version_id,
            alert_id=alert_id,
            attestation_id=attestation_id,
            condition_id=condition_id,
            source=source,
            title=title.strip(),
            description=description.strip(),
            severity=severity,
            state=FindingState.OPEN,
            owner_id=owner_id or use_case.owner_id,
            due_on=due_on,
            opened_by=tx.actor.id,
            opened_at=tx.now,
        )
    )
    tx.record(
        FindingOpened(
            use_case=use_case.id,
            model_version=version_id,
            severity=severity,
            source=source,
            owner=row.owner_id,
            due_on=due_on,
            described_digest=json_digest({"title": row.title, "description": row.description}),
        ),
        resource=row.id,
        project=row.project_id,
    )
    return row


def require_ahead(view: View, due_on: date, *, field: str = "due_on") -> None:
    """Demand that a day is not past.

    Raises:
        InvalidInput: it is.
    """
    today = view.now.date()
    if due_on < today:
        raise unusable(field, f"{field} is {due_on}, which lies before today ({today})")


def _check_source(source: FindingSource) -> None:
    if source in SERVICE_SOURCES:
        raise unusable("source", f"the source {source} is named by the service alone")


def require_able_owner(view: View, owner_id: uuid.UUID, project_id: uuid.UUID) -> None:
    """Demand that somebody could own a finding.

    Raises:
        InvalidInput: they are nobody who could remediate there.
    """
    if not could_remediate(view, owner_id, project_id):
        raise unusable(
            "owner_id",
            f"owner_id {owner_id} is no active person with a role in this project that remediates",
        )


def could_remediate(view: View, person_id: uuid.UUID, project_id: uuid.UUID) -> bool:
    """Whether somebody is an active person with a role in a project that remediates."""
    person = view.session.get(PrincipalRow, person_id)
    if person is None or person.kind != "user":
        return False
    there = standing_of(view.session, person, view.now)
    return there.may_itself(Permission.FINDING_REMEDIATE, project_id)


def unusable(field: str, message: str) -> InvalidInput:
    """The error that one field is to blame for."""
    return InvalidInput(message, [{"pointer": f"/{field}", "detail": message}])


def finding_record(view: View, row: FindingRow) -> FindingRecord:
    """Document of a finding row, with where it stands now."""
    state = FindingState(row.state)
    return FindingRecord.of(
        row,
        overdue=is_overdue(state, row.due_on, view.now.date()),
        allowed_actions=allowed_actions(state),
    )

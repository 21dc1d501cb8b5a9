"""Searching the audit trail."""

import json
import uuid
from datetime import datetime

from sqlalchemy import select

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput
from accredit_governance.operations.door import View, question
from accredit_governance.questions.pages import MAX_PAGE, Listing
from accredit_governance.registry.records import AuditEventRecord
from accredit_governance.registry.tables import AuditCheckpointRow, AuditEventRow


class TrailFilter(Document):
    """Which events are wanted; empty fields do not restrict."""

    actor_id: uuid.UUID | None = None
    action: str | None = None
    resource_id: uuid.UUID | None = None
    project_id: uuid.UUID | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int | None = None
    size: int = 100


@question(Permission.AUDIT_READ)
def audit_events(view: View, wanted: TrailFilter) -> Listing[AuditEventRecord]:
    """Events, newest first. With the permission in some projects only: events of those.

    Raises:
        InvalidInput: the page size is out of range.
    """
    if not 1 <= wanted.size <= MAX_PAGE:
        message = f"page_size is {wanted.size} but must lie between 1 and {MAX_PAGE}"
        raise InvalidInput(message, [{"pointer": "/page_size", "detail": message}])
    statement = select(AuditEventRow).order_by(AuditEventRow.seq.desc()).limit(wanted.size + 1)
    statement = statement.where(view.visible(AuditEventRow))
    for column, value in (
        (AuditEventRow.actor_id, wanted.actor_id),
        (AuditEventRow.action, wanted.action),
        (AuditEventRow.resource_id, wanted.resource_id),
        (AuditEventRow.project_id, wanted.project_id),
        (AuditEventRow.outcome, wanted.outcome),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(AuditEventRow.occurred_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEventRow.occurred_at < wanted.until)
    if wanted.before_seq is not None:
        statement = statement.where(AuditEventRow.seq < wanted.before_seq)
    rows = view.session.execute(statement).scalars().all()
    shown = rows[: wanted.size]
    items = tuple(
        AuditEventRecord(seq=row.seq, leaf=row.leaf.hex(), event=json.loads(row.body))
        for row in shown
    )
    token = str(shown[-1].seq) if len(rows) > wanted.size else None
    return Listing(items=items, next_page_token=token)


class CheckpointRecord(Document):
    """The newest signed checkpoint."""

    size: int
    root: str
    note: str
    signed_at: datetime


@question(Permission.AUDIT_READ)
def checkpoint(view: View, *, size: int | None = None) -> CheckpointRecord | None:
    """The checkpoint over so many events, or the newest; None when there is none."""
    view.visible_projects()
    statement = select(AuditCheckpointRow).order_by(AuditCheckpointRow.size.desc()).limit(1)
    if size is not None:
        statement = statement.where(AuditCheckpointRow.size == size)
    row = view.session.execute(statement).scalar_one_or_none()
    if row is None:
        return None
    return CheckpointRecord(size=row.size, root=row.root, note=row.note, signed_at=row.signed_at)

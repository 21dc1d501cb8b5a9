"""Comments on approval requests: what makers and reviewers tell each other, kept as it was said."""

import hashlib
import uuid

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.approval_events import CommentWritten
from accredit_governance.errors import InvalidInput
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.words import require_short
from accredit_governance.registry.approval_records import CommentRecord
from accredit_governance.registry.tables import ApprovalCommentRow, ApprovalRequestRow


@operation(Permission.APPROVAL_DISCUSS, records=CommentWritten)
def write_comment(tx: Transaction, request_id: uuid.UUID, *, text: str) -> CommentRecord:
    """Say something about a request, open or decided. Nobody changes or removes it.

    Raises:
        InvalidInput: the text is empty or too long.
    """
    request = tx.load(ApprovalRequestRow, request_id, noun="approval request")
    require_short("/text", text)
    said = text.strip()
    if not said:
        message = "a comment needs words"
        raise InvalidInput(message, [{"pointer": "/text", "detail": message}])
    row = tx.add(
        ApprovalCommentRow(
            project_id=request.project_id,
            approval_request_id=request.id,
            author_id=tx.actor.id,
            text=said,
            written_at=tx.now,
        )
    )
    tx.record(
        CommentWritten(
            approval_request=request.id, text_digest=hashlib.sha256(said.encode()).hexdigest()
        ),
        resource=row.id,
        project=row.project_id,
    )
    return CommentRecord.of(row)

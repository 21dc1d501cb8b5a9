"""The audit trail: search, export, checkpoints."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse, StreamingResponse

from accredit_governance.access.permissions import Permission
from accredit_governance.documents import Moment
from accredit_governance.errors import NotFound
from accredit_governance.operations import trail
from accredit_governance.questions import trail as questions
from accredit_governance.questions.pages import Listing, Page, position, token_of
from accredit_governance.questions.trail import CheckpointRecord, TrailFilter
from accredit_governance.registry.records import AuditEventRecord
from accredit_platform.api.dependencies import CurrentActor, WantedPart, WithServices
from accredit_platform.auth.guard import PUBLIC, needs

router = APIRouter(tags=["audit"])

MAX_SEQ: Final = 2**63 - 1
"""Largest number that both databases keep."""


@router.get("/audit-events", operation_id="list_audit_events")
@needs(Permission.AUDIT_READ)
def list_audit_events(
    page: WantedPart,
    actor: CurrentActor,
    services: WithServices,
    actor_id: uuid.UUID | None = None,
    action: str | None = None,
    resource_id: uuid.UUID | None = None,
    project_id: uuid.UUID | None = None,
    outcome: Annotated[str | None, Query(pattern="^(ok|denied)$")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Listing[AuditEventRecord]:
    """Events, newest first."""
    wanted = TrailFilter(
        actor_id=actor_id,
        action=action,
        resource_id=resource_id,
        project_id=project_id,
        outcome=outcome,
        since=since,
        until=until,
        before_seq=None if page.token is None else _seq(page),
        size=page.size,
    )
    found = questions.audit_events(services.database, actor, wanted)
    if found.next_page_token is None:
        return found
    token = token_of(page, None, found.next_page_token)
    return Listing(items=found.items, next_page_token=token)


def _seq(page: Page) -> int:
    _, last = position(page)
    return min(int(last), MAX_SEQ) if last.isdigit() else 0


@router.post("/audit-exports", operation_id="export_audit_trail", response_class=StreamingResponse)
@needs(Permission.AUDIT_READ)
def export_audit_trail(actor: CurrentActor, services: WithServices) -> StreamingResponse:
    """The whole trail as JSON lines. Its checkpoint is `/audit-checkpoints/{size}`."""
    export = trail.export_trail(services.database, actor, services.key)
    return StreamingResponse(
        export.lines,
        media_type="application/x-ndjson",
        headers={
            "Accredit-Checkpoint-Size": str(export.size),
            "Content-Disposition": 'attachment; filename="audit.jsonl"',
        },
    )


@router.get("/audit-checkpoints/latest", operation_id="get_latest_checkpoint")
@needs(Permission.AUDIT_READ)
def get_latest_checkpoint(actor: CurrentActor, services: WithServices) -> CheckpointRecord:
    """The newest signed checkpoint."""
    found = questions.checkpoint(services.database, actor)
    if found is None:
        raise NotFound("no checkpoint was signed yet")
    return found


@router.get("/audit-checkpoints/{size}", operation_id="get_checkpoint")
@needs(Permission.AUDIT_READ)
def get_checkpoint(
    size: Annotated[int, Path(ge=0, le=MAX_SEQ)], actor: CurrentActor, services: WithServices
) -> CheckpointRecord:
    """The checkpoint over the first `size` events."""
    found = questions.checkpoint(services.database, actor, size=size)
    if found is None:
        raise NotFound(f"no checkpoint was signed over {size} events")
    return found


@router.get("/audit-key", operation_id="get_audit_key", response_class=PlainTextResponse)
@needs(PUBLIC)
def get_audit_key(services: WithServices) -> PlainTextResponse:
    """The public key of the checkpoints. Note it down on the first day, and keep it elsewhere."""
    return PlainTextResponse(services.key.verifier.text() + "\n")

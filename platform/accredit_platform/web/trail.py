"""The audit trail: searching it, and taking it away for verification elsewhere."""

import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import IO, Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from accredit_governance.access.permissions import Permission
from accredit_governance.audit.events import Fact
from accredit_governance.operations import trail
from accredit_governance.operations.trail import Export
from accredit_governance.questions import catalogue
from accredit_governance.questions import trail as questions
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_governance.questions.trail import TrailFilter
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.api.routes.audit import MAX_SEQ
from accredit_platform.auth.guard import needs
from accredit_platform.web.forms import CheckedForm, a_day, an_id
from accredit_platform.web.people import names_of
from accredit_platform.web.rendering import render

router = APIRouter(prefix="/audit")

ACTIONS: Final = tuple(sorted(fact.action for fact in Fact.__subclasses__()))
_FIELDS: Final = ("actor_id", "action", "resource_id", "project_id", "outcome", "since", "until")
_CHUNK: Final = 1 << 16
_HOW_TO: Final = """The audit trail of an Accredit installation.

audit.jsonl       every event, one per line, in the exact bytes that were hashed
audit.checkpoint  signed statement: so many events, this Merkle root
audit.pub         public key of the signature. Compare it with the one that you noted down
                  elsewhere: a key that comes with the trail proves nothing by itself.

Verify with:  accredit audit verify audit.jsonl
"""


@router.get("")
@needs(Permission.AUDIT_READ)
def search(
    request: Request,
    actor: CurrentActor,
    services: WithServices,
    before: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
) -> Response:
    """Events that match, newest first."""
    asked = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
    found = questions.audit_events(services.database, actor, _wanted(asked, before))
    people = {uuid.UUID(item.event["actor"]["id"]) for item in found.items}
    projects = catalogue.projects(services.database, actor, Page(size=MAX_PAGE)).items
    return render(
        request,
        "audit.html",
        asked=asked,
        narrowed=any(asked.values()),
        items=found.items,
        next_page=found.next_page_token,
        actions=ACTIONS,
        projects={str(project.id): project for project in projects},
        checkpoint=questions.checkpoint(services.database, actor),
        may_export=actor.may_throughout(Permission.AUDIT_READ),
        names=names_of(services, actor, people),
    )


def _wanted(asked: dict[str, str], before: int | None) -> TrailFilter:
    """The search as it was asked for; empty fields do not restrict.

    Raises:
        InvalidInput: an identifier or a day cannot be read.
    """
    ids = {
        name: an_id(asked[name], name)
        for name in ("actor_id", "resource_id", "project_id")
        if asked[name]
    }
    return TrailFilter(
        **ids,
        action=asked["action"] or None,
        outcome=asked["outcome"] or None,
        since=_start(asked["since"], "since", days=0),
        until=_start(asked["until"], "until", days=1),
        before_seq=before,
        size=50,
    )


def _start(text: str, name: str, *, days: int) -> datetime | None:
    """Midnight in UTC so many days after a day."""
    if not text:
        return None
    return datetime.combine(a_day(text, name), time(), tzinfo=UTC) + timedelta(days=days)


@router.post("/exports")
@needs(Permission.AUDIT_READ)
def export(
    form: CheckedForm,  # noqa: ARG001  its token is checked
    actor: CurrentActor,
    services: WithServices,
) -> Response:
    """The whole trail with the checkpoint over it and the public key, as one archive."""
    pulled = trail.export_trail(services.database, actor, services.key)
    return StreamingResponse(
        _pieces(_archive(pulled)),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="audit-{pulled.size}.zip"',
            "Cache-Control": "no-store",
        },
    )


def _archive(pulled: Export) -> IO[bytes]:
    """Temporary file with the archive, at its beginning; whoever reads it closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed after it was sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("audit.jsonl", "w", force_zip64=True) as entry:
            for line in pulled.lines:
                entry.write(line)
        archive.writestr("audit.checkpoint", pulled.checkpoint)
        archive.writestr("audit.pub", pulled.public_key + "\n")
        archive.writestr("READ-ME.txt", _HOW_TO)
    file.seek(0)
    return file


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece

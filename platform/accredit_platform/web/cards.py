"""The model card inside the pages: a document of its own, without scripts, in a sandbox."""

import uuid

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from accredit_governance.access.permissions import Permission
from accredit_governance.cards.render import render_html, render_markdown, style_source
from accredit_governance.questions import approvals, models
from accredit_platform.api.dependencies import CurrentActor, WithServices
from accredit_platform.api.headers import FRAMED
from accredit_platform.auth.guard import needs

router = APIRouter(prefix="/model-versions/{version_id}")

_PRIVATE = {"Cache-Control": "no-store"}


@router.get("/card.html")
@needs(Permission.PROJECT_READ)
def card_html(version_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """The card as a page that stands alone, then the conditions of its approval."""
    card = models.card(services.database, actor, version_id)
    policy = (
        f"default-src 'none'; style-src {style_source()}; img-src data:; "
        "frame-ancestors 'self'; sandbox"
    )
    found = approvals.conditions_after_card(services.database, actor, version_id)
    headers = {**_PRIVATE, **FRAMED, "Content-Security-Policy": policy}
    return HTMLResponse(render_html(card, found), headers=headers)


@router.get("/card.md")
@needs(Permission.PROJECT_READ)
def card_markdown(version_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """The card as Markdown, then the conditions of its approval."""
    card = models.card(services.database, actor, version_id)
    found = approvals.conditions_after_card(services.database, actor, version_id)
    text = render_markdown(card, found)
    return PlainTextResponse(text, headers=_PRIVATE, media_type="text/markdown")


@router.get("/card.json")
@needs(Permission.PROJECT_READ)
def card_json(version_id: uuid.UUID, actor: CurrentActor, services: WithServices) -> Response:
    """The card as the document that its digest is of."""
    card = models.card(services.database, actor, version_id)
    return JSONResponse(card.model_dump(mode="json"), headers=_PRIVATE)

"""Whether the service is up, and what it understands."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import literal, select

from accredit_governance.documents import Document
from accredit_platform.api.dependencies import WithServices
from accredit_platform.api.description import described
from accredit_platform.auth.guard import PUBLIC, needs

router = APIRouter(tags=["health"])


class Health(Document):
    """The service answers and reaches its database."""

    status: str


@router.get("/health", operation_id="get_health")
@needs(PUBLIC)
def get_health(services: WithServices) -> Health:
    """Reach the database and say so."""
    with services.database.reading() as session:
        session.execute(select(literal(1)))
    return Health(status="ok")


@router.get(
    "/openapi.json",
    operation_id="get_openapi",
    response_class=JSONResponse,
    response_model=dict[str, Any],
)
@needs(PUBLIC)
def get_openapi(request: Request) -> Response:
    """This document: every operation, what it takes and what it answers."""
    return Response(described(request.app), media_type="application/json")

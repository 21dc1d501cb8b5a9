"""The application: every route, behind the guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from accredit_platform.api import problems
from accredit_platform.api.headers import SecurityHeaders
from accredit_platform.api.limits import BodyLimit, RequestForm
from accredit_platform.api.routes import (
    access,
    aftercare,
    aliases,
    approvals,
    attestations,
    audit,
    catalogue,
    conditions,
    delegations,
    external,
    findings,
    groups,
    health,
    history,
    identity,
    identity_providers,
    intake,
    model_requests,
    models,
    oauth,
    permissions,
    policies,
    scim,
    service_accounts,
    serving,
    sessions,
    simulations,
    tokens,
    waivers,
)
from accredit_platform.auth.attempts import Attempts
from accredit_platform.auth.guard import Guard, access_table
from accredit_platform.auth.provider_sign_in import NOTED_PER_MINUTE
from accredit_platform.auth.refusals import RefusedTokens
from accredit_platform.scim.errors import ScimErrors
from accredit_platform.web import pages
from accredit_platform.web.problem_pages import ProblemPages
from accredit_platform.wiring import Services

PREFIX = "/api/v1"
RESOURCES = (
    health,
    identity,
    tokens,
    service_accounts,
    oauth,
    identity_providers,
    groups,
    permissions,
    sessions,
    catalogue,
    intake,
    model_requests,
    policies,
    simulations,
    models,
    approvals,
    conditions,
    delegations,
    external,
    waivers,
    access,
    findings,
    attestations,
    aftercare,
    aliases,
    serving,
    history,
    audit,
)
"""Modules with the routes of the API, in the order in which the API is described."""


def create_app(services: Services) -> ASGIApp:
    """The whole service as one ASGI application.

    Raises:
        UndeclaredRoute: some route does not say what it needs; the service does not start.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.services = services
        yield
        services.close()

    app = FastAPI(
        title="Accredit",
        version="1",
        summary="Machine learning that regulated organisations can answer for.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    app.state.sign_in_attempts = Attempts()
    app.state.refusal_notes = Attempts(limit=NOTED_PER_MINUTE)
    app.state.refused_tokens = RefusedTokens(services.database)
    problems.install(app)
    # No models here: for each route and status one would be compiled, which takes most of a start.
    # What is published says of every refusal that it is a problem.
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase}
        for status in (400, 401, 403, 404, 409, 413, 422, 503)
    }
    for module in RESOURCES:
        app.include_router(module.router, prefix=PREFIX, responses=refusals)
    app.include_router(oauth.metadata)
    app.include_router(scim.router)
    pages.install(app, prefix=PREFIX)
    table = access_table(app.routes, public_mounts=frozenset({"/static"}))
    limited = BodyLimit(app, services.settings)
    guarded = Guard(limited, services=services, table=table)
    return SecurityHeaders(ProblemPages(ScimErrors(RequestForm(guarded, services.settings))))

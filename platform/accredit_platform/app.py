"""The application: every route, behind the guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from accredit_platform.api import manners, problems
from accredit_platform.api.answers import Answers
from accredit_platform.api.headers import SecurityHeaders
from accredit_platform.api.limits import BodyLimit, RequestForm
from accredit_platform.api.operations import PREFIX
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
    operations,
    permissions,
    policies,
    scim,
    service_accounts,
    serving,
    sessions,
    simulations,
    tokens,
    waivers,
    webhooks,
)
from accredit_platform.api.streams import Streams
from accredit_platform.auth.attempts import Attempts
from accredit_platform.auth.guard import Guard, access_table
from accredit_platform.auth.provider_sign_in import NOTED_PER_MINUTE
from accredit_platform.auth.refusals import RefusedTokens
from accredit_platform.scim.errors import ScimErrors
from accredit_platform.web import pages
from accredit_platform.web.problem_pages import ProblemPages
from accredit_platform.wiring import Services

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
    operations,
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
    webhooks,
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
        openapi_tags=[{"name": name, "description": told} for name, told in _told().items()],
    )
    app.state.services = services
    app.state.sign_in_attempts = Attempts()
    app.state.streams = Streams(services.stopping)
    app.state.refusal_notes = Attempts(limit=NOTED_PER_MINUTE)
    app.state.refused_tokens = RefusedTokens(services.database)
    problems.install(app)
    for module in RESOURCES:
        app.include_router(
            module.router,
            prefix=PREFIX,
            dependencies=[Depends(manners.mannered)],
            # No models here: for each route and status one would be compiled, which takes most of
            # a start. What is published says of every refusal that it is a problem.
            responses={422: {"description": "a problem"}},
        )
    app.include_router(oauth.metadata)
    app.include_router(scim.router)
    pages.install(app, prefix=PREFIX)
    manners.install(app, PREFIX)
    table = access_table(app.routes, public_mounts=frozenset({"/static"}))
    limited = BodyLimit(app, services.settings)
    guarded = RequestForm(Guard(limited, services=services, table=table), services.settings)
    return SecurityHeaders(Answers(ProblemPages(ScimErrors(guarded)), table))


def _told() -> dict[str, str]:
    """What the groups of routes are about, in the words of the first module of each."""
    found: dict[str, str] = {}
    for module in RESOURCES:
        for tag in module.router.tags:
            found.setdefault(str(tag), (module.__doc__ or "").split("\n")[0])
    return found

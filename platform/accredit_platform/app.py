"""The application: every route, behind the guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from accredit_platform.api import manners, problems
from accredit_platform.api.answers import Answers
from accredit_platform.api.limits import BodyLimit, SecurityHeaders
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
    health,
    history,
    identity,
    intake,
    model_requests,
    models,
    operations,
    policies,
    serving,
    simulations,
    waivers,
)
from accredit_platform.api.streams import Streams
from accredit_platform.auth.attempts import Attempts
from accredit_platform.auth.guard import Guard, access_table
from accredit_platform.web import pages
from accredit_platform.web.problem_pages import ProblemPages
from accredit_platform.wiring import Services

RESOURCES = (
    health,
    identity,
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
    app.state.streams = Streams()
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
    pages.install(app, prefix=PREFIX)
    manners.install(app, PREFIX)
    table = access_table(app.routes, public_mounts=frozenset({"/static"}))
    limited = BodyLimit(app, services.settings)
    guarded = ProblemPages(Guard(limited, services=services, table=table))
    return SecurityHeaders(Answers(guarded, table))


def _told() -> dict[str, str]:
    """What the groups of routes are about, in the words of the first module of each."""
    found: dict[str, str] = {}
    for module in RESOURCES:
        found.setdefault(str(module.router.tags[0]), (module.__doc__ or "").split("\n")[0])
    return found

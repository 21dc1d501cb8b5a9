"""The pages: server-rendered, over the same operations and documents as the API."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from accredit_platform.web import (
    access,
    account,
    accounts,
    aftercare,
    alerts,
    aliases,
    approvals,
    attestations,
    break_glass,
    cards,
    conditions,
    delegations,
    deployments,
    drift,
    external,
    findings,
    model_requests,
    models,
    notifications,
    overview,
    policies,
    providers,
    reference,
    runs,
    sign_in,
    simulations,
    tokens,
    trail,
    use_cases,
    versions,
    waivers,
    webhooks,
    welcome,
)
from accredit_platform.web.rendering import STATIC

ROOMS = (
    sign_in,
    providers,
    welcome,
    account,
    overview,
    accounts,
    notifications,
    approvals,
    use_cases,
    model_requests,
    conditions,
    delegations,
    break_glass,
    models,
    external,
    versions,
    waivers,
    access,
    findings,
    attestations,
    aftercare,
    aliases,
    cards,
    runs,
    deployments,
    drift,
    alerts,
    policies,
    simulations,
    tokens,
    trail,
    webhooks,
    reference,
)


def install(app: FastAPI, *, prefix: str) -> None:
    """Add the pages and their static files.

    Args:
        app: the application, with its services wired.
        prefix: where the API lies; pages link to what anybody may read there.
    """
    app.state.api_prefix = prefix
    for room in ROOMS:
        app.include_router(
            room.router, include_in_schema=False, default_response_class=HTMLResponse
        )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

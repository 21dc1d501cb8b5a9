"""Browser sessions on the wire: the cookie that carries the secret, and what a browser is called.

The cookie has the prefix `__Host-` (RFC 6265bis 4.1.3): only this host, only over TLS, never set by
a neighbour. Browsers take `http://localhost` and `http://127.0.0.1` for secure as well, except
Safari.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Send

from accredit_governance.access.actors import Actor
from accredit_governance.operations import sessions
from accredit_governance.operations.sessions import SessionTerms, Visit
from accredit_governance.registry.session_records import Sighting
from accredit_platform.auth.secrets import new_secret
from accredit_platform.settings import Settings
from accredit_platform.wiring import Services

SESSION_COOKIE: Final = "__Host-accredit_session"
_COOKIE: Final = f"{SESSION_COOKIE}={{}}; Path=/; Secure; HttpOnly; SameSite=Lax"
_GONE: Final = f"{_COOKIE.format('')}; Max-Age=0"
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def terms_of(settings: Settings) -> SessionTerms:
    """How long sessions last here."""
    return SessionTerms(
        idle=timedelta(minutes=settings.session_idle_minutes),
        life=timedelta(hours=settings.session_hours),
    )


def visit_of(request: Request, services: Services) -> Visit | None:
    """Who comes with the cookie of a live session; from time to time its secret changes."""
    secret = request.cookies.get(SESSION_COOKIE)
    if not secret:
        return None
    visit = sessions.actor_of_session(
        services.database,
        secret,
        request_id=request.state.request_id,
        successor=new_secret(),
        seen=sighting_of(request),
        terms=terms_of(services.settings),
    )
    if visit is not None:
        request.state.session_id = visit.session_id
        request.state.csrf_token = visit.csrf_token
        request.state.session_secret = visit.offer
    return visit


def open_session(
    request: Request,
    services: Services,
    actor: Actor,
    *,
    method: str = "password",
    authenticated_at: datetime | None = None,
    provider: str | None = None,
    provider_session: str | None = None,
) -> bool:
    """Give the browser a new session for who has just shown who they are; its older one ends.

    Whatever secret the browser came with is never taken over.

    Returns:
        Whether an earlier session of theirs was stolen and they have to be told now.
    """
    close_session(request, services)
    secret = new_secret()
    untold = sessions.start_session(
        services.database,
        actor,
        secret=secret,
        csrf_token=new_secret(),
        method=method,
        authenticated_at=authenticated_at,
        provider=provider,
        provider_session=provider_session,
        seen=sighting_of(request),
    )
    request.state.session_secret = secret
    return untold


def close_session(request: Request, services: Services) -> None:
    """End the session that the browser has, if any, and take the cookie away."""
    visit = visit_of(request, services)
    if visit is not None:
        secret = request.cookies[SESSION_COOKIE]
        sessions.end_session(services.database, visit.actor, secret=secret)
    request.state.session_secret = ""


def renew_session(request: Request, services: Services) -> None:
    """Send the browser another secret: its person has just authenticated again."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is not None:
        offer = sessions.renew_secret(
            services.database,
            session_id,
            request.cookies[SESSION_COOKIE],
            successor=new_secret(),
        )
        if offer is not None:
            request.state.session_secret = offer


def with_cookie(request: Request, send: Send) -> Send:
    """`send` that adds the cookie, where the request was given another secret or lost its own."""

    async def sending(message: Message) -> None:
        secret = getattr(request.state, "session_secret", None)
        if message["type"] == "http.response.start" and secret is not None:
            cookie = _COOKIE.format(secret) if secret else _GONE
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return sending


def sighting_of(request: Request) -> Sighting:
    """Address and short name of the browser that a request came from."""
    return Sighting(address=address_of(request), browser=_browser(request))


def address_of(request: Request) -> str | None:
    """Address that a request came from; what proxies say counts only where they are trusted."""
    try:
        return str(ipaddress.ip_address(request.client.host)) if request.client else None
    except ValueError:
        return None


def _browser(request: Request) -> str:
    said = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in said), "Another program")
    system = next((name for mark, name in _SYSTEMS if mark in said), None)
    return f"{browser} on {system}" if system else browser

"""Problems as pages: people read a sentence and a way on, programs read JSON.

Every refusal is made in one place (`api/problems.py`) as an RFC 9457 document, whether the guard,
an operation or a limit refused. Outside the API this layer shows that document as a page, with the
same status.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accredit_platform.web.addresses import local_path
from accredit_platform.web.rendering import render

_TITLES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "That request cannot be read",
        403: "You may not do this",
        404: "There is nothing here",
        405: "This address only takes forms",
        409: "That is not possible now",
        410: "This link does not work any more",
        413: "That is too large",
        422: "Something is missing or cannot be used",
        429: "Too many requests",
        500: "An error on our side",
        503: "This is not available now",
    }
)
_WAYS_ON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sign_in_refused": "Go back to the sign-in page and begin again.",
        "not_found": "It may belong to a project that you have no role in. Ask its owner.",
        "not_allowed": "If you need it for your work, ask an administrator for the role.",
        "four_eyes": "Ask a colleague who had no hand in this version.",
        "csrf": "Go back, load the page again and send the form once more.",
        "cross_site": "Open the page here and use its own form.",
        "stale_digest": "Go back and load the page again: read what changed before you sign.",
        "conflict": "Go back and load the page again to see how things stand.",
        "illegal_transition": "Go back and load the page again to see how things stand.",
        "gate_blocked": "Look at the checks that block; each one says what to do.",
        "link_unusable": "Ask whoever gave it to you for another one.",
        "invalid_input": "Go back; what you wrote is still in the form.",
        "internal_error": "Quote the number below to whoever runs this installation.",
    }
)


class ProblemPages:
    """ASGI layer that shows problems outside the API as pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer with a page where the answer is a problem."""
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body", False):
                    await _page(scope, held)(scope, receive, send)

        await self.app(scope, receive, watched)


def _is_problem(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return kind.startswith("application/problem+json")


def _page(scope: Scope, held: list[Message]) -> ASGIApp:
    body = b"".join(message.get("body", b"") for message in held[1:])
    facts: dict[str, Any] = json.loads(body)  # our own problem document
    headers = Headers(raw=held[0]["headers"])
    kept = {name: headers[name] for name in ("allow", "retry-after") if name in headers}
    request = Request(scope)
    return render(
        request,
        "problem.html",
        status=int(held[0]["status"]),
        headers=kept,
        title=_TITLES.get(facts["status"], "That did not work"),
        problem=facts,
        way_on=_WAYS_ON.get(facts["code"]),
        back=_back(request),
    )


def _back(request: Request) -> str:
    """The page of ours that the refused request came from."""
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    ours = came_from.netloc == request.url.netloc and came_from.path != request.url.path
    return local_path(came_from.path) if ours else "/"

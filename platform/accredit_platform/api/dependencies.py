"""What routes are given: the caller, the services, the part of a list that is wanted."""

import hashlib
from typing import Annotated

from fastapi import Depends, Query, Request

from accredit_governance.access.actors import Actor
from accredit_governance.documents import Moment
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.wiring import Services

_PLACE = frozenset({"page_size", "page_token"})


def _actor(request: Request) -> Actor:
    actor = request.state.actor
    if not isinstance(actor, Actor):
        raise TypeError("the guard let a request through without an actor")
    return actor


def _services(request: Request) -> Services:
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was not wired")
    return services


PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE, description="at most so many")]
PageToken = Annotated[
    str | None,
    Query(max_length=2000, description="`next_page_token` of the page before, all else unchanged"),
]
OrderBy = Annotated[
    str | None,
    Query(
        pattern=r"^-?[a-z_]{1,32}$",
        description="`created_at`, `name` or `number`, as far as the resource has it; `-` in front"
        " turns it around. Left out, the newest come first",
    ),
]
After = Annotated[
    Moment | None, Query(description="only what came later, such as `2026-11-22T10:30:00Z`")
]
Name = Annotated[
    str | None, Query(max_length=200, description="only what is called so, where things have names")
]
Before = Annotated[Moment | None, Query(description="only what came earlier")]


def _part(request: Request, page_size: PageSize = 100, page_token: PageToken = None) -> Page:
    return Page(size=page_size, token=page_token, query=_query(request))


def _page(
    request: Request,
    page_size: PageSize = 100,
    page_token: PageToken = None,
    order_by: OrderBy = None,
    created_after: After = None,
    created_before: Before = None,
    name: Name = None,
) -> Page:
    return Page(
        size=page_size,
        token=page_token,
        order_by=order_by,
        created_after=created_after,
        created_before=created_before,
        name=name,
        query=_query(request),
    )


def _query(request: Request) -> str:
    """Digest of what is asked of the API, apart from the place in the list."""
    if not request.url.path.startswith("/api/"):
        return ""
    asked = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in _PLACE)
    return hashlib.sha256(f"{request.url.path} {asked}".encode()).hexdigest()[:16]


CurrentActor = Annotated[Actor, Depends(_actor)]
WithServices = Annotated[Services, Depends(_services)]
WantedPage = Annotated[Page, Depends(_page)]
"""Part of a list of rows, which can be ordered."""
WantedPart = Annotated[Page, Depends(_part)]
"""Part of a list that has an order of its own."""

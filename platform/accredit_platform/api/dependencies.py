"""What routes are given: the caller, the services, the part of a list that is wanted."""

from typing import Annotated

from fastapi import Depends, Query, Request

from accredit_governance.access.actors import Actor
from accredit_governance.questions.pages import MAX_PAGE, Page
from accredit_platform.wiring import Services


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


def _page(
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    page_token: Annotated[str | None, Query()] = None,
) -> Page:
    return Page(size=page_size, token=page_token)


CurrentActor = Annotated[Actor, Depends(_actor)]
WithServices = Annotated[Services, Depends(_services)]
WantedPage = Annotated[Page, Depends(_page)]

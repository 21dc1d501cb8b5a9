"""Lists in pages: bounded, ordered by identifier (which is time-ordered), newest first."""

import uuid
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, select

from accredit_governance.documents import Document
from accredit_governance.errors import InvalidInput
from accredit_governance.operations.door import View
from accredit_governance.registry.tables import Row

MAX_PAGE = 1000
T = TypeVar("T", bound=Row)
D = TypeVar("D", bound=Document)


class Page(Document):
    """Which part of a list is wanted."""

    size: int = 100
    token: str | None = None


class Listing(Document, Generic[D]):
    """Part of a list; `next_page_token` is empty on the last page."""

    items: tuple[D, ...]
    next_page_token: str | None = None


def visible_rows(
    view: View, table: type[T], page: Page, *where: ColumnElement[bool]
) -> tuple[Sequence[T], str | None]:
    """Rows of the projects and models for which the caller holds the question's permission.

    Raises:
        InvalidInput: the page size is out of range or the token is not one of ours.
    """
    if not 1 <= page.size <= MAX_PAGE:
        message = f"page_size is {page.size} but must lie between 1 and {MAX_PAGE}"
        raise InvalidInput(message, [{"pointer": "/page_size", "detail": message}])
    columns: Any = table
    statement = select(table).order_by(columns.id.desc()).limit(page.size + 1)
    statement = statement.where(view.visible(table))
    if page.token is not None:
        statement = statement.where(columns.id < _parse(page.token))
    rows = view.session.execute(statement.where(*where)).scalars().all()
    more = len(rows) > page.size
    shown = rows[: page.size]
    last: Any = shown[-1] if shown else None
    return shown, str(last.id) if more else None


def _parse(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(token)
    except ValueError as error:
        message = "page_token is not one that an earlier page gave"
        raise InvalidInput(message, [{"pointer": "/page_token", "detail": message}]) from error

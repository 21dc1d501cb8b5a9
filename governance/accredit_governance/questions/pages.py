"""Lists in pages: bounded, in a stated order, continued after the last thing that was shown.

1. Without `order_by` the newest come first, by identifier, which is time-ordered. Otherwise by the
   named column, and by identifier where that is equal: no row is skipped or shown twice.
2. A token goes on with the list that gave it; with another order or other filters it is refused.
3. `created_at` is when a thing came, whatever its table calls that.
"""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, NoReturn, TypeVar

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Integer, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from accredit_governance.documents import Document, Moment, is_writable
from accredit_governance.errors import InvalidInput
from accredit_governance.operations.door import View
from accredit_governance.registry.column_types import UtcTime
from accredit_governance.registry.tables import Row

MAX_PAGE = 1000
_TIME: Final = TypeAdapter[datetime](Moment)
_NUMBER: Final = TypeAdapter[int](Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)])
CAME: Final = (
    "created_at",
    "requested_at",
    "opened_at",
    "asked_at",
    "placed_at",
    "proposed_at",
    "signed_at",
    "uploaded_at",
    "predicted_at",
    "from_at",
)
"""What tables call the time at which a row came."""
T = TypeVar("T", bound=Row)
D = TypeVar("D", bound=Document)


class Page(Document):
    """Which part of a list is wanted.

    Attributes:
        size: at most so many.
        token: of an earlier page, to go on after it.
        order_by: `created_at`, `name` or `number`, as far as the resource has it; `-` in front
            turns it around.
        created_after: leaves out what came before this time or at it.
        created_before: leaves out what came at this time or later.
        name: keeps what is called so.
        query: what else was asked; a token of another query is refused.
    """

    size: int = 100
    token: str | None = None
    order_by: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    name: str | None = None
    query: str = ""


class Listing(Document, Generic[D]):
    """Part of a list; `next_page_token` is empty on the last page."""

    items: tuple[D, ...]
    next_page_token: str | None = None


def visible_rows(
    view: View, table: type[T], page: Page, *where: ColumnElement[bool]
) -> tuple[Sequence[T], str | None]:
    """Rows of the projects and models for which the caller holds the question's permission.

    Raises:
        InvalidInput: the page size is out of range, the order is none of the resource's, or the
            token is not one of this list.
    """
    require_size(page)
    columns: Any = table
    statement = select(table).limit(page.size + 1).where(view.visible(table))
    statement = statement.where(*where, *_within(table, page))
    by, falls = _order(table, page)
    order = [columns.id] if by is None else [by, columns.id]
    statement = statement.order_by(*(c.desc() if falls else c.asc() for c in order))
    if page.token is not None:
        statement = statement.where(_after(page, by, columns.id, falls=falls))
    rows = view.session.execute(statement).scalars().all()
    shown = rows[: page.size]
    if len(rows) <= page.size:
        return shown, None
    last: Any = shown[-1]
    value = None if by is None else getattr(last, by.key)
    return shown, token_of(
        page, value.isoformat() if isinstance(value, datetime) else value, last.id
    )


def part_of(found: Listing[D], page: Page) -> Listing[D]:
    """A page of a list that is short by its nature, and comes as a whole in an order of its own.

    Raises:
        InvalidInput: the page size is out of range, or the token is not one of this list.
    """
    require_size(page)
    begin = 0
    if page.token is not None:
        number, name = position(page)
        places = [place for place, item in enumerate(found.items) if _name(item) == name]
        begin = places[0] + 1 if places else _whole(number)
    items = found.items[begin : begin + page.size]
    end = begin + len(items)
    more = end < len(found.items)
    return Listing(
        items=items, next_page_token=token_of(page, end, _name(items[-1])) if more else None
    )


def require_size(page: Page) -> None:
    """Refuse a page that is empty or too long.

    Raises:
        InvalidInput: the size is out of range.
    """
    if not 1 <= page.size <= MAX_PAGE:
        _refuse("page_size", f"page_size is {page.size} but must lie between 1 and {MAX_PAGE}")


def token_of(page: Page, value: str | int | None, last: object) -> str:
    """What goes on after a place: the value ordered by, and the name of what was shown last."""
    told = json.dumps([page.query, page.order_by, value, str(last)], separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def position(page: Page) -> tuple[Any, str]:
    """Where a token goes on: the value ordered by, and the name of what was shown last.

    Raises:
        InvalidInput: it is not one of ours, or of another list.
    """
    token = page.token or ""
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        query, order_by, value, last = told
    except (ValueError, TypeError, RecursionError):
        _refuse("page_token", "page_token is not one that an earlier page gave")
    if (query, order_by) != (page.query, page.order_by) or not isinstance(last, str):
        message = "page_token belongs to another list: keep path, filters and order as they were"
        _refuse("page_token", message)
    return value, last


def orders_of(table: type[Row]) -> Mapping[str, InstrumentedAttribute[Any]]:
    """What rows of a table can be ordered by, by the name that callers use."""
    came = next((name for name in CAME if hasattr(table, name)), None)
    named = {"created_at": came, "name": "name", "number": "number"}
    return {
        name: getattr(table, column)
        for name, column in named.items()
        if column is not None and hasattr(table, column)
    }


def _order(table: type[Row], page: Page) -> tuple[InstrumentedAttribute[Any] | None, bool]:
    """Column, and whether it falls; none stands for the identifier."""
    if page.order_by is None:
        return None, True
    name = page.order_by.removeprefix("-")
    known = orders_of(table)
    if name not in known:
        choices = ", ".join(f"{sign}{other}" for other in known for sign in ("", "-")) or "none"
        _refuse(
            "order_by", f"order_by is {page.order_by!r}; this list can be ordered by: {choices}"
        )
    return known[name], page.order_by.startswith("-")


def _within(table: type[Row], page: Page) -> list[ColumnElement[bool]]:
    orders = orders_of(table)
    found: list[ColumnElement[bool]] = []
    if page.name is not None:
        if "name" not in orders:
            _refuse("name", "what is in this list has no name")
        found.append(orders["name"] == page.name)
    if page.created_after is not None or page.created_before is not None:
        if "created_at" not in orders:
            _refuse("created_after", "what is in this list does not say when it came")
        came = orders["created_at"]
        if page.created_after is not None:
            found.append(came > page.created_after)
        if page.created_before is not None:
            found.append(came < page.created_before)
    return found


def _after(
    page: Page,
    by: InstrumentedAttribute[Any] | None,
    row_id: InstrumentedAttribute[uuid.UUID],
    *,
    falls: bool,
) -> ColumnElement[bool]:
    value, last = position(page)
    try:
        after = uuid.UUID(last)
        if by is not None:
            value = _read(by, value)
    except (ValueError, TypeError):
        _refuse("page_token", "page_token is not one that an earlier page gave")
    rest = row_id < after if falls else row_id > after
    if by is None:
        return rest
    return or_(by < value if falls else by > value, and_(by == value, rest))


def _read(by: InstrumentedAttribute[Any], value: Any) -> Any:  # Any: JSON of somebody
    if isinstance(by.type, UtcTime):
        return _TIME.validate_python(datetime.fromisoformat(value))
    if isinstance(by.type, Integer):
        return _NUMBER.validate_python(value)
    if not isinstance(value, str) or not is_writable(value):
        raise ValueError("no database compares with this text")
    return value


def _name(item: Document) -> str:
    return str(getattr(item, "id", None) or item.digest())


def _whole(number: object) -> int:
    if not isinstance(number, int) or number < 0:
        _refuse("page_token", "page_token is not one that an earlier page gave")
    return number


def _refuse(parameter: str, message: str) -> NoReturn:
    raise InvalidInput(message, [{"pointer": f"/{parameter}", "detail": message}])

"""What is known of a route before anybody calls it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accredit_platform.api.deprecation import Deprecated

Endpoint = Callable[..., Any]  # Any: routes answer with whatever their document is


@dataclass(frozen=True, slots=True)
class Facts:
    """What the manners and the document need to know of a route.

    Attributes:
        lists: of the queries, those that may be given several times.
        media_type: of its answer; None where it depends.
        tagged: its answer is one resource, so it carries an entity tag.
        streams: the route reads the body itself.
        reader: the route that reads what this one changes.
    """

    queries: tuple[str, ...]
    lists: frozenset[str]
    status: int
    media_type: str | None
    takes_json: bool
    streams: bool
    tagged: bool
    reader: Endpoint | None
    deprecated: Deprecated | None

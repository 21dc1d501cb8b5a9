"""Bodies of requests: text in them can always be written down."""

from typing import Annotated, Any, Final, NoReturn

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from accredit_governance.documents import Document, is_writable

MAX_DEPTH: Final = 64


def _refuse_unwritable(value: Any) -> Any:
    """Pass plain JSON data on unless it is nested too deeply or a text in it cannot be written.

    JSON can spell one half of a character as an escape, and a NUL; nothing behind the door could
    hash, store or answer the one, nor PostgreSQL keep the other. What walks through a
    document behind the door does so by recursion.
    """
    waiting: list[tuple[Any, tuple[object, ...]]] = [(value, ())]
    while waiting:
        item, place = waiting.pop()
        if len(place) >= MAX_DEPTH:
            raise PydanticCustomError(
                "too_deep",
                "lists and objects lie in one another at most {limit} deep",
                {"limit": MAX_DEPTH},
            )
        if isinstance(item, dict):
            waiting += ((key, place) for key in item)
            waiting += ((part, (*place, key)) for key, part in item.items())
        elif isinstance(item, list | tuple):
            waiting += ((part, (*place, number)) for number, part in enumerate(item))
        elif isinstance(item, str) and not is_writable(item):
            _refuse_text(item, place)
    return value


def _refuse_text(text: str, place: tuple[object, ...]) -> NoReturn:
    at = "/" + "/".join(str(part).encode(errors="replace").decode() for part in place)
    if "\0" in text:
        raise PydanticCustomError(
            "nul_character", "a text holds a NUL, at {at}; leave it out", {"at": at}
        )
    raise PydanticCustomError(
        "half_character",
        "a text holds half a surrogate pair, at {at}; send whole Unicode characters",
        {"at": at},
    )


class Body(Document):
    """Body of a request."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        return _refuse_unwritable(value)


Ticket = Annotated[
    str, Field(max_length=100, description="of `POST /me/signing-tickets`; used up by this")
]
"""Secret of a signing ticket. Left out, it is empty, which is the ticket of nobody."""

WholeText = BeforeValidator(_refuse_unwritable)
"""Marks a document that is a body by itself without being a `Body`."""

"""Bodies of requests: text in them can always be written down."""

from typing import Annotated, Any, Final

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
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise PydanticCustomError(
                "too_deep",
                "lists and objects lie in one another at most {limit} deep",
                {"limit": MAX_DEPTH},
            )
        if isinstance(item, dict):
            waiting += ((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list | tuple):
            waiting += ((part, depth + 1) for part in item)
        elif isinstance(item, str) and not is_writable(item):
            if "\0" in item:
                raise PydanticCustomError("nul_character", "a text holds a NUL; leave it out")
            raise PydanticCustomError(
                "half_character",
                "a text holds half a surrogate pair; send whole Unicode characters",
            )
    return value


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

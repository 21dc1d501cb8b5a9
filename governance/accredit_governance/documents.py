"""Documents: the immutable form of everything that leaves the registry.

A document is the domain value, the stored JSON, the fact in an audit event and the answer of the
API at once. Its digest is SHA-256 over canonical JSON (RFC 8785), so two parties who hold the same
document compute the same digest.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

import rfc8785
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""Human name of a thing: lower case, digits, `.`, `_`, `-`; at most 63 characters."""


_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
EMAIL_FORM: Final = re.compile(
    rf"(?=[^@]{{1,64}}@.{{1,253}}$){_ATOM}(\.{_ATOM})*@({_LABEL}\.)*(?=[a-z]){_LABEL}",
    re.ASCII | re.IGNORECASE,
)
"""One plain address (dot-atoms of RFC 5322, a host name): no header can read it as two of them."""


def _plain_address(text: str) -> str:
    if not EMAIL_FORM.fullmatch(text):
        raise ValueError("this is no plain e-mail address such as ann@example.org")
    return text


EmailAddress = Annotated[str, StringConstraints(max_length=320), AfterValidator(_plain_address)]
"""An address that a mail can be sent to."""

WholeNumber = Annotated[int, Field(gt=-(2**53), lt=2**53)]
"""An integer that every reader of JSON understands alike, and that has a canonical form."""

YEARS: Final = range(1900, 3000)
"""Years that a time from outside may lie in: far from the edges that clocks and databases have."""


def _in_utc(at: datetime) -> datetime:
    # Near the first and the last year the change to UTC itself overflows.
    utc = at.astimezone(UTC) if at.year in range(2, 9999) else None
    if utc is None or utc.year not in YEARS:
        raise PydanticCustomError(
            "moment_out_of_range",
            "the time must lie in the years {first} to {last}, in UTC",
            {"first": YEARS.start, "last": YEARS.stop - 1},
        )
    return utc


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that somebody sends: with a time zone, kept in UTC."""


def is_writable(text: str) -> bool:
    """Whether a text can be written down: in UTF-8, and in PostgreSQL, which keeps no NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


class Document(BaseModel):
    """Frozen, closed to unknown fields, free of NaN and infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null"
    )

    def canonical(self) -> bytes:
        """Canonical JSON (RFC 8785) of this document."""
        return canonical_json(self.model_dump(mode="json"))

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, 64 hexadecimal characters."""
        return hashlib.sha256(self.canonical()).hexdigest()


def canonical_json(value: Json) -> bytes:
    """Canonical JSON (RFC 8785) of plain JSON data.

    Raises:
        ValueError: the data holds NaN, infinity, an integer beyond 2**53 or a non-JSON type.
    """
    return rfc8785.dumps(value)


def json_digest(value: Json) -> str:
    """SHA-256 of the canonical JSON of plain data, 64 hexadecimal characters."""
    return hashlib.sha256(canonical_json(value)).hexdigest()

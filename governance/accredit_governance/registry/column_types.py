"""Column types that behave the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

from accredit_governance.documents import canonical_json

MAX_INTEGER: Final = 2**53 - 1


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC time; SQLite would give naive times back, so they are made aware here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without time zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give aware UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """JSON kept as canonical text (RFC 8785), so that its digest can be computed again.

    JSONB would reorder keys and rewrite numbers.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """Canonical JSON of plain data; None stays NULL."""
        return None if value is None else canonical_json(value).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """Plain data."""
        return None if value is None else json.loads(value, parse_int=_integer)


def _integer(text: str) -> int | float:
    """Canonical JSON writes the float 4e16 without a point; as an integer it could not go back."""
    exact = int(text)
    return exact if abs(exact) <= MAX_INTEGER else float(text)

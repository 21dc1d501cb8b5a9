"""Forms: read only with the CSRF token of the session that they were drawn for."""

import hmac
import uuid
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from accredit_governance.documents import YEARS
from accredit_governance.errors import InvalidInput
from accredit_platform.errors import PlatformError

MAX_FIELDS = 50
MAX_DIGITS = 15


class ForgedForm(PlatformError):
    """A form came without the token that its page was given."""

    code = "csrf"


class Form:
    """Text fields of a form; what is missing is empty."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """A field with the space around it removed; browsers end lines with CR LF."""
        return self._fields.get(name, "").replace("\r\n", "\n").strip()

    def secret(self, name: str) -> str:
        """A field exactly as it was typed."""
        return self._fields.get(name, "")

    def day(self, name: str) -> date:
        """A day.

        Raises:
            InvalidInput: no such day.
        """
        return a_day(self.text(name), name)

    def end_of_day(self, name: str) -> datetime:
        """The last second of a day in UTC.

        Raises:
            InvalidInput: no such day.
        """
        return datetime.combine(a_day(self.text(name), name), time(23, 59, 59), tzinfo=UTC)


def a_day(text: str, name: str) -> date:
    """A date as browsers write it.

    Raises:
        InvalidInput: `text` is no date, or one that no time here can have.
    """
    try:
        day = date.fromisoformat(text)
        if day.year not in YEARS:
            raise ValueError(text)
    except ValueError as error:
        message = (
            f"{name.replace('_', ' ')} must be a day such as 2026-12-31, "
            f"from {YEARS.start} to {YEARS.stop - 1}"
        )
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}]) from error
    return day


def an_instant(text: str, name: str) -> datetime:
    """A date and time as browsers write it, in UTC unless it names another time zone.

    Raises:
        InvalidInput: `text` is none, or one that no time here can have.
    """
    try:
        at = datetime.fromisoformat(text)
        if at.year not in YEARS:
            raise ValueError(text)
    except ValueError as error:
        message = f"{name.replace('_', ' ')} must be a date and time such as 2026-12-31T14:30"
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}]) from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def a_count(text: str, name: str) -> int | None:
    """A whole number; None when nothing was typed.

    Raises:
        InvalidInput: `text` is none.
    """
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        message = f"{name.replace('_', ' ')} must be a whole number such as 1000"
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}])
    return int(text)


def an_id(text: str, name: str) -> uuid.UUID:
    """An identifier.

    Raises:
        InvalidInput: `text` is none.
    """
    try:
        return uuid.UUID(text)
    except ValueError as error:
        message = f"{name.replace('_', ' ')} must be an identifier such as {uuid.UUID(int=0)}"
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}]) from error


async def read_form(request: Request) -> Form:
    """Fields of the form in the body; files are not taken."""
    async with request.form(max_files=0, max_fields=MAX_FIELDS) as data:
        return Form(_texts(data))


def _texts(data: FormData) -> dict[str, str]:
    """Texts that can be written down: a charset of the sender's choice can spell halves."""
    return {
        name: value.encode(errors="replace").decode()
        for name, value in data.items()
        if isinstance(value, str)
    }


async def _checked(request: Request) -> Form:
    form = await read_form(request)
    shown = form.secret("csrf_token").encode()
    expected = str(getattr(request.state, "csrf_token", "")).encode()
    if not expected or not hmac.compare_digest(shown, expected):
        raise ForgedForm("this form did not come from a page that you opened in this session")
    return form


CheckedForm = Annotated[Form, Depends(_checked)]

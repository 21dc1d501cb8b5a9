"""How much people may write: the same on pages as over the API, whose bodies say it as well."""

from typing import Final

from accredit_governance.errors import InvalidInput

MIN_PROSE: Final = 10
MAX_PROSE: Final = 4_000
MAX_TITLE: Final = 200
MAX_REFERENCE: Final = 1_000


def require_short(pointer: str, text: str | None, *, most: int = MAX_PROSE) -> None:
    """Refuse a text that is longer than anybody reads; the space around it does not count.

    Args:
        pointer: the field that it was given in, such as `/comment`.
        text: what somebody wrote.
        most: characters.

    Raises:
        InvalidInput: it is too long.
    """
    length = len((text or "").strip())
    if length > most:
        message = f"{pointer.split('/', 1)[1]} has {length:,} characters; at most {most:,} fit"
        raise InvalidInput(message, [{"pointer": pointer, "detail": message}])


def require_prose(name: str, value: str) -> None:
    """Demand that a person writes more than a word.

    Raises:
        InvalidInput: the text is too short or too long.
    """
    if not MIN_PROSE <= len(value.strip()) <= MAX_PROSE:
        message = f"{name} needs {MIN_PROSE} to {MAX_PROSE:,} characters"
        raise InvalidInput(message, [{"pointer": f"/{name}", "detail": message}])

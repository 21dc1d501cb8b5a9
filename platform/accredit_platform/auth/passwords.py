"""Passwords that people choose: long enough, and not easily guessed.

No rule about kinds of characters, and no regular change (NIST SP 800-63B 3.1.1.2, ASVS 5.0 6.2).
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from accredit_governance.errors import InvalidInput

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 1024
MIN_NAME: Final = 4
"""Shorter names occur in many words by chance."""
MIN_OWN: Final = 5
"""Characters that have to be left of a password once what everybody thinks of is taken away."""

_COMMON: Final = Path(__file__).with_name("common_passwords.txt")
_WORDS: Final = sorted(_COMMON.read_text(encoding="ascii").split(), key=len, reverse=True)
_LEET: Final = str.maketrans("01345789@$", "oleastbgas")
_RUN: Final = re.compile(r"(.+?)\1{2,}")


def check_password(password: str, *, name: str = "", known: Path | None = None) -> None:
    """Refuse a password that is too short, too long, or among the first that anybody tries.

    Args:
        password: what somebody chose.
        name: of the account, which is no part of its password.
        known: file of passwords that others know, one a line in UTF-8, in any case.

    Raises:
        InvalidInput: it is refused; the message says why.
    """
    lowered = password.lower()
    if len(password) < MIN_PASSWORD:
        reason = f"a password has at least {MIN_PASSWORD} characters"
    elif len(password) > MAX_PASSWORD:
        reason = f"a password has at most {MAX_PASSWORD} characters"
    elif len(name) >= MIN_NAME and name.lower() in lowered:
        reason = "a password does not contain the name of the account"
    elif min(_own(lowered), _own(lowered.translate(_LEET))) < MIN_OWN:
        reason = "this password is made of what is tried first; take words that only you combine"
    elif known is not None and lowered in _known(known):
        reason = "this password is on the list of those that others know; take another one"
    else:
        return
    raise InvalidInput(reason, [{"pointer": "/password", "detail": reason}])


@cache
def _known(file: Path) -> frozenset[str]:
    """Passwords of a file; those that are too short are refused anyway."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        listed = (line.rstrip("\r\n").lower() for line in lines)
        return frozenset(password for password in listed if len(password) >= MIN_PASSWORD)


def _own(text: str) -> int:
    """Letters and digits that no common word, sequence or repetition accounts for."""
    text = _RUN.sub(r"\1", text)
    for word in _WORDS:
        text = text.replace(word, " ")
    return sum(character.isalnum() for character in _RUN.sub(r"\1", text))

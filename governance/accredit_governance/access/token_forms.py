"""How a token is written: a name that anybody may see, 256 random bits, a checksum.

`acc_0123456789abcdef_<43 characters>_<8 digits>`. The mark in front says what it is good for. The
checksum (CRC-32 over all before it) lets a scanner of secrets, and us, tell a token from text that
only looks like one without asking anybody; it is no protection.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from accredit_governance.access.permissions import Permission


class TokenKind(StrEnum):
    """What a token is good for."""

    API = "api"
    CLIENT_SECRET = "client_secret"  # noqa: S105  a kind, not a secret
    ACCESS = "access"


MARKS: Final[Mapping[TokenKind, str]] = MappingProxyType(
    {TokenKind.API: "acc", TokenKind.CLIENT_SECRET: "acs", TokenKind.ACCESS: "act"}
)
_KINDS: Final = {mark: kind for kind, mark in MARKS.items()}
_FORM: Final = re.compile(
    r"(?P<prefix>(?P<mark>acc|acs|act)_[0-9a-f]{16})_[A-Za-z0-9_-]{43}_(?P<checksum>[0-9a-f]{8})"
)


class TokenForm(NamedTuple):
    """What a token says of itself: its kind, and the prefix that names it in lists and logs."""

    kind: TokenKind
    prefix: str


def spelt(kind: TokenKind, *, name: str, secret: str) -> str:
    """A whole token.

    Args:
        kind: what it is good for.
        name: 16 hexadecimal digits.
        secret: 256 random bits as 43 characters.

    Raises:
        ValueError: name or secret are none.
    """
    body = f"{MARKS[kind]}_{name}_{secret}"
    token = f"{body}_{_checksum(body)}"
    if form_of(token) is None:
        raise ValueError("a token takes a name of 16 hexadecimal digits and 256 random bits")
    return token


def form_of(token: str) -> TokenForm | None:
    """What a token says of itself; None when it is none of ours, or was mistyped."""
    found = _FORM.fullmatch(token)
    if found is None or found["checksum"] != _checksum(token[:-9]):
        return None
    return TokenForm(_KINDS[found["mark"]], found["prefix"])


def scopes_of(names: Sequence[str] | None) -> frozenset[Permission] | None:
    """Permissions that a token is good for; None: whatever its holder may.

    Names that a later release has dropped grant nothing.
    """
    if names is None:
        return None
    return frozenset(permission for permission in Permission if permission in names)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('ascii')):08x}"

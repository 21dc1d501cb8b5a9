"""Secrets of people and programs: password hashes, token and session secrets."""

import secrets
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accredit_governance.access.token_forms import TokenKind, spelt
from accredit_platform.auth.passwords import check_password

MAX_NAME: Final = 63
# The second recommendation of RFC 9106 (4): 64 MiB, three passes, four lanes.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def hash_password(password: str, *, name: str = "", known: Path | None = None) -> str:
    """Argon2id hash of a password that somebody chose.

    Args:
        password: what they chose.
        name: of their account, which is no part of it.
        known: file of passwords that others know.

    Raises:
        InvalidInput: it is too short, too long, known to others or easily guessed.
    """
    check_password(password, name=name, known=known)
    return _HASHER.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether a password belongs to a hash. Takes as long when there is no such person."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def new_token(kind: TokenKind = TokenKind.API) -> str:
    """A token of a kind: a public name, 256 random bits and a checksum."""
    return spelt(kind, name=secrets.token_hex(8), secret=secrets.token_urlsafe(32))


def new_ticket() -> str:
    """Secret of a signing ticket: 256 random bits, recognisable by its prefix."""
    return f"sig_{secrets.token_urlsafe(32)}"


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)

"""Secrets of people and programs: password hashes, token and session secrets."""

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accredit_governance.access.token_forms import TokenKind, spelt
from accredit_governance.errors import InvalidInput

MAX_NAME: Final = 63
MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 1024
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """Argon2id hash of a password.

    Raises:
        InvalidInput: the password has fewer than 12 characters, or more than 1,024.
    """
    if len(password) < MIN_PASSWORD:
        message = f"a password has at least {MIN_PASSWORD} characters"
        raise InvalidInput(message, [{"pointer": "/password", "detail": message}])
    if len(password) > MAX_PASSWORD:
        message = f"a password has at most {MAX_PASSWORD} characters"
        raise InvalidInput(message, [{"pointer": "/password", "detail": message}])
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

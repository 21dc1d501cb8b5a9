"""Secrets that have to be used again, sealed: AES-256-GCM under a key outside the database.

Whoever reads the tables learns neither where webhooks lead nor what signs them. Each sealed text
is bound to the record that it belongs to, so it opens in no other place.
"""

import base64
import binascii
import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accredit_governance.errors import GovernanceError

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SealBroken(GovernanceError):
    """A sealed text does not open: the key is another one, is missing, or the text was changed."""

    code = "seal_broken"


class SealingKey:
    """Seals and opens texts. Its file may be read by its owner only."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def create(cls, path: Path) -> "SealingKey":
        """Make a key where there is none yet, and read whatever is there.

        A key that was lost is made anew: what the old one sealed is then told anew by people.
        """
        if path.is_file():
            return cls.load(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written whole under another name first, as the audit key is.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "SealingKey":
        """Read the key.

        Raises:
            SealBroken: there is none, or the file does not hold 32 bytes in base64.
        """
        if not path.is_file():
            raise SealBroken("the webhook key is missing; restore it, or let the service make one")
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except binascii.Error as error:
            raise SealBroken("the file of the webhook key holds none in base64") from error
        if len(key) != _KEY_BYTES:
            raise SealBroken(f"the webhook key has {len(key)} bytes, and not {_KEY_BYTES}")
        return cls(key)

    def seal(self, text: str, *, context: str) -> bytes:
        """Sealed text, bound to a context that is named again to open it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, *, context: str) -> str:
        """What was sealed.

        Raises:
            SealBroken: by another key, in another context, or changed since.
        """
        try:
            opened = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                "the webhook key is not the one that sealed this; put the right key back, or "
                "make a new webhook"
            ) from error
        return opened.decode()

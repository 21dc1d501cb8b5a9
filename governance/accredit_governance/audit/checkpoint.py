"""Signed statements about the log: C2SP tlog-checkpoint in a C2SP signed note, Ed25519.

Sources: c2sp.org/tlog-checkpoint and c2sp.org/signed-note. The key lives outside the database, so
whoever can rewrite the tables cannot sign what they made of them.
"""

import base64
import binascii
import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from accredit_governance.errors import GovernanceError

_ED25519 = b"\x01"


class CheckpointInvalid(GovernanceError):
    """A checkpoint or key that cannot be read, or whose signature does not hold."""

    code = "checkpoint_invalid"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log named `origin` had `size` events and this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Public half of a checkpoint key, with the name it signs under."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ newline ‖ algorithm ‖ key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def text(self) -> str:
        """`name+key id+key`, as C2SP writes it."""
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read what `text` wrote.

        Raises:
            CheckpointInvalid: not such a key, or its id does not fit.
        """
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise CheckpointInvalid("the public key is not in the form name+id+key") from error
        key = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(raw) != 33 or key.key_id.hex() != key_id:
            raise CheckpointInvalid("the public key is not Ed25519, or its id does not fit it")
        return key

    def open(self, note: str) -> Checkpoint:
        """Checkpoint inside a signed note.

        Raises:
            CheckpointInvalid: malformed, of another log, or not signed by this key.
        """
        body, found, signatures = note.partition("\n\n")
        if not found:
            raise CheckpointInvalid("the checkpoint has no signature")
        body += "\n"
        for line in signatures.splitlines():
            mark, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if mark != "—" or name != self.name:
                continue
            try:
                raw = base64.b64decode(encoded, validate=True)
                if raw[:4] == self.key_id:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(raw[4:], body.encode())
                    return _parse_body(body)
            except (InvalidSignature, binascii.Error, ValueError) as error:
                raise CheckpointInvalid(
                    f"the signature of {self.name} under the checkpoint does not hold"
                ) from error
        raise CheckpointInvalid(f"the checkpoint is not signed by {self.name}")


def _parse_body(body: str) -> Checkpoint:
    lines = body.splitlines()
    if len(lines) < 3 or not lines[1].isdigit():
        raise CheckpointInvalid("the checkpoint does not say origin, size and root")
    return Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))


class SigningKey:
    """The private half. Kept in a file only its owner may read."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes_raw()
        self.verifier = VerifierKey(
            f"accredit-log-{hashlib.sha256(public).hexdigest()[:12]}", public
        )

    @classmethod
    def create(cls, path: Path) -> "SigningKey":
        """Make a key where there is none yet, and read whatever is there.

        For the first day of an installation only: a key that is made anew later would let a lost
        or stolen log go on as if nothing had happened.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # Written whole under another name first: whoever comes at the same moment finds either
        # nothing or a complete key, and only one of the two becomes the key.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """Read the key.

        Raises:
            CheckpointInvalid: there is none, or the file holds no Ed25519 private key in PEM form.
        """
        if not path.is_file():
            raise CheckpointInvalid(
                f"the audit key {path} is missing. Restore it from where you keep it; a new one is "
                "never made for a log that was signed before"
            )
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise CheckpointInvalid(f"{path} holds no readable private key") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CheckpointInvalid(f"{path} holds a key that is not Ed25519")
        return cls(key)

    def sign(self, size: int, root: bytes) -> str:
        """Signed note: this log has so many events and this root."""
        body = Checkpoint(self.verifier.name, size, root).text()
        signature = base64.b64encode(self.verifier.key_id + self._private.sign(body.encode()))
        return f"{body}\n— {self.verifier.name} {signature.decode()}\n"

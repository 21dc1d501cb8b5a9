"""Signatures of Standard Webhooks (standardwebhooks.com, version 1): HMAC-SHA256."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """256 random bits in the form that the libraries of Standard Webhooks read."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, at: datetime, body: bytes, keys: Iterable[str]
) -> dict[str, str]:
    """Headers by which a receiver knows who sent a body, and when.

    Args:
        message_id: the same at every attempt.
        at: of this attempt; receivers refuse what is older than some minutes.
        body: the exact bytes that are sent.
        keys: secrets, each of which signs.
    """
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, content) for key in keys),
    }


def _signature(key: str, content: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode()

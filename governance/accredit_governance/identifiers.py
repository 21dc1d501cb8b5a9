"""Identifiers of records."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """Time-ordered identifier (UUIDv7, RFC 9562)."""
    return uuid_utils.compat.uuid7()

"""Documents about browser sessions and one-time links."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Final

from accredit_governance.registry.records import PrincipalRecord, Record


class Ending(StrEnum):
    """Why a browser session ended before its time."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_OWNER = "ended_by_owner"
    ENDED_BY_ADMIN = "ended_by_admin"
    ENDED_BY_PROVIDER = "ended_by_provider"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a name
    DEACTIVATED = "deactivated"
    STOLEN = "stolen"


class Sighting(Record):
    """Where a request came from: shown to the person whose session it is, and to nobody else.

    Attributes:
        address: of the caller; 45 characters hold every IPv6 address.
        browser: short name, such as `Firefox on Linux`.
    """

    address: str | None = None
    browser: str | None = None


UNSEEN: Final = Sighting()


class SessionRecord(Record):
    """A browser session of one's own.

    Attributes:
        is_current: whether the request that asked came with it.
        ending: why it is over; only a stolen one is still listed then.
    """

    id: uuid.UUID
    method: str
    provider: str | None
    created_at: datetime
    seen_at: datetime
    address: str | None
    browser: str | None
    ended_at: datetime | None
    ending: Ending | None
    is_current: bool


class SessionsEndedRecord(Record):
    """How many browser sessions were ended."""

    principal_id: uuid.UUID
    sessions: int


class PasswordLinkRecord(Record):
    """A link by which a person sets a password; `path` is shown this once.

    Attributes:
        path: what follows the address of this installation.
    """

    principal_id: uuid.UUID
    expires_at: datetime
    path: str


class AddedPrincipal(PrincipalRecord):
    """A new principal.

    Attributes:
        welcome: for a person without a password: the link by which they set one.
    """

    welcome: PasswordLinkRecord | None = None

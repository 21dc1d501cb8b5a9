"""Facts about tokens and service accounts: who answers for a program, what it shows."""

import uuid
from datetime import datetime

from accredit_governance.audit.events import Fact


class TokenRotated(Fact):
    """A token got a successor; it ends itself a little later."""

    action = "token.rotated"
    principal: uuid.UUID
    successor: uuid.UUID
    ends_at: datetime


class TokenRefused(Fact):
    """Somebody showed a token that is worth nothing.

    Attributes:
        code: why, such as `expired`, `revoked` or `unknown`.
        token: which one, if it is one of ours.
        principal: whose it is.
        provider: the identity provider that it claims to be from, by its name in the settings.
    """

    action = "token.refused"
    code: str
    token: uuid.UUID | None = None
    principal: uuid.UUID | None = None
    provider: str | None = None


class ServiceAccountCreated(Fact):
    """A program got an account, and a person who answers for it."""

    action = "service_account.created"
    owner: uuid.UUID
    expires_at: datetime | None


class ServiceAccountGiven(Fact):
    """Another person answers for a program."""

    action = "service_account.given"
    owner: uuid.UUID
    before: uuid.UUID | None


class ServiceAccountRenewed(Fact):
    """A program may act until another day."""

    action = "service_account.renewed"
    expires_at: datetime | None
    before: datetime | None

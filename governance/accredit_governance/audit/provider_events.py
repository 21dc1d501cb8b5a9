"""What happens with identity providers, without a name, an address or a subject of theirs."""

import uuid

from accredit_governance.audit.events import Fact


class ProviderVouched(Fact):
    """An identity provider said who somebody is, and they were let in.

    Attributes:
        provider: its name in the settings.
        is_new: whether the account was made just now.
    """

    action = "provider_sign_in.accepted"
    provider: str
    principal: uuid.UUID
    is_new: bool


class ProviderSignInRefused(Fact):
    """The answer of an identity provider was not good enough to let somebody in."""

    action = "provider_sign_in.refused"
    provider: str
    reason: str


class ProviderEndedSessions(Fact):
    """An identity provider said that somebody has signed out there."""

    action = "session.ended_by_provider"
    provider: str
    sessions: int


class ExternalIdentityLinked(Fact):
    """A subject of an identity provider is a principal from now on."""

    action = "external_identity.linked"
    principal: uuid.UUID


class ExternalIdentityRemoved(Fact):
    """A subject of an identity provider is nobody here any more."""

    action = "external_identity.removed"
    principal: uuid.UUID

"""Documents around identity providers."""

import uuid
from datetime import datetime

from accredit_governance.access.permissions import Role
from accredit_governance.documents import Document
from accredit_governance.registry.records import Record


class ExternalIdentityRecord(Record):
    """A subject of an identity provider, and who that is here."""

    id: uuid.UUID
    principal_id: uuid.UUID
    issuer: str
    subject: str
    created_at: datetime
    created_by: uuid.UUID


class MappedRole(Document):
    """A role that a group of a provider stands for.

    Attributes:
        project: name of the project; None: everywhere.
    """

    role: Role
    project: str | None = None


class Vouched(Document):
    """What an identity provider says of somebody who has just signed in there.

    Attributes:
        provider: its name in the settings.
        directory_id: what the directory calls the person in SCIM, if both are one system.
        directory_name: the person's user name in the directory, likewise.
        preferred_name: what the account is called if that is free and usable.
        roles: what the person's groups there stand for.
    """

    provider: str
    issuer: str
    subject: str
    directory_id: str | None = None
    directory_name: str | None = None
    preferred_name: str | None = None
    title: str | None = None
    email: str | None = None
    roles: tuple[MappedRole, ...] = ()


class ProviderRequest(Record):
    """A request to a provider, as it was taken back up."""

    provider: str
    purpose: str
    principal_id: uuid.UUID | None
    subject_digest: str | None
    back: str
    created_at: datetime

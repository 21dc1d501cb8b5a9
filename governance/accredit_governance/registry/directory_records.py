"""Documents of what the directory manages: what it says, and how things stand."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from accredit_governance.documents import Document, EmailAddress
from accredit_governance.registry.records import Record

Text = Annotated[str, StringConstraints(max_length=200)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Reference(Document):
    """Another thing of the directory, with the name to show."""

    id: uuid.UUID
    name: str


class UserTerms(Document):
    """What the directory says of a person."""

    user_name: Key
    external_id: Key | None = None
    display_name: Annotated[Text, Field(min_length=1)] | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    email: EmailAddress | None = None
    active: bool = True


class GroupTerms(Document):
    """What the directory says of a group."""

    name: Annotated[Text, Field(min_length=1)]
    external_id: Key | None = None
    members: frozenset[uuid.UUID] = frozenset()


class DirectoryUser(Record):
    """A person whom the directory manages.

    Attributes:
        active: whether the account is open; an admin may have closed it without the directory.
    """

    id: uuid.UUID
    user_name: str
    external_id: str | None
    display_name: str
    given_name: str | None
    family_name: str | None
    email: str | None
    active: bool
    groups: tuple[Reference, ...]
    created_at: datetime
    modified_at: datetime


class DirectoryGroup(Record):
    """A group that the directory manages."""

    id: uuid.UUID
    name: str
    external_id: str | None
    members: tuple[Reference, ...]
    created_at: datetime
    modified_at: datetime

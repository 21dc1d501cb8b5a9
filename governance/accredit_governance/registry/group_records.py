"""Documents of groups."""

import uuid
from datetime import datetime

from accredit_governance.registry.records import Record, RoleBindingRecord


class GroupRecord(Record):
    """People who are given roles together.

    Attributes:
        source: who says who is in it: `local`, `scim`, or the name of an identity provider.
        external_id: what the source calls it.
        dissolved_at: when it ended; its identifier stays.
    """

    id: uuid.UUID
    name: str
    source: str
    external_id: str | None
    created_at: datetime
    dissolved_at: datetime | None


class GroupMemberRecord(Record):
    """A person in a group."""

    group_id: uuid.UUID
    principal_id: uuid.UUID
    added_at: datetime
    added_by: uuid.UUID


class GroupDetails(Record):
    """A group with its roles and the number of people in it."""

    group: GroupRecord
    members: int
    role_bindings: tuple[RoleBindingRecord, ...]

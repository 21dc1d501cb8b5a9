"""Documents of groups."""

import uuid
from datetime import datetime

from accredit_governance.registry.records import PrincipalRecord, Record, RoleBindingRecord


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


class PersonSummary(Record):
    """A principal in a list.

    Attributes:
        roles: what it holds anywhere, by itself or through groups.
        by_directory: whether a directory made it.
    """

    principal: PrincipalRecord
    roles: tuple[str, ...]
    by_directory: bool


class PersonDetails(Record):
    """A principal with what it holds by itself, and where it is a member.

    Attributes:
        user_name: what the directory calls the person; None: no directory made the account.
    """

    principal: PrincipalRecord
    role_bindings: tuple[RoleBindingRecord, ...]
    groups: tuple[GroupRecord, ...]
    user_name: str | None

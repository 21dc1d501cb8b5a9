"""What can be written down of groups, and of what a directory does through SCIM."""

import uuid

from accredit_governance.audit.events import Fact


class GroupCreated(Fact):
    """A group was made. Its name may be a person's and is not recorded."""

    action = "group.created"
    source: str


class GroupRenamed(Fact):
    """A group got another name."""

    action = "group.renamed"


class GroupDissolved(Fact):
    """A group ended: nobody is in it any more, and what it gave is gone."""

    action = "group.dissolved"
    members: int


class GroupMemberAdded(Fact):
    """A person came into a group, and has its roles from now on."""

    action = "group.member_added"
    principal: uuid.UUID


class GroupMemberRemoved(Fact):
    """A person left a group, and with it its roles."""

    action = "group.member_removed"
    principal: uuid.UUID

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


class PrincipalReactivated(Fact):
    """A closed account was opened again; its old tokens and sessions were not."""

    action = "principal.reactivated"


class DirectoryUserProvisioned(Fact):
    """The directory put a person under its care: a new account, or one that it once deleted."""

    action = "directory_user.provisioned"


class DirectoryUserChanged(Fact):
    """The directory said something else of a person: the names of what changed, not the values."""

    action = "directory_user.changed"
    attributes: tuple[str, ...]


class DirectoryUserRemoved(Fact):
    """The directory deleted a person: the account is closed, its groups and roles are gone."""

    action = "directory_user.removed"


class DirectoryGroupChanged(Fact):
    """The directory said something else of a group: how many came and left, each recorded too."""

    action = "directory_group.changed"
    attributes: tuple[str, ...]
    added: int
    removed: int

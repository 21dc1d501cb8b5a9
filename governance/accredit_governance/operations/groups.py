"""Groups: people who are given roles together, before or after any of them has signed in.

- People only: what a service may do is given to that service.
- Nobody brings themselves into a group that has roles, nor gives a role to a group they are in;
  and nobody leaves such a group, or ends it, by themselves. Another admin does.
- Who is in a group of the directory, the directory says.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from accredit_governance.access.conditions import Condition
from accredit_governance.access.permissions import (
    PERSONAL,
    ROLE_PERMISSIONS,
    SERVICE_ROLES,
    Permission,
    Role,
)
from accredit_governance.audit.events import RoleBound, RoleTaken
from accredit_governance.audit.group_events import (
    GroupCreated,
    GroupDissolved,
    GroupMemberAdded,
    GroupMemberRemoved,
    GroupRenamed,
)
from accredit_governance.errors import Conflict, InvalidInput, NotAllowed, NotFound
from accredit_governance.operations.accounts import take_turns
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.identity import add_binding, hands_behind, is_member
from accredit_governance.operations.tokens import require_whole
from accredit_governance.registry.group_records import GroupMemberRecord, GroupRecord
from accredit_governance.registry.records import RoleBindingRecord
from accredit_governance.registry.tables import (
    GroupMemberRow,
    PermissionDenialRow,
    PrincipalGroupRow,
    PrincipalRow,
    RoleBindingRow,
)
from accredit_governance.registry.tables.groups import LOCAL

MAX_GROUP_NAME: Final = 200
_BATCH: Final = 500


@operation(Permission.IDENTITY_MANAGE, records=GroupCreated)
def create_group(tx: Transaction, *, name: str) -> GroupRecord:
    """Make a group that our own admins keep.

    Raises:
        Conflict: the name is taken.
        InvalidInput: the name is empty or longer than 200 characters.
    """
    return GroupRecord.of(add_group(tx, name=name, source=LOCAL, external_id=None))


@operation(Permission.IDENTITY_MANAGE, records=GroupRenamed)
def rename_group(tx: Transaction, group_id: uuid.UUID, *, name: str) -> GroupRecord:
    """Give a group another name; what it gives stays.

    Raises:
        NotFound: there is no such group.
        Conflict: the name is taken, or the directory names the group.
        InvalidInput: the name is empty or longer than 200 characters.
    """
    group = _own_group(tx, group_id)
    rename(tx, group, name)
    tx.record(GroupRenamed(), resource=group.id, project=None)
    return GroupRecord.of(group)


@operation(Permission.IDENTITY_MANAGE, records=GroupDissolved)
def dissolve_group(tx: Transaction, group_id: uuid.UUID) -> GroupRecord:
    """End a group: its members lose at once what it gave them.

    Raises:
        NotFound: there is no such group.
        NotAllowed: it gives a role to the caller.
    """
    group = standing_group(tx, group_id)
    take_turns(tx)
    if is_member(tx.session, group_id, tx.actor.id) and binds_somebody(tx.session, group_id):
        raise NotAllowed("nobody takes a role from themselves; another admin has to")
    dissolve(tx, group)
    return GroupRecord.of(group)


@operation(Permission.IDENTITY_MANAGE, records=GroupMemberAdded)
def add_member(
    tx: Transaction, group_id: uuid.UUID, *, principal_id: uuid.UUID
) -> GroupMemberRecord:
    """Bring a person into a group.

    Raises:
        NotFound: there is no such group or principal.
        NotAllowed: it is no person, or oneself and the group has roles; or the token is narrowed.
        Conflict: the person is in the group already, or the directory says who is.
    """
    require_whole(tx.actor)
    group = _own_group(tx, group_id)
    if is_member(tx.session, group_id, principal_id):
        raise Conflict("the person is in this group already")
    join(tx, group, [principal_id])
    tx.session.flush()
    return GroupMemberRecord.of(tx.session.get_one(GroupMemberRow, (principal_id, group_id)))


@operation(Permission.IDENTITY_MANAGE, records=GroupMemberRemoved)
def remove_member(tx: Transaction, group_id: uuid.UUID, principal_id: uuid.UUID) -> None:
    """Take a person out of a group, and with it the roles that it gives, at once.

    Raises:
        NotFound: there is no such group, or the person is not in it.
        NotAllowed: it is oneself and the group has roles.
        Conflict: the directory says who is in the group.
    """
    group = _own_group(tx, group_id)
    take_turns(tx)
    if not is_member(tx.session, group_id, principal_id):
        raise NotFound(f"the principal {principal_id} is not in this group")
    leave(tx, group, [principal_id])


@operation(Permission.IDENTITY_MANAGE, records=RoleBound)
def bind_role_to_group(
    tx: Transaction,
    group_id: uuid.UUID,
    *,
    role: Role,
    project_id: uuid.UUID | None,
    model_id: uuid.UUID | None = None,
    condition: Condition | None = None,
) -> RoleBindingRecord:
    """Give everybody who is in a group, or comes into it, a role in a place.

    Raises:
        NotFound: there is no such group, project or model.
        NotAllowed: the role is kept for services, the caller is in the group, or shows a token
            that is narrowed.
        InvalidInput: as for `bind_role`.
        Conflict: the group has it already.
    """
    standing_group(tx, group_id)
    if role is Role.SYSTEM or role in SERVICE_ROLES:
        raise NotAllowed(f"the role {role} is not for people")
    if any(is_member(tx.session, group_id, hand) for hand in hands_behind(tx)):
        raise NotAllowed("nobody gives a role to themselves; another admin has to")
    row = RoleBindingRow(group_id=group_id, role=role, condition=condition)
    return add_binding(tx, row, project_id=project_id, model_id=model_id)


def standing_group(tx: Transaction, group_id: uuid.UUID) -> PrincipalGroupRow:
    """A group that is not dissolved; whoever else wants to change it waits.

    Raises:
        NotFound: there is none.
    """
    group = tx.session.get(
        PrincipalGroupRow, group_id, with_for_update=True, populate_existing=True
    )
    if group is None or group.dissolved_at is not None:
        raise NotFound(f"there is no group {group_id}")
    return group


def roles_of(session: Session, group_id: uuid.UUID) -> list[RoleBindingRow]:
    """Roles that a group gives."""
    statement = (
        select(RoleBindingRow)
        .where(RoleBindingRow.group_id == group_id)
        .order_by(RoleBindingRow.id)
    )
    return list(session.execute(statement).scalars())


def binds_somebody(session: Session, group_id: uuid.UUID) -> bool:
    """Whether a group gives its members a role, or takes something from them."""
    return bool(roles_of(session, group_id)) or is_denied(session, group_id)


def is_denied(session: Session, group_id: uuid.UUID) -> bool:
    """Whether something is denied to the members of a group."""
    denied = select(PermissionDenialRow.id).where(
        PermissionDenialRow.group_id == group_id, PermissionDenialRow.ended_at.is_(None)
    )
    return session.execute(denied).first() is not None


def add_group(
    tx: Transaction, *, name: str, source: str, external_id: str | None
) -> PrincipalGroupRow:
    """A new group of some source, recorded.

    Raises:
        Conflict, InvalidInput: as for `create_group`.
    """
    _check_name(tx, name)
    group = tx.add(
        PrincipalGroupRow(
            name=name,
            source=source,
            external_id=external_id,
            created_at=tx.now,
            modified_at=tx.now,
        )
    )
    tx.record(GroupCreated(source=source), resource=group.id, project=None)
    return group


def rename(tx: Transaction, group: PrincipalGroupRow, name: str) -> None:
    """Name a group anew.

    Raises:
        Conflict, InvalidInput: as for `rename_group`.
    """
    if name != group.name:
        _check_name(tx, name)
        group.name, group.modified_at = name, tx.now


def join(tx: Transaction, group: PrincipalGroupRow, people: Sequence[uuid.UUID]) -> None:
    """Bring people into a group they are not in, recorded one by one.

    Raises:
        NotFound, NotAllowed: as for `add_member`, or one of them has issued a token of the
            service account that does this, and the group judges.
    """
    kinds: dict[uuid.UUID, str] = {}
    for some in batches(people):
        found = select(PrincipalRow.id, PrincipalRow.kind).where(PrincipalRow.id.in_(some))
        kinds.update((row.id, row.kind) for row in tx.session.execute(found))
    own = _own_hands(tx, roles_of(tx.session, group.id))
    for principal_id in people:
        if principal_id not in kinds:
            raise NotFound(f"there is no principal {principal_id}")
        if kinds[principal_id] != "user":
            raise NotAllowed("groups are of people; a service is given its roles by itself")
        if principal_id in own:
            raise NotAllowed(
                "nobody gives a role to themselves, nor through an account whose token they "
                f"issued: another admin has to add {principal_id}"
            )
        tx.session.add(
            GroupMemberRow(
                group_id=group.id, principal_id=principal_id, added_at=tx.now, added_by=tx.actor.id
            )
        )
        group.modified_at = tx.now
        tx.record(GroupMemberAdded(principal=principal_id), resource=group.id, project=None)


def leave(tx: Transaction, group: PrincipalGroupRow, people: Sequence[uuid.UUID]) -> None:
    """Take people out of a group they are in, recorded one by one.

    Raises:
        NotAllowed: one of them is oneself and the group has roles, or has issued a token of the
            service account that does this, and the group is denied something.
    """
    if tx.actor.id in people and binds_somebody(tx.session, group.id):
        raise NotAllowed("nobody takes a role from themselves; another admin has to")
    _keep_denied(tx, group, people)
    for some in batches(people):
        tx.session.execute(
            delete(GroupMemberRow).where(
                GroupMemberRow.group_id == group.id, GroupMemberRow.principal_id.in_(some)
            )
        )
    for principal_id in people:
        group.modified_at = tx.now
        tx.record(GroupMemberRemoved(principal=principal_id), resource=group.id, project=None)


def _keep_denied(tx: Transaction, group: PrincipalGroupRow, people: Collection[uuid.UUID]) -> None:
    """Demand that nobody gets rid of a denial through an account that they hold a token of.

    Raises:
        NotAllowed: somebody would.
    """
    if tx.actor.kind != "service" or not hands_behind(tx).intersection(people):
        return
    if is_denied(tx.session, group.id):
        raise NotAllowed(
            "nobody lifts what is denied to themselves, nor through an account whose token they "
            "issued; an admin has to lift the denial first"
        )


def _own_hands(tx: Transaction, roles: Sequence[RoleBindingRow]) -> set[uuid.UUID]:
    """People who may not be brought by the actor into a group with these roles.

    A directory adds whoever it likes. Whoever holds its token is the directory, so they do not
    become judges by it; that an admin's own name stands in a group of readers is no matter.
    """
    if not roles:
        return set()
    judges = any(ROLE_PERMISSIONS[Role(binding.role)] & PERSONAL for binding in roles)
    if tx.actor.kind != "service" or not judges:
        return {tx.actor.id}
    return hands_behind(tx)


def batches(people: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    """Parts that one statement can name."""
    for start in range(0, len(people), _BATCH):
        yield people[start : start + _BATCH]


def dissolve(tx: Transaction, group: PrincipalGroupRow) -> None:
    """End a group, recorded; its identifier and name stay as a tombstone.

    Raises:
        NotAllowed: it is done by a service account, something is denied to the group, and who
            has issued a token of the account is in it.
    """
    of_group: ColumnElement[bool] = GroupMemberRow.group_id == group.id
    members = tx.session.execute(select(GroupMemberRow.principal_id).where(of_group)).scalars()
    inside = set(members)
    _keep_denied(tx, group, inside)
    for binding in roles_of(tx.session, group.id):
        fact = RoleTaken(group=group.id, role=binding.role)
        tx.record(fact, resource=binding.id, project=binding.project_id)
        tx.session.delete(binding)
    tx.session.execute(delete(GroupMemberRow).where(of_group))
    group.dissolved_at = group.modified_at = tx.now
    tx.record(GroupDissolved(members=len(inside)), resource=group.id, project=None)


def _own_group(tx: Transaction, group_id: uuid.UUID) -> PrincipalGroupRow:
    """A standing group that our own admins keep."""
    group = standing_group(tx, group_id)
    if group.source != LOCAL:
        raise Conflict(
            f"the group is kept by {group.source}; change it there, or what you change is undone",
            source=group.source,
        )
    return group


def _check_name(tx: Transaction, name: str) -> None:
    if not name.strip() or len(name) > MAX_GROUP_NAME:
        message = f"a group's name has 1 to {MAX_GROUP_NAME} characters"
        raise InvalidInput(message, [{"pointer": "/name", "detail": message}])
    taken = select(PrincipalGroupRow.id).where(
        PrincipalGroupRow.name == name, PrincipalGroupRow.dissolved_at.is_(None)
    )
    if tx.session.execute(taken).first() is not None:
        raise Conflict("another group has this name")

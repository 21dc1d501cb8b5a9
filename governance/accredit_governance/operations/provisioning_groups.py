"""Groups as the company's directory wants them, through SCIM. What they give, our admins decide.

Members are people of the directory. Naming somebody twice, or somebody who is in already, is no
mistake: the directory says what is to be, not what to do.
"""

import uuid
from collections.abc import Callable

from sqlalchemy import select

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.audit.group_events import (
    DirectoryGroupChanged,
    GroupCreated,
    GroupDissolved,
)
from accredit_governance.errors import Conflict, InvalidInput, NotFound
from accredit_governance.operations.accounts import require_an_admin
from accredit_governance.operations.door import Transaction, operation
from accredit_governance.operations.groups import (
    add_group,
    batches,
    dissolve,
    join,
    leave,
    rename,
    roles_of,
    standing_group,
)
from accredit_governance.operations.provisioning import LIVE, require_version
from accredit_governance.registry.directory_records import DirectoryGroup, GroupTerms
from accredit_governance.registry.directory_state import groups_of
from accredit_governance.registry.tables import (
    DirectoryUserRow,
    GroupMemberRow,
    PrincipalGroupRow,
)
from accredit_governance.registry.tables.groups import SCIM


@operation(Permission.IDENTITY_PROVISION, records=GroupCreated)
def provision_group(tx: Transaction, *, terms: GroupTerms) -> DirectoryGroup:
    """Make a group that the directory keeps.

    Raises:
        Conflict: another group has this name, or another of the directory this `external_id`.
        InvalidInput: a member is no person of the directory.
    """
    _require_free(tx, terms, None)
    group = add_group(tx, name=terms.name, source=SCIM, external_id=terms.external_id)
    _settle_members(tx, group, terms)
    return _record(tx, group)


@operation(Permission.IDENTITY_PROVISION, records=DirectoryGroupChanged)
def change_group(
    tx: Transaction,
    group_id: uuid.UUID,
    change: Callable[[DirectoryGroup], GroupTerms],
    *,
    expected: frozenset[str] | None = None,
) -> DirectoryGroup:
    """Take over what the directory says of a group now.

    Args:
        tx: the transaction.
        group_id: which one.
        change: what is to hold, from how things stand; if it raises, nothing changes.
        expected: digests of the states that the caller has in mind; None: whatever it is.

    Raises:
        NotFound: the directory keeps no such group.
        VersionChanged: the group is in none of the expected states.
        Conflict: another group has this name, or another of the directory this `external_id`.
        InvalidInput: a member is no person of the directory.
        NotAllowed: nobody would be left to administer this installation, or somebody would be
            made a judge by a token that they issued.
    """
    group = _kept_group(tx, group_id)
    before = _record(tx, group)
    require_version(before.digest(), expected)
    terms = change(before)
    _require_free(tx, terms, group_id)
    attributes: tuple[str, ...] = ()
    if terms.name != group.name:
        rename(tx, group, terms.name)
        attributes += ("name",)
    if terms.external_id != group.external_id:
        group.external_id, group.modified_at = terms.external_id, tx.now
        attributes += ("external_id",)
    added, removed = _settle_members(tx, group, terms)
    fact = DirectoryGroupChanged(attributes=attributes, added=added, removed=removed)
    tx.record(fact, resource=group_id, project=None)
    return _record(tx, group)


@operation(Permission.IDENTITY_PROVISION, records=GroupDissolved)
def remove_group(
    tx: Transaction, group_id: uuid.UUID, *, expected: frozenset[str] | None = None
) -> None:
    """End a group of the directory: its members lose at once what it gave them.

    Raises:
        NotFound: the directory keeps no such group.
        VersionChanged: the group is in none of the expected states.
        NotAllowed: nobody would be left to administer this installation.
    """
    group = _kept_group(tx, group_id)
    require_version(_record(tx, group).digest(), expected)
    gave_admin = _gives_admin(tx, group)
    dissolve(tx, group)
    if gave_admin:
        require_an_admin(tx)


def _settle_members(
    tx: Transaction, group: PrincipalGroupRow, terms: GroupTerms
) -> tuple[int, int]:
    """Let those in who are to be in, and the others out; how many came and left."""
    inside = set(
        tx.session.execute(
            select(GroupMemberRow.principal_id).where(GroupMemberRow.group_id == group.id)
        ).scalars()
    )
    coming, leaving = sorted(terms.members - inside), sorted(inside - terms.members)
    _require_known(tx, coming)
    join(tx, group, coming)
    leave(tx, group, leaving)
    if leaving and _gives_admin(tx, group):
        require_an_admin(tx)
    tx.session.flush()
    return len(coming), len(leaving)


def _require_known(tx: Transaction, people: list[uuid.UUID]) -> None:
    known: set[uuid.UUID] = set()
    for some in batches(people):
        found = select(DirectoryUserRow.principal_id).where(
            DirectoryUserRow.principal_id.in_(some), LIVE
        )
        known.update(tx.session.execute(found).scalars())
    missing = [person for person in people if person not in known]
    if missing:
        message = f"there is no user {missing[0]}, so it cannot be a member"
        raise InvalidInput(message, [{"pointer": "/members", "detail": message}])


def _kept_group(tx: Transaction, group_id: uuid.UUID) -> PrincipalGroupRow:
    group = standing_group(tx, group_id)
    if group.source != SCIM:
        raise NotFound(f"there is no group {group_id}")
    return group


def _require_free(tx: Transaction, terms: GroupTerms, mine: uuid.UUID | None) -> None:
    if terms.external_id is None:
        return
    taken = select(PrincipalGroupRow.id).where(
        PrincipalGroupRow.source == SCIM,
        PrincipalGroupRow.external_id == terms.external_id,
        PrincipalGroupRow.dissolved_at.is_(None),
    )
    if tx.session.execute(taken).scalar_one_or_none() not in (None, mine):
        raise Conflict("another group has this externalId")


def _gives_admin(tx: Transaction, group: PrincipalGroupRow) -> bool:
    return any(binding.role == Role.ADMIN for binding in roles_of(tx.session, group.id))


def _record(tx: Transaction, group: PrincipalGroupRow) -> DirectoryGroup:
    return groups_of(tx.session, [group])[0]

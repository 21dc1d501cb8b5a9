"""Groups: what they give to whom, and that nobody helps themselves through one."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from accredit_governance.access.permissions import Permission, Role
from accredit_governance.errors import (
    Conflict,
    GovernanceError,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from accredit_governance.identifiers import new_id
from accredit_governance.operations import delegations, groups, identity
from accredit_governance.operations.identity import actor_of_principal
from accredit_governance.questions import approvals, catalogue, findings
from accredit_governance.questions import groups as asked
from accredit_governance.questions.pages import Page
from accredit_governance.registry.tables import RoleBindingRow
from tests.governance.audit.test_ledger import together
from tests.governance.office import Office, hire

pytestmark = pytest.mark.databases("sqlite")


def a_group(office: Office, *members: uuid.UUID, roles: tuple[Role, ...] = ()) -> uuid.UUID:
    admin = office.people["admin"]
    group = groups.create_group(office.database, admin, name=f"Team {new_id()}")
    for role in roles:
        groups.bind_role_to_group(
            office.database, admin, group.id, role=role, project_id=office.project_id
        )
    for member in members:
        groups.add_member(office.database, admin, group.id, principal_id=member)
    return group.id


def newcomer(office: Office, name: str = "newcomer") -> uuid.UUID:
    return hire(office.database, office.people["admin"], name, [], project_id=None).id


def other_admin(office: Office) -> identity.Actor:
    return hire(
        office.database, office.people["admin"], "second-admin", [Role.ADMIN], project_id=None
    )


def roles(office: Office, person: uuid.UUID) -> set[Role]:
    return set(actor_of(office, person).roles(office.project_id))


@pytest.mark.databases("sqlite", "postgresql")
def test_a_group_has_roles_before_anybody_is_in_it(office: Office) -> None:
    admin, person = office.people["admin"], newcomer(office)
    group = a_group(office, roles=(Role.VIEWER, Role.DEVELOPER))
    before = roles(office, person)

    groups.add_member(office.database, admin, group, principal_id=person)
    inside = roles(office, person)
    visible = catalogue.projects(office.database, actor_of(office, person), Page()).items
    groups.remove_member(office.database, admin, group, person)

    assert (before, inside) == (set(), {Role.VIEWER, Role.DEVELOPER})
    assert [project.id for project in visible] == [office.project_id]
    assert roles(office, person) == set()
    with pytest.raises(NotAllowed, match="project:list"):
        catalogue.projects(office.database, actor_of(office, person), Page())


def actor_of(office: Office, person: uuid.UUID) -> identity.Actor:
    found = actor_of_principal(office.database, person, request_id=None)
    assert found is not None
    return found


def test_a_dissolved_group_gives_nothing_any_more(office: Office) -> None:
    admin, person = office.people["admin"], newcomer(office)
    group = a_group(office, person, roles=(Role.VIEWER,))
    held = actor_of(office, person)
    since = len(office.events())

    gone = groups.dissolve_group(office.database, admin, group)

    assert gone.dissolved_at is not None
    assert office.actions(since=since) == ["role.taken", "group.dissolved"]
    assert office.events(since=since)[1]["fact"] == {"members": 1}
    # What the request began with does not count: the door asks again.
    with pytest.raises(NotAllowed):
        catalogue.projects(office.database, held, Page())
    with pytest.raises(NotFound):
        groups.dissolve_group(office.database, admin, group)
    assert asked.group(office.database, admin, group).members == 0
    assert groups.create_group(office.database, admin, name=gone.name).id != group


def test_what_a_group_gives_can_be_lent_and_owned(office: Office) -> None:
    """Every question of who holds a role looks at groups as well."""
    signer, taker, owner = (newcomer(office, name) for name in ("signer", "taker", "carer"))
    a_group(office, signer, roles=(Role.VALIDATOR,))
    a_group(office, taker, roles=(Role.VIEWER,))
    a_group(office, owner, roles=(Role.DEVELOPER,))

    assert taker in approvals.possible_delegates(office.database, actor_of(office, signer))
    delegations.give_delegation(
        office.database,
        actor_of(office, signer),
        taker,
        role=Role.VALIDATOR,
        project_id=office.project_id,
        starts_at=office.clock(),
        ends_at=office.clock() + timedelta(days=3),
        reason="On leave until Friday.",
    )

    mandates = actor_of(office, taker).mandates
    assert [mandate.delegator_id for mandate in mandates] == [signer]
    assert actor_of(office, taker).may(Permission.APPROVAL_SIGN, office.project_id)
    possible = findings.possible_owners(
        office.database, office.people["validator"], office.project_id
    )
    assert owner in possible


def test_nobody_helps_themselves_through_a_group(office: Office) -> None:
    admin = office.people["admin"]
    bare, rich = a_group(office, admin.id), a_group(office, roles=(Role.VALIDATOR,))
    mine = a_group(office, roles=(Role.VIEWER,))
    groups.add_member(office.database, other_admin(office), mine, principal_id=admin.id)
    binding = asked.group(office.database, admin, mine).role_bindings[0].id

    for attempt in (
        lambda: groups.add_member(office.database, admin, rich, principal_id=admin.id),
        lambda: groups.bind_role_to_group(
            office.database, admin, bare, role=Role.OWNER, project_id=None
        ),
        lambda: groups.remove_member(office.database, admin, mine, admin.id),
        lambda: groups.dissolve_group(office.database, admin, mine),
        lambda: identity.take_role(office.database, admin, binding),
    ):
        with pytest.raises(NotAllowed, match="themselves"):
            attempt()

    assert office.actions()[-5:] == ["operation.refused"] * 5
    groups.remove_member(office.database, admin, bare, admin.id)


def test_groups_are_of_people(office: Office) -> None:
    admin, group = office.people["admin"], a_group(office)

    for account in (office.people["consumer"], office.system):
        with pytest.raises(NotAllowed, match="of people"):
            groups.add_member(office.database, admin, group, principal_id=account.id)
    for role in (Role.SYSTEM, Role.PROVISIONER):
        with pytest.raises(NotAllowed, match="not for people"):
            groups.bind_role_to_group(office.database, admin, group, role=role, project_id=None)
    with pytest.raises(NotAllowed, match="for service accounts"):
        identity.bind_role(
            office.database,
            admin,
            office.people["viewer"].id,
            role=Role.PROVISIONER,
            project_id=None,
        )


def test_what_is_there_is_not_made_twice(office: Office) -> None:
    admin, person = office.people["admin"], newcomer(office)
    group = a_group(office, person, roles=(Role.VIEWER,))
    name = asked.group(office.database, admin, group).group.name

    with pytest.raises(Conflict, match="already"):
        groups.add_member(office.database, admin, group, principal_id=person)
    with pytest.raises(Conflict, match="already"):
        groups.bind_role_to_group(
            office.database, admin, group, role=Role.VIEWER, project_id=office.project_id
        )
    with pytest.raises(Conflict, match="name"):
        groups.create_group(office.database, admin, name=name)
    with pytest.raises(Conflict, match="name"):
        groups.rename_group(office.database, admin, a_group(office), name=name)
    assert groups.rename_group(office.database, admin, group, name="New").name == "New"
    assert groups.rename_group(office.database, admin, group, name="New").name == "New"


def test_what_is_not_there_is_said(office: Office) -> None:
    admin, group = office.people["admin"], a_group(office)

    for attempt in (
        lambda: groups.add_member(office.database, admin, new_id(), principal_id=admin.id),
        lambda: groups.add_member(office.database, admin, group, principal_id=new_id()),
        lambda: groups.remove_member(office.database, admin, group, admin.id),
        lambda: groups.bind_role_to_group(
            office.database, admin, group, role=Role.OWNER, project_id=new_id()
        ),
        lambda: asked.group(office.database, admin, new_id()),
        lambda: asked.members(office.database, admin, new_id(), Page()),
    ):
        with pytest.raises(NotFound):
            attempt()
    for name in (" ", "x" * 201):
        with pytest.raises(InvalidInput):
            groups.create_group(office.database, admin, name=name)


def test_admins_see_groups_and_nobody_else(office: Office) -> None:
    admin, person = office.people["admin"], newcomer(office)
    first, second = a_group(office, person), a_group(office)

    listed = asked.groups(office.database, admin, Page(size=1))
    inside = asked.members(office.database, admin, first, Page())

    assert [group.id for group in listed.items] == [second]
    assert listed.next_page_token is not None
    assert [member.id for member in inside.items] == [person]
    with pytest.raises(NotAllowed, match="identity:manage"):
        asked.groups(office.database, office.people["owner"], Page())


@pytest.mark.databases("sqlite", "postgresql")
def test_a_binding_has_one_holder(office: Office) -> None:
    group, viewer = a_group(office), office.people["viewer"].id
    for holders in ({}, {"group_id": group, "principal_id": viewer}):
        with pytest.raises(IntegrityError, match="holder"), office.database.writing() as session:
            session.add(
                RoleBindingRow(
                    **holders,
                    role="viewer",
                    created_at=office.database.clock(),
                    created_by=viewer,
                )
            )


@pytest.mark.databases("sqlite", "postgresql")
def test_of_two_who_add_the_same_person_at_once_one_does(office: Office) -> None:
    admins = [office.people["admin"], other_admin(office)]
    group, person = a_group(office), newcomer(office)

    raised = together(
        [
            lambda admin=admin: groups.add_member(
                office.database, admin, group, principal_id=person
            )
            for admin in admins
        ]
    )

    assert [type(error) for error in raised] == [Conflict]
    assert isinstance(raised[0], GovernanceError)
    assert len(asked.members(office.database, admins[0], group, Page()).items) == 1
